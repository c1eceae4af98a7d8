"""Folds are grouped by child, never empty, and refused when they cannot work."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toy_cohort import toy_settings

from edgekit.cohort import Cohort, Dataset, Segment
from edgekit.errors import DataError, UsageError
from edgekit.folds import children_of
from edgekit.runs import FoldPolicy
from edgekit.train.assign import assign_folds, split


def _cohort(labels_of_child: dict[str, list[int]]) -> Cohort:
    """Return a cohort of clips that need not exist."""
    segments = [
        Segment(Path(f"child_{child}_{number}.npy"), child, label)
        for child, labels in labels_of_child.items()
        for number, label in enumerate(labels)
    ]
    return Cohort(Path("data"), tuple(sorted(segments, key=lambda s: s.name)), Dataset())


policies = st.sampled_from(["stratified", "group"])


@st.composite
def _cohorts(draw: st.DrawFn) -> Cohort:
    labels = st.lists(st.integers(0, 1), min_size=1, max_size=8)
    children = {str(child): draw(labels) for child in range(1, draw(st.integers(2, 10)) + 1)}
    children["1"] += [0, 1]
    return _cohort(children)


@given(cohort=_cohorts(), n_folds=st.integers(2, 5), policy=policies, seed=st.integers(0, 2**40))
@settings(max_examples=150, deadline=None)
def test_each_child_is_held_out_once_and_no_fold_is_empty(
    cohort: Cohort, n_folds: int, policy: FoldPolicy, seed: int
) -> None:
    chosen = toy_settings(n_folds=n_folds, fold_policy=policy, seed=seed)
    if len(cohort.children) < n_folds:
        with pytest.raises(UsageError, match="cannot fill"):
            assign_folds(cohort, chosen)
        return
    try:
        fold_of_child = assign_folds(cohort, chosen)
        handles = split(cohort, fold_of_child)
    except DataError:
        return  # one class is too rare for these folds: the tests below
    assert set(fold_of_child) == set(cohort.children)
    assert set(fold_of_child.values()) == set(range(n_folds))
    assert fold_of_child == assign_folds(cohort, chosen)
    for handle in handles:
        held_out = children_of(handle.held_out.segments)
        assert held_out
        assert not held_out & children_of(handle.training.segments)
    names = [segment.name for handle in handles for segment in handle.held_out.segments]
    assert sorted(names) == [segment.name for segment in cohort.segments]


def test_stratified_folds_share_the_spasms_out() -> None:
    many, few = [1, 1, 1, 0], [0, 0, 0, 0]
    cohort = _cohort({str(child): many if child < 4 else few for child in range(12)})
    for seed in range(5):
        handles = split(cohort, assign_folds(cohort, toy_settings(n_folds=4, seed=seed)))
        for handle in handles:
            assert sum(segment.label for segment in handle.held_out.segments) == 3


def test_a_fold_that_scikit_learn_leaves_empty_is_given_a_child() -> None:
    # With every other seed or so, StratifiedGroupKFold holds two of these out together.
    cohort = _cohort({"1": [0] * 8, "2": [1] * 8 + [0] * 3, "3": [1] * 5})
    for seed in range(10):
        fold_of_child = assign_folds(cohort, toy_settings(n_folds=3, seed=seed))
        assert sorted(fold_of_child.values()) == [0, 1, 2]


def test_four_children_cannot_fill_five_folds() -> None:
    cohort = _cohort({str(child): [0, 1] for child in range(4)})
    with pytest.raises(UsageError, match=r"data: 4 children cannot fill 5 folds; use --folds 4"):
        assign_folds(cohort, toy_settings(n_folds=5))


def test_one_class_only_is_refused() -> None:
    with pytest.raises(DataError, match=r"data: every clip is labelled 0; both classes"):
        assign_folds(_cohort({"1": [0, 0], "2": [0]}), toy_settings(n_folds=2))


def test_a_training_part_of_one_class_is_refused_with_its_cure() -> None:
    cohort = _cohort({"1": [1, 1, 0], "2": [0, 0], "3": [0, 0, 0]})
    with pytest.raises(DataError, match=r"held out in fold \d, every clip is labelled 0 .*--folds"):
        split(cohort, assign_folds(cohort, toy_settings(n_folds=3)))


def test_too_few_clips_to_stratify_name_the_other_policy() -> None:
    cohort = _cohort({"1": [1], "2": [0], "3": [1]})
    with pytest.raises(DataError, match="too few clips .*--fold-policy group"):
        assign_folds(cohort, toy_settings(n_folds=3))
    group = toy_settings(n_folds=3, fold_policy="group")
    assert set(assign_folds(cohort, group).values()) == {0, 1, 2}
