from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from edgekit.errors import DataError, UsageError
from edgekit.thresholds import Confusion, choose_threshold, confusion, decide

LABELS = np.array([0, 0, 1, 0, 1, 1])
SCORES = np.array([0.1, 0.3, 0.4, 0.6, 0.7, 0.9])

steady = settings(deadline=None, derandomize=True, database=None)
probabilities = st.floats(0, 1, allow_subnormal=True)
clips = st.lists(st.tuples(st.integers(0, 1), probabilities), min_size=2, max_size=30).filter(
    lambda rows: len({label for label, _ in rows}) == 2
)
targets = st.integers(1, 20).map(lambda share: share / 20)


def _arrays(rows: list[tuple[int, float]]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    labels, scores = zip(*rows, strict=True)
    return np.array(labels), np.array(scores)


def test_a_clip_on_the_threshold_is_positive() -> None:
    assert decide(np.array([0.499, 0.5, 0.501]), 0.5).tolist() == [False, True, True]


def test_float32_is_compared_in_float64() -> None:
    # In float32 the threshold would round onto the score and turn the decision.
    score = np.array([0.1], dtype=np.float32)
    assert not decide(score, float(score[0]) + 1e-10)[0]


def test_what_is_no_probability_is_never_a_quiet_no() -> None:
    with pytest.raises(DataError, match="probability nan"):
        decide(np.array([0.2, math.nan]), 0.5)


def test_confusion_counts_and_rates() -> None:
    counts = confusion(LABELS, SCORES, 0.5)
    assert counts == Confusion(tp=2, fp=1, tn=2, fn=1)
    assert counts.sensitivity == pytest.approx(2 / 3)
    assert counts.specificity == pytest.approx(2 / 3)
    assert counts.precision == pytest.approx(2 / 3)
    assert counts.f1 == pytest.approx(2 / 3)
    assert counts.n_wrong == 2
    assert counts + counts == Confusion(4, 2, 4, 2)


@pytest.mark.parametrize(
    ("counts", "undefined"),
    [
        (Confusion(tp=0, fp=1, tn=1, fn=0), {"sensitivity"}),
        (Confusion(tp=1, fp=0, tn=0, fn=1), {"specificity"}),
        (Confusion(tp=0, fp=0, tn=1, fn=1), {"precision"}),
        (Confusion(tp=0, fp=0, tn=1, fn=0), {"sensitivity", "precision", "f1"}),
    ],
)
def test_undefined_rates_are_none_and_not_zero(counts: Confusion, undefined: set[str]) -> None:
    rates = ("sensitivity", "specificity", "precision", "f1")
    assert {rate for rate in rates if getattr(counts, rate) is None} == undefined


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        # F1 of calling the highest 1, 2, ... 6: 1/2, 4/5, 2/3, 6/7, 3/4, 2/3.
        ("f1", 0.35),
        # tp / 3 - fp / 3: 1/3, 2/3, 1/3, 2/3, ...: of equals the highest threshold.
        ("youden", 0.65),
        ("sensitivity=0.5", 0.65),
        ("sensitivity=1", 0.35),
        ("specificity=1.0", 0.65),
        ("specificity=0.6", 0.35),
        ("0.25", 0.25),
        (" 1 ", 1.0),
        ("0", 0.0),
    ],
)
def test_policies_choose_the_hand_computed_threshold(policy: str, expected: float) -> None:
    assert choose_threshold(LABELS, SCORES, policy) == pytest.approx(expected)


def test_thresholds_beyond_the_scores_lie_midway_to_the_end() -> None:
    # The best F1 calls everything; full specificity calls nothing.
    labels = np.array([1, 1, 0])
    assert choose_threshold(labels, np.array([0.2, 0.6, 0.8]), "f1") == pytest.approx(0.1)
    assert choose_threshold(labels, np.array([0.2, 0.6, 0.8]), "specificity=1") == pytest.approx(
        0.9
    )


