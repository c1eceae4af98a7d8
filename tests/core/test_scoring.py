from __future__ import annotations

import numpy as np
import pytest
from oof_samples import drawn, predictions

from edgekit.errors import DataError, UsageError
from edgekit.runs import OofPredictions
from edgekit.scoring import Confusion, auprc, auroc, choose_threshold, confusion, score

SMALL = predictions(
    [
        ("a", 0, 0, 0.1),
        ("a", 0, 1, 0.7),
        ("a", 0, 1, 0.9),
        ("b", 1, 0, 0.3),
        ("b", 1, 0, 0.6),
        ("b", 1, 1, 0.4),
    ]
)


def test_the_figures_of_six_clips_are_the_hand_computed_ones() -> None:
    metrics = score(SMALL, policy="0.5", n_bootstrap=20)
    assert (metrics.n_clips, metrics.n_positives, metrics.n_children) == (6, 3, 2)
    assert metrics.confusion == Confusion(tp=2, fp=1, tn=2, fn=1)
    assert metrics.auroc.value == pytest.approx(8 / 9)  # of nine pairs only 0.4 < 0.6 is lost
    assert metrics.auprc.value == pytest.approx((1 + 1 + 3 / 4) / 3)
    for estimate in (metrics.f1, metrics.sensitivity, metrics.specificity, metrics.precision):
        assert estimate.value == pytest.approx(2 / 3)
    assert metrics.calibration.brier == pytest.approx(
        (0.1**2 + 0.3**2 + 0.1**2 + 0.3**2 + 0.6**2 + 0.6**2) / 6
    )
    # One clip a bin, so the expected error is the mean distance to the label.
    assert len(metrics.calibration.bins) == 6
    assert metrics.calibration.expected_error == pytest.approx(2.0 / 6)


def test_folds_and_children_are_scored_apart_at_the_common_threshold() -> None:
    metrics = score(SMALL, policy="0.5", n_bootstrap=20)
    first, second = metrics.folds
    assert first.confusion == Confusion(2, 0, 1, 0)
    assert second.confusion == Confusion(0, 1, 1, 1)
    assert (first.auroc, second.auroc) == (1.0, 0.5)
    assert [child.child_id for child in metrics.children] == ["a", "b"]
    assert [child.fold for child in metrics.children] == [0, 1]
    assert [child.auroc for child in metrics.children] == [1.0, 0.5]
    assert first.confusion + second.confusion == metrics.confusion


def test_each_fold_names_its_own_threshold_and_is_judged_by_the_others() -> None:
    metrics = score(SMALL, policy="f1", n_bootstrap=20)
    own = [fold.value for fold in metrics.threshold.per_fold]
    assert own == pytest.approx([0.4, 0.35])
    # Fold 0 at 0.35: all right. Fold 1 at 0.4: 0.6 is a false alarm, 0.4 sits on it and is found.
    assert metrics.cross_fitted == Confusion(tp=3, fp=1, tn=2, fn=0)


def test_point_estimates_are_those_of_the_single_functions() -> None:
    oof = drawn()
    metrics = score(oof, policy="youden", n_bootstrap=50)
    threshold = choose_threshold(oof.labels, oof.probabilities, "youden")
    assert metrics.threshold.value == threshold
    assert metrics.auroc.value == auroc(oof.labels, oof.probabilities)
    assert metrics.auprc.value == auprc(oof.labels, oof.probabilities)
    counts = confusion(oof.labels, oof.probabilities, threshold)
    assert metrics.confusion == counts
    assert metrics.f1.value == counts.f1
    assert metrics.sensitivity.value == counts.sensitivity
    assert metrics.specificity.value == counts.specificity
    assert metrics.precision.value == counts.precision


def test_intervals_hold_the_figures_and_repeat_with_the_seed() -> None:
    oof = drawn()
    metrics = score(oof, policy="f1", n_bootstrap=300, seed=5)
    figures = (metrics.auroc, metrics.auprc, metrics.f1, metrics.sensitivity, metrics.precision)
    for each in figures:
        assert each.low is not None
        assert each.high is not None
        assert each.value is not None
        assert 0 < each.low < each.value < each.high < 1
    assert metrics.threshold.low is not None
    assert metrics.threshold.high is not None
    assert metrics.threshold.low < metrics.threshold.high
    assert score(oof, policy="f1", n_bootstrap=300, seed=5) == metrics
    assert score(oof, policy="f1", n_bootstrap=300, seed=6) != metrics


def test_a_perfect_score_claims_no_interval() -> None:
    oof = predictions([(child, 0, label, 0.1 + 0.8 * label) for child in "abc" for label in (0, 1)])
    metrics = score(oof, policy="f1", n_bootstrap=50)
    assert metrics.auroc.model_dump() == {"value": 1.0, "low": None, "high": None}
    assert metrics.sensitivity.low is None
    assert metrics.n_left_out == 0


