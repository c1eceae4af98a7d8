"""Scores of out-of-fold predictions: the point estimates, their intervals, and the breakdowns.

The public front of scoring: what trains, gates and reports imports from here.
"""

from __future__ import annotations

import math
from functools import partial

import numpy as np
from numpy.typing import NDArray

from edgekit.bootstrap import interval, replicate
from edgekit.curves import (
    Floats,
    Labels,
    OperatingPoints,
    Probabilities,
    areas_under_pr,
    areas_under_roc,
    operating_points,
    ratio,
)
from edgekit.errors import DataError
from edgekit.metrics import (
    Calibration,
    CalibrationBin,
    ChildScore,
    Estimate,
    FoldScore,
    FoldThreshold,
    Metrics,
    ThresholdReport,
    honesty_lines,
    read_metrics,
    safety_lines,
    write_metrics,
)
from edgekit.runs import OofPredictions
from edgekit.thresholds import (
    POLICIES,
    Confusion,
    Policy,
    choose,
    choose_threshold,
    confusion,
    decide,
    parse_policy,
)

__all__ = [
    "POLICIES",
    "Confusion",
    "Metrics",
    "auprc",
    "auroc",
    "choose_threshold",
    "confusion",
    "decide",
    "honesty_lines",
    "parse_policy",
    "read_metrics",
    "safety_lines",
    "score",
    "write_metrics",
]

N_BINS = 10
"""Calibration bins."""


def auroc(labels: Labels, probabilities: Probabilities) -> float | None:
    """Return the area under the ROC curve of (N,) clips, ties counted half; None with one class."""
    return _first(areas_under_roc(operating_points(labels, probabilities)))


def auprc(labels: Labels, probabilities: Probabilities) -> float | None:
    """Return the average precision of (N,) clips, by steps; None with one class."""
    return _first(areas_under_pr(operating_points(labels, probabilities)))


def score(oof: OofPredictions, *, policy: str, n_bootstrap: int = 1000, seed: int = 0) -> Metrics:
    """Score out-of-fold predictions and choose the threshold.

    Args:
        oof: One prediction a clip.
        policy: How the threshold is chosen, see `choose_threshold`.
        n_bootstrap: Resamplings of the children behind each interval.
        seed: Of the resampling.

    Raises:
        UsageError: The policy is unknown.
        DataError: One class only and a policy that needs both, or a probability that is none.
    """
    _check_finite(oof)
    chosen_by = parse_policy(policy)
    threshold = choose_threshold(oof.labels, oof.probabilities, policy)
    measure = partial(_measures, threshold=threshold, policy=chosen_by)
    values = measure(operating_points(oof.labels, oof.probabilities))[0]
    replicates = replicate(oof, measure, n_bootstrap=n_bootstrap, seed=seed)
    estimates = [_estimate(*pair) for pair in zip(values, replicates.T, strict=True)]
    return Metrics(
        n_clips=len(oof.labels),
        n_positives=int(np.sum(oof.labels == 1)),
        n_children=len(set(oof.child_ids)),
        threshold=ThresholdReport(
            value=threshold,
            policy=policy.strip(),
            low=estimates[6].low,
            high=estimates[6].high,
            per_fold=_fold_thresholds(oof, chosen_by),
        ),
        auroc=estimates[0],
        auprc=estimates[1],
        f1=estimates[2],
        sensitivity=estimates[3],
        specificity=estimates[4],
        precision=estimates[5],
        confusion=confusion(oof.labels, oof.probabilities, threshold),
        cross_fitted=_cross_fitted(oof, chosen_by),
        folds=_fold_scores(oof, threshold),
        children=_child_scores(oof, threshold),
        calibration=_calibration(oof, n_bootstrap, seed),
        n_bootstrap=n_bootstrap,
        n_left_out=n_bootstrap - len(replicates),
        seed=seed,
    )


def _measures(points: OperatingPoints, threshold: float, policy: Policy) -> Floats:
    """Return six figures at a fixed threshold and then the threshold chosen anew, (B, 7)."""
    (cut,) = points.cuts_at([threshold])
    return np.stack(
        [
            areas_under_roc(points),
            areas_under_pr(points),
            points.f1[:, cut],
            points.sensitivity[:, cut],
            points.specificity[:, cut],
            points.precision[:, cut],
            choose(points, policy),
        ],
        axis=1,
    )


def _fold_thresholds(oof: OofPredictions, policy: Policy) -> tuple[FoldThreshold, ...]:
    return tuple(
        FoldThreshold(fold=fold, value=_chosen_on(_part(oof, oof.folds == fold), policy))
        for fold in _folds(oof)
    )


def _cross_fitted(oof: OofPredictions, policy: Policy) -> Confusion | None:
    """Decide each fold at the threshold that all other folds together choose."""
    total = Confusion(0, 0, 0, 0)
    for fold in _folds(oof):
        threshold = _chosen_on(_part(oof, oof.folds != fold), policy)
        if threshold is None:
            return None
        held_out = _part(oof, oof.folds == fold)
        total += confusion(held_out.labels, held_out.probabilities, threshold)
    return total