def test_a_negative_at_one_can_still_be_left_alone() -> None:
    scores = np.array([0.5, 1.0])
    threshold = choose_threshold(np.array([1, 0]), scores, "specificity=1")
    assert not decide(scores, threshold).any()


def test_scores_next_to_each_other_are_still_parted() -> None:
    scores = np.array([0.5, np.nextafter(0.5, 1.0)])
    threshold = choose_threshold(np.array([0, 1]), scores, "f1")
    assert decide(scores, threshold).tolist() == [False, True]


def test_a_positive_at_zero_can_still_be_found() -> None:
    scores = np.array([0.0, 1.0])
    threshold = choose_threshold(np.array([1, 0]), scores, "sensitivity=1")
    assert decide(scores, threshold).all()


@pytest.mark.parametrize(
    "policy",
    [
        *("", "F2", "f1=0.5", "youden=1", "sensitivity", "sensitivity=", "sensitivity=0"),
        *("sensitivity=1.01", "specificity=nan", "specificity=-1"),
        *("1.5", "-0.1", "nan", "inf", "=0.5"),
    ],
)
def test_unknown_policies_are_refused_with_the_list(policy: str) -> None:
    with pytest.raises(UsageError, match=r"f1, youden, sensitivity=0\.95, .* or a number"):
        choose_threshold(LABELS, SCORES, policy)


@pytest.mark.parametrize("policy", ["f1", "youden", "sensitivity=0.9", "specificity=0.9"])
@pytest.mark.parametrize("label", [0, 1])
def test_one_class_chooses_nothing(policy: str, label: int) -> None:
    with pytest.raises(DataError, match="with and without a spasm"):
        choose_threshold(np.array([label, label]), np.array([0.2, 0.8]), policy)


def test_a_given_number_needs_no_classes() -> None:
    assert choose_threshold(np.array([1]), np.array([0.3]), "0.5") == 0.5


@steady
@given(clips, targets)
def test_sensitivity_is_reached_and_no_higher_threshold_reaches_it(
    rows: list[tuple[int, float]], target: float
) -> None:
    labels, scores = _arrays(rows)
    threshold = choose_threshold(labels, scores, f"sensitivity={target}")
    reached = confusion(labels, scores, threshold).sensitivity
    assert reached is not None
    assert reached >= target
    lowest_called = scores[decide(scores, threshold)].min()
    higher = confusion(labels, scores, float(np.nextafter(lowest_called, 2.0))).sensitivity
    assert higher is not None
    assert higher < target


@steady
@given(clips, targets)
def test_specificity_is_reached_and_no_lower_threshold_reaches_it(
    rows: list[tuple[int, float]], target: float
) -> None:
    labels, scores = _arrays(rows)
    threshold = choose_threshold(labels, scores, f"specificity={target}")
    reached = confusion(labels, scores, threshold).specificity
    assert reached is not None
    assert reached >= target
    left_alone = scores[~decide(scores, threshold)]
    if left_alone.size:
        lower = confusion(labels, scores, float(left_alone.max())).specificity
        assert lower is not None
        assert lower < target


@steady
@given(clips)
def test_f1_is_the_best_that_any_threshold_gives(rows: list[tuple[int, float]]) -> None:
    labels, scores = _arrays(rows)
    best = max(confusion(labels, scores, float(score)).f1 or 0.0 for score in scores)
    assert confusion(labels, scores, choose_threshold(labels, scores, "f1")).f1 == best


@steady
@given(clips, st.sampled_from(["f1", "youden", "sensitivity=0.8", "specificity=0.8"]))
def test_no_clip_sits_on_a_chosen_threshold_where_there_is_room(
    rows: list[tuple[int, float]], policy: str
) -> None:
    labels, scores = _arrays(rows)
    threshold = choose_threshold(labels, scores, policy)
    is_called = decide(scores, threshold)
    above = scores[is_called].min() if is_called.any() else 1.0
    below = scores[~is_called].max() if not is_called.all() else 0.0
    assert below <= threshold or not is_called.any()
    if np.nextafter(below, 2.0) < above:
        assert below < threshold < above
        assert threshold - below == pytest.approx(above - threshold)
