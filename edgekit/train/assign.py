"""Which child is held out in which fold, by scikit-learn's grouped splitters."""

from __future__ import annotations

import warnings
from collections import Counter

import numpy as np
from sklearn.model_selection import GroupKFold, StratifiedGroupKFold

from edgekit.cohort import Cohort
from edgekit.errors import DataError
from edgekit.folds import FoldHandle, check_fold_count, fold_handles
from edgekit.runs import TrainingSettings


def assign_folds(cohort: Cohort, settings: TrainingSettings) -> dict[str, int]:
    """Return for each child the fold in which it is held out; no fold is left empty.

    Raises:
        UsageError: Fewer children than folds.
        DataError: One class only, or too few clips to stratify.
    """
    check_fold_count(cohort, settings.n_folds)
    labels = np.array([segment.label for segment in cohort.segments])
    children = np.array([segment.child_id for segment in cohort.segments])
    if settings.fold_policy == "group":
        splitter = GroupKFold(settings.n_folds)
    else:
        splitter = StratifiedGroupKFold(
            settings.n_folds, shuffle=True, random_state=settings.seed % 2**32
        )
    fold_of_child: dict[str, int] = {}
    try:
        with warnings.catch_warnings():
            # It warns of a class with fewer clips than folds; `split` refuses where that matters.
            warnings.simplefilter("ignore", UserWarning)
            for fold, (_, held_out) in enumerate(splitter.split(labels, labels, children)):
                fold_of_child.update(dict.fromkeys(children[held_out].tolist(), fold))
    except ValueError as error:
        raise DataError(
            f"{cohort.folder}: too few clips of either class for {settings.n_folds} stratified "
            "folds; use fewer --folds, or --fold-policy group"
        ) from error
    return _without_empty_folds(fold_of_child, cohort, settings.n_folds)


def split(cohort: Cohort, fold_of_child: dict[str, int]) -> tuple[FoldHandle, ...]:
    """Return the folds' two sides, having checked that each has both classes to train on.

    Raises:
        DataError: The training part of a fold holds one class only.
    """
    handles = fold_handles(cohort, fold_of_child)
    for handle in handles:
        labels = {segment.label for segment in handle.training.segments}
        if len(labels) < 2:
            raise DataError(
                f"{cohort.folder}: without the children held out in fold {handle.fold}, "
                f"every clip is labelled {labels.pop()} and nothing can be learnt; "
                "use another --folds, --fold-policy or --seed, or add children with both classes"
            )
    return handles


def _without_empty_folds(
    fold_of_child: dict[str, int], cohort: Cohort, n_folds: int
) -> dict[str, int]:
    """Give each empty fold a child; StratifiedGroupKFold may leave one when children are few."""
    n_clips = Counter(segment.child_id for segment in cohort.segments)
    assigned = dict(fold_of_child)
    for empty in sorted(set(range(n_folds)) - set(assigned.values())):
        n_children = Counter(assigned.values())
        fullest = max(n_children, key=lambda fold: (n_children[fold], -fold))
        candidates = [child for child, fold in assigned.items() if fold == fullest]
        assigned[min(candidates, key=lambda child: (n_clips[child], child))] = empty
    return dict(sorted(assigned.items()))