def test_left_out_replicates_are_counted() -> None:
    # Child b holds no spasm: drawn twice, a quarter of the time, it leaves one class.
    oof = predictions([("a", 0, 1, 0.9), ("a", 0, 0, 0.1), ("b", 1, 0, 0.2)])
    metrics = score(oof, policy="0.5", n_bootstrap=2000)
    assert metrics.n_left_out / 2000 == pytest.approx(0.25, abs=0.03)


def test_a_single_child_has_figures_and_no_intervals() -> None:
    oof = predictions([("a", 0, 0, 0.4), ("a", 0, 1, 0.3), ("a", 0, 1, 0.9)])
    metrics = score(oof, policy="f1", n_bootstrap=10)
    assert metrics.auroc.value == 0.5
    assert metrics.auroc.low is None
    assert metrics.threshold.low is None
    assert metrics.cross_fitted is None
    assert metrics.n_left_out == 10


def test_a_single_clip_has_what_is_defined_and_nothing_else() -> None:
    metrics = score(predictions([("a", 0, 1, 0.9)]), policy="0.5", n_bootstrap=10)
    assert metrics.confusion == Confusion(tp=1, fp=0, tn=0, fn=0)
    assert metrics.sensitivity.value == 1.0
    assert metrics.specificity.value is None
    assert metrics.auroc.value is None
    assert metrics.auprc.value is None


def test_a_fold_of_one_class_chooses_nothing() -> None:
    oof = predictions([("a", 0, 1, 0.9), ("a", 0, 0, 0.1), ("b", 1, 0, 0.2)])
    metrics = score(oof, policy="f1", n_bootstrap=10)
    assert [fold.value for fold in metrics.threshold.per_fold] == [pytest.approx(0.5), None]
    assert metrics.cross_fitted is None  # without fold 0 there is nothing to choose from


def test_one_class_needs_a_given_threshold() -> None:
    oof = predictions([("a", 0, 0, 0.9), ("b", 1, 0, 0.1)])
    with pytest.raises(DataError, match="with and without a spasm"):
        score(oof, policy="f1")
    metrics = score(oof, policy="0.5", n_bootstrap=10)
    assert metrics.specificity.value == 0.5
    assert metrics.sensitivity.value is None
    assert metrics.f1.value == 0.0  # a false alarm and nothing found: defined, and bad


def test_an_unknown_policy_is_refused() -> None:
    with pytest.raises(UsageError, match="threshold policy 'best'"):
        score(SMALL, policy="best")


def test_a_diverged_training_is_named_with_its_clip() -> None:
    rows = [("a", 0, 1, 0.9), ("a", 0, 0, float("nan"))]
    with pytest.raises(DataError, match=r"child_a_1\.npy: .* training diverged"):
        score(predictions(rows), policy="0.5")


def test_calibration_bins_hold_every_clip_once_and_edges_belong_above() -> None:
    oof = predictions([("a", 0, 0, 0.0), ("a", 0, 0, 0.1), ("b", 0, 1, 0.1), ("b", 0, 1, 1.0)])
    bins = score(oof, policy="0.5", n_bootstrap=20).calibration.bins
    assert [(each.low, each.n_clips) for each in bins] == [(0.0, 1), (0.1, 2), (0.9, 1)]
    assert bins[1].mean_probability == pytest.approx(0.1)
    assert bins[1].observed.value == 0.5


def test_calibration_intervals_are_of_the_bin_that_they_stand_in() -> None:
    n_intervals = 0
    for each in score(drawn(30, 20), policy="f1", n_bootstrap=300).calibration.bins:
        observed = each.observed
        assert observed.value is not None
        if observed.low is not None and observed.high is not None:
            assert observed.low <= observed.value <= observed.high
            n_intervals += 1
    assert n_intervals >= 8  # a bin of one class only has none


def test_the_brier_score_is_that_of_scikit_learn() -> None:
    oracle = pytest.importorskip("sklearn.metrics", reason="scikit-learn is the oracle")
    oof = drawn()
    brier = score(oof, policy="f1", n_bootstrap=5).calibration.brier
    assert brier == pytest.approx(oracle.brier_score_loss(oof.labels, oof.probabilities))


def test_the_order_of_clips_changes_no_figure() -> None:
    oof = drawn()
    order = np.random.default_rng(1).permutation(len(oof.labels))
    shuffled = OofPredictions(
        tuple(oof.segment_names[row] for row in order),
        tuple(oof.child_ids[row] for row in order),
        oof.folds[order],
        oof.labels[order],
        oof.probabilities[order],
    )
    first, second = (score(each, policy="f1", n_bootstrap=50) for each in (oof, shuffled))
    assert second.model_dump(exclude={"calibration"}) == first.model_dump(exclude={"calibration"})
