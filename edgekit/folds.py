"""Child-grouped folds, and the two sides of a fold as types of their own.

A fold's `TrainingPart` is the only thing that a quantiser can be given, its `HeldOutPart` the
only thing that the gate can: to mix them up is a type error, and an error at run time too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from edgekit.cohort import Cohort, Segment
from edgekit.errors import DataError, LeakageError, UsageError


@dataclass(frozen=True)
class TrainingPart:
    """The clips that fold `fold` was trained on; calibration may read these."""

    fold: int
    segments: tuple[Segment, ...]


@dataclass(frozen=True)
class HeldOutPart:
    """The clips of the children that fold `fold` never saw; only evaluation may read these."""

    fold: int
    segments: tuple[Segment, ...]


@dataclass(frozen=True)
class FoldHandle:
    """Fold `fold` with its two disjoint sides."""

    fold: int
    training: TrainingPart
    held_out: HeldOutPart

    def __post_init__(self) -> None:
        shared = children_of(self.training.segments) & children_of(self.held_out.segments)
        if shared:
            raise LeakageError(
                f"fold {self.fold}: child {min(shared)} is on both sides; train the run again"
            )


def fold_handles(cohort: Cohort, fold_of_child: Mapping[str, int]) -> tuple[FoldHandle, ...]:
    """Split a cohort by the fold in which each child is held out.

    Raises:
        LeakageError: A child of the cohort has no fold.
    """
    for child in cohort.children:
        if child not in fold_of_child:
            raise LeakageError(
                f"child {child} of {cohort.folder} is in no fold of the run; "
                "export with the data that the run was trained on"
            )
    handles = []
    for fold in range(max(fold_of_child.values()) + 1):
        is_held_out = [fold_of_child[segment.child_id] == fold for segment in cohort.segments]
        pairs = list(zip(cohort.segments, is_held_out, strict=True))
        training = tuple(segment for segment, held_out in pairs if not held_out)
        held_out = tuple(segment for segment, held_out in pairs if held_out)
        handles.append(FoldHandle(fold, TrainingPart(fold, training), HeldOutPart(fold, held_out)))
    return tuple(handles)


def check_fold_count(cohort: Cohort, n_folds: int) -> None:
    """Refuse a number of folds that the cohort's children cannot fill.

    Raises:
        UsageError: Fewer than two folds, or fewer children than folds.
        DataError: Only one class is present.
    """
    n_children = len(cohort.children)
    if n_folds < 2:
        raise UsageError(f"--folds {n_folds}: at least 2 are needed to hold a child out")
    if n_children < n_folds:
        raise UsageError(
            f"{cohort.folder}: {n_children} children cannot fill {n_folds} folds; "
            + (f"use --folds {n_children}" if n_children > 1 else "more children are needed")
        )
    if len({segment.label for segment in cohort.segments}) < 2:
        only = cohort.segments[0].label
        raise DataError(f"{cohort.folder}: every clip is labelled {only}; both classes are needed")


def children_of(segments: tuple[Segment, ...]) -> frozenset[str]:
    """Return the ids of the children in `segments`."""
    return frozenset(segment.child_id for segment in segments)


def child_hash(child_id: str, salt: str) -> str:
    """Return a salted SHA-256 of a child's id, so that evidence can travel without the id.

    Short ids can be guessed by trying them all: this keeps names out of files, it is no cloak
    against someone who holds the salt and wants to test a guess.
    """
    return hashlib.sha256(f"{salt}:{child_id}".encode()).hexdigest()
