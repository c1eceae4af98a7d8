"""The two sides of a fold are of different types, disjoint, and together the whole cohort."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgekit.cohort import Cohort, Dataset, Segment
from edgekit.errors import DataError, LeakageError, UsageError
from edgekit.folds import (
    FoldHandle,
    HeldOutPart,
    TrainingPart,
    check_fold_count,
    child_hash,
    children_of,
    fold_handles,
)


def _segment(child: str, number: int, label: int = 0) -> Segment:
    return Segment(Path(f"child_{child}_{number}.npy"), child, label)


def _cohort(*segments: Segment) -> Cohort:
    return Cohort(Path("data"), segments, Dataset())


@given(st.dictionaries(st.sampled_from("123456789"), st.integers(0, 3), min_size=1))
def test_each_clip_is_held_out_in_its_childs_fold_and_trained_on_in_the_others(
    fold_of_child: dict[str, int],
) -> None:
    cohort = _cohort(*(_segment(child, number) for child in fold_of_child for number in (1, 2)))
    for handle in fold_handles(cohort, fold_of_child):
        sides = (handle.held_out.segments, handle.training.segments)
        assert set(sides[0]) | set(sides[1]) == set(cohort.segments)
        assert not children_of(sides[0]) & children_of(sides[1])
        assert all(fold_of_child[s.child_id] == handle.fold for s in sides[0])
        assert handle.fold == handle.training.fold == handle.held_out.fold


def test_a_child_on_both_sides_is_a_leak() -> None:
    one, two = _segment("7", 1), _segment("7", 2)
    with pytest.raises(LeakageError, match="fold 3: child 7 is on both sides"):
        FoldHandle(3, TrainingPart(3, (one,)), HeldOutPart(3, (two,)))


def test_a_child_without_fold_is_a_leak() -> None:
    with pytest.raises(LeakageError, match="child 2 of data is in no fold"):
        fold_handles(_cohort(_segment("1", 1), _segment("2", 1)), {"1": 0})


@pytest.mark.parametrize(
    ("children", "n_folds", "error", "message"),
    [
        ("1234", 5, UsageError, "data: 4 children cannot fill 5 folds; use --folds 4"),
        ("1", 2, UsageError, "1 children cannot fill 2 folds; more children are needed"),
        ("12", 1, UsageError, "--folds 1: at least 2"),
        ("12", 2, DataError, "every clip is labelled 0; both classes are needed"),
    ],
)
def test_folds_that_cannot_be_filled_are_refused(
    children: str, n_folds: int, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        check_fold_count(_cohort(*(_segment(child, 1) for child in children)), n_folds)


def test_folds_that_can_be_filled_pass() -> None:
    check_fold_count(_cohort(_segment("1", 1, 1), _segment("2", 1)), 2)


def test_child_hashes_depend_on_child_and_salt() -> None:
    assert child_hash("1", "a") == child_hash("1", "a")
    assert len({child_hash("1", "a"), child_hash("2", "a"), child_hash("1", "b")}) == 3
    assert len(child_hash("1", "a")) == 64
