from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from edgekit.curves import areas_under_pr, areas_under_roc, operating_points
from edgekit.errors import DataError
from edgekit.scoring import auprc, auroc

LABELS = np.array([0, 0, 1, 1, 0, 1])
SCORES = np.array([0.1, 0.4, 0.35, 0.8, 0.8, 0.9])

steady = settings(deadline=None, derandomize=True, database=None)

# Few distinct values, so that ties are common.
clips = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 8)), min_size=2, max_size=40).filter(
    lambda rows: len({label for label, _ in rows}) == 2
)


def _arrays(rows: list[tuple[int, int]]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    labels, scores = zip(*rows, strict=True)
    return np.array(labels), np.array(scores) / 8


def test_counts_follow_the_distinct_scores_from_the_highest_down() -> None:
    points = operating_points(LABELS, SCORES)
    assert points.scores.tolist() == [0.9, 0.8, 0.4, 0.35, 0.1]
    assert points.tp.tolist() == [[0, 1, 2, 2, 3, 3]]
    assert points.fp.tolist() == [[0, 0, 1, 2, 2, 3]]


def test_areas_are_the_hand_computed_ones() -> None:
    # Pairs won: 0.9 beats 3; 0.8 beats 2 and ties 1; 0.35 beats 1. (3 + 2.5 + 1) / 9.
    assert auroc(LABELS, SCORES) == pytest.approx(6.5 / 9)
    # Recall grows at 0.9 (precision 1/1), at 0.8 (2/3) and at 0.35 (3/5), a third each.
    assert auprc(LABELS, SCORES) == pytest.approx((1 + 2 / 3 + 3 / 5) / 3)


def test_all_tied_is_chance() -> None:
    labels = np.array([1, 0, 0, 0])
    assert auroc(labels, np.full(4, 0.5)) == 0.5
    assert auprc(labels, np.full(4, 0.5)) == 0.25


@pytest.mark.parametrize("label", [0, 1])
@pytest.mark.parametrize("n_clips", [0, 1, 3])
def test_one_class_has_no_area(label: int, n_clips: int) -> None:
    labels, scores = np.full(n_clips, label), np.linspace(0.2, 0.8, n_clips)
    assert auroc(labels, scores) is None
    assert auprc(labels, scores) is None


@steady
@given(clips)
def test_areas_equal_those_of_scikit_learn(rows: list[tuple[int, int]]) -> None:
    oracle = pytest.importorskip("sklearn.metrics", reason="scikit-learn is the oracle")
    labels, scores = _arrays(rows)
    assert auroc(labels, scores) == pytest.approx(oracle.roc_auc_score(labels, scores))
    expected = oracle.average_precision_score(labels, scores)
    assert auprc(labels, scores) == pytest.approx(expected)


@steady
@given(clips, st.integers(0, 2**32 - 1))
def test_a_weight_counts_as_that_many_clips(rows: list[tuple[int, int]], seed: int) -> None:
    labels, scores = _arrays(rows)
    weights = np.random.default_rng(seed).integers(0, 4, size=(1, len(labels)))
    repeated = np.repeat(np.arange(len(labels)), weights[0])
    weighted = operating_points(labels, scores, weights.astype(np.float64))
    alone = operating_points(labels[repeated], scores[repeated])
    for area in (areas_under_roc, areas_under_pr):
        np.testing.assert_allclose(area(weighted), area(alone))


def test_replicates_do_not_touch_one_another() -> None:
    weights = np.array([[1.0] * 6, [0.0, 1, 1, 0, 0, 0]])
    both = areas_under_roc(operating_points(LABELS, SCORES, weights))
    assert both.tolist() == pytest.approx([6.5 / 9, 0.0])


def test_a_threshold_finds_its_operating_point() -> None:
    points = operating_points(LABELS, SCORES)
    assert points.cuts_at([1.0, 0.9, 0.85, 0.8, 0.0]).tolist() == [0, 1, 1, 2, 5]


@pytest.mark.parametrize("wrong", [float("nan"), -0.01, 1.01, float("inf")])
def test_what_is_no_probability_is_refused(wrong: float) -> None:
    with pytest.raises(DataError, match="clip 2 is not from 0 to 1"):
        operating_points(np.array([0, 1]), np.array([0.5, wrong]))
