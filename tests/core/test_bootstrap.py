from __future__ import annotations

import numpy as np
import pytest
from oof_samples import drawn, predictions

from edgekit import bootstrap
from edgekit.bootstrap import interval, replicate
from edgekit.curves import Floats, OperatingPoints, areas_under_roc
from edgekit.runs import OofPredictions


def _auroc(points: OperatingPoints) -> Floats:
    return areas_under_roc(points)[:, None]


def _sensitivity_at_half(points: OperatingPoints) -> Floats:
    return points.sensitivity[:, points.cuts_at([0.5])]


def _every_clip_twice(oof: OofPredictions) -> OofPredictions:
    return OofPredictions(
        oof.segment_names * 2,
        oof.child_ids * 2,
        np.tile(oof.folds, 2),
        np.tile(oof.labels, 2),
        np.tile(oof.probabilities, 2),
    )


def test_the_same_seed_draws_the_same_children() -> None:
    oof = drawn()
    first, again, other = (replicate(oof, _auroc, n_bootstrap=50, seed=seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    oof = drawn()
    whole = replicate(oof, _auroc, n_bootstrap=50, seed=0)
    monkeypatch.setattr(bootstrap, "MAX_CELLS", 3 * len(oof.labels))
    np.testing.assert_array_equal(replicate(oof, _auroc, n_bootstrap=50, seed=0), whole)


def test_children_are_drawn_with_all_their_clips() -> None:
    # Drawing clips would narrow the interval when each is there twice; drawing children does not.
    oof = drawn()
    once = replicate(oof, _auroc, n_bootstrap=100, seed=0)
    twice = replicate(_every_clip_twice(oof), _auroc, n_bootstrap=100, seed=0)
    np.testing.assert_allclose(twice, once)


def test_replicates_without_both_classes_are_left_out() -> None:
    # Only child a has spasms: without it, in (3/4)^4 of the draws, there is nothing to score.
    rows = [("a", 0, 1, 0.9), ("a", 0, 0, 0.1)]
    rows += [(child, 0, 0, 0.2) for child in ("b", "c", "d")]
    kept = replicate(predictions(rows), _auroc, n_bootstrap=4000, seed=0)
    assert len(kept) / 4000 == pytest.approx(1 - 0.75**4, abs=0.02)
    assert not np.isnan(kept).any()


def test_one_child_gives_no_replicates() -> None:
    oof = predictions([("a", 0, 1, 0.9), ("a", 0, 0, 0.1)])
    assert replicate(oof, _auroc, n_bootstrap=100, seed=0).shape == (0, 1)


@pytest.mark.parametrize(
    ("drawn_are", "expected"), [("children", (0.91, 0.98)), ("clips", (0.55, 0.85))]
)
def test_only_drawing_children_covers_the_truth_as_often_as_it_says(
    drawn_are: str, expected: tuple[float, float]
) -> None:
    # Children whose own sensitivity varies widely around 0.7. To draw clips instead, as if each
    # were a child of its own, is the mistake that this would catch.
    rng = np.random.default_rng(0)
    n_covered, n_cohorts, n_children, n_clips = 0, 100, 50, 8
    for cohort in range(n_cohorts):
        own = np.repeat(rng.beta(1.4, 0.6, size=n_children), n_clips)
        scores = np.where(rng.random(own.shape) < own, 0.9, 0.1).tolist()
        group = n_clips if drawn_are == "children" else 1
        rows = [(str(row // group), 0, 1, score) for row, score in enumerate(scores)]
        rows += [(str(row // group), 0, 0, 0.2) for row in range(len(scores))]
        found = replicate(predictions(rows), _sensitivity_at_half, n_bootstrap=200, seed=cohort)
        low, high = interval(found[:, 0]) or (0.0, 0.0)
        n_covered += low <= 0.7 <= high
    assert expected[0] <= n_covered / n_cohorts <= expected[1]


def test_the_interval_is_the_percentile_one() -> None:
    low, high = interval(np.linspace(0, 1, 1001)) or (0.0, 0.0)
    assert (low, high) == pytest.approx((0.025, 0.975))


def test_undefined_replicates_are_left_out_of_the_interval() -> None:
    assert interval(np.array([0.1, np.nan, 0.3])) == pytest.approx((0.105, 0.295))


@pytest.mark.parametrize("values", [[], [np.nan, np.nan], [1.0, 1.0, 1.0]])
def test_no_interval_from_nothing_nor_from_a_figure_that_never_moves(values: list[float]) -> None:
    assert interval(np.array(values)) is None