def _chosen_on(part: OofPredictions, policy: Policy) -> float | None:
    return _first(choose(operating_points(part.labels, part.probabilities), policy))


def _fold_scores(oof: OofPredictions, threshold: float) -> tuple[FoldScore, ...]:
    folds = _folds(oof)
    return tuple(_fold_score(fold, _part(oof, oof.folds == fold), threshold) for fold in folds)


def _child_scores(oof: OofPredictions, threshold: float) -> tuple[ChildScore, ...]:
    ids = np.asarray(oof.child_ids)
    children = sorted(set(oof.child_ids))
    return tuple(_child_score(child, _part(oof, ids == child), threshold) for child in children)


def _fold_score(fold: int, part: OofPredictions, threshold: float) -> FoldScore:
    return FoldScore(
        fold=fold,
        n_children=len(set(part.child_ids)),
        n_clips=len(part.labels),
        n_positives=int(np.sum(part.labels == 1)),
        confusion=confusion(part.labels, part.probabilities, threshold),
        auroc=auroc(part.labels, part.probabilities),
        auprc=auprc(part.labels, part.probabilities),
    )


def _child_score(child_id: str, part: OofPredictions, threshold: float) -> ChildScore:
    return ChildScore(
        child_id=child_id,
        fold=int(part.folds[0]),
        n_clips=len(part.labels),
        n_positives=int(np.sum(part.labels == 1)),
        confusion=confusion(part.labels, part.probabilities, threshold),
        auroc=auroc(part.labels, part.probabilities),
    )


def _calibration(oof: OofPredictions, n_bootstrap: int, seed: int) -> Calibration:
    """Compare probabilities with observed shares in ten bins of equal width."""
    edges = np.linspace(0, 1, N_BINS + 1)
    # From `decide`'s side: a clip at an edge belongs to the bin above it.
    bin_of_clip = np.searchsorted(edges[1:-1], oof.probabilities, side="right")
    replicates = replicate(oof, _observed_shares, n_bootstrap=n_bootstrap, seed=seed)
    bins, error = [], 0.0
    for index in np.unique(bin_of_clip).tolist():
        rows = bin_of_clip == index
        n_clips, mean = int(rows.sum()), float(oof.probabilities[rows].mean())
        observed = float((oof.labels[rows] == 1).mean())
        error += n_clips / len(rows) * abs(observed - mean)
        bins.append(
            CalibrationBin(
                low=float(edges[index]),
                high=float(edges[index + 1]),
                n_clips=n_clips,
                mean_probability=mean,
                observed=_estimate(observed, replicates[:, index]),
            )
        )
    brier = float(np.mean((oof.probabilities - oof.labels) ** 2))
    return Calibration(brier=brier, expected_error=error, bins=tuple(bins))


def _observed_shares(points: OperatingPoints) -> Floats:
    """Return the share of spasm clips in each calibration bin, (B, N_BINS)."""
    cuts = np.append(points.cuts_at(np.linspace(0, 1, N_BINS + 1)[:-1]), 0)
    n_spasm = points.tp[:, cuts[:-1]] - points.tp[:, cuts[1:]]
    n_other = points.fp[:, cuts[:-1]] - points.fp[:, cuts[1:]]
    return ratio(n_spasm, n_spasm + n_other)


def _estimate(value: float, replicates: Floats) -> Estimate:
    """Pair a figure, NaN where undefined, with the interval of its replicates (rows,)."""
    if math.isnan(value):
        return Estimate(value=None)
    low, high = interval(replicates) or (None, None)
    return Estimate(value=float(value), low=low, high=high)


def _check_finite(oof: OofPredictions) -> None:
    wrong = np.flatnonzero(~np.isfinite(oof.probabilities))
    if wrong.size:
        raise DataError(
            f"{oof.segment_names[wrong[0]]}: its out-of-fold probability is not a number "
            f"({wrong.size} such clips): training diverged; lower the learning rate"
        )


def _part(oof: OofPredictions, rows: NDArray[np.bool_]) -> OofPredictions:
    """Return the clips that `rows`, bool (N,), selects."""
    kept = np.flatnonzero(rows).tolist()
    return OofPredictions(
        tuple(oof.segment_names[row] for row in kept),
        tuple(oof.child_ids[row] for row in kept),
        oof.folds[rows],
        oof.labels[rows],
        oof.probabilities[rows],
    )


def _folds(oof: OofPredictions) -> list[int]:
    return sorted(set(oof.folds.tolist()))


def _first(values: Floats) -> float | None:
    """Return the figure of a lone replicate, None where it is undefined."""
    value = float(values[0])
    return None if math.isnan(value) else value
