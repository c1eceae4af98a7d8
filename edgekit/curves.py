"""Every decision that a threshold can make on scored clips, and what follows from the counts.

One path serves a cohort and its bootstrap replicates: a replicate is a row of clip weights, the
cohort itself a row of ones. Letters here: N clips, B replicates, U distinct probabilities.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from edgekit.errors import DataError

Floats = NDArray[np.float64]
Labels = NDArray[np.integer[Any]]
Probabilities = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class OperatingPoints:
    """Weighted counts at each distinct decision; at point u the u highest scores are positive."""

    scores: Floats
    """Distinct probabilities (U,), from the highest to the lowest."""
    tp: Floats
    """True positives (B, U + 1), whole numbers; point 0 calls nothing positive."""
    fp: Floats
    """False positives (B, U + 1)."""

    @property
    def n_positives(self) -> Floats:
        """Spasm clips of each replicate, (B,)."""
        return self.tp[:, -1]

    @property
    def n_negatives(self) -> Floats:
        """Other clips of each replicate, (B,)."""
        return self.fp[:, -1]

    @property
    def has_both_classes(self) -> NDArray[np.bool_]:
        """Which replicates hold a clip of each class, (B,)."""
        return (self.n_positives > 0) & (self.n_negatives > 0)

    @property
    def sensitivity(self) -> Floats:
        """Share of the spasm clips found, (B, U + 1); NaN without spasm clips."""
        return ratio(self.tp, self.n_positives[:, None])

    @property
    def specificity(self) -> Floats:
        """Share of the other clips left alone, (B, U + 1); NaN without any."""
        return ratio(self.n_negatives[:, None] - self.fp, self.n_negatives[:, None])

    @property
    def precision(self) -> Floats:
        """Share of the positive calls that are right, (B, U + 1); NaN without calls."""
        return ratio(self.tp, self.tp + self.fp)

    @property
    def f1(self) -> Floats:
        """Harmonic mean of precision and sensitivity, (B, U + 1), as 2 tp / (2 tp + fp + fn)."""
        return ratio(2 * self.tp, self.tp + self.fp + self.n_positives[:, None])

    def rows(self, keep: NDArray[np.bool_]) -> OperatingPoints:
        """Return the replicates that `keep`, bool (B,), selects."""
        return OperatingPoints(self.scores, self.tp[keep], self.fp[keep])

    def cuts_at(self, thresholds: ArrayLike) -> NDArray[np.intp]:
        """Return the operating point of each threshold (M,): how many scores reach it."""
        return np.searchsorted(-self.scores, -np.asarray(thresholds, np.float64), side="right")


def operating_points(
    labels: Labels, probabilities: Probabilities, weights: Floats | None = None
) -> OperatingPoints:
    """Count true and false positives at every distinct decision.

    Args:
        labels: 0 or 1, (N,).
        probabilities: From 0 to 1, (N,).
        weights: How often each replicate holds each clip, (B, N); once when None.

    Raises:
        DataError: A probability is not a number, or lies outside 0 to 1.
    """
    values = check_probabilities(probabilities)
    weights = np.ones((1, len(values))) if weights is None else weights
    order = np.argsort(-values, kind="stable")
    ordered = values[order]
    is_last_of_tie = np.append(ordered[1:] != ordered[:-1], True)[: len(ordered)]
    is_spasm = labels[order] == 1
    drawn = weights[:, order]
    tp = np.cumsum(np.where(is_spasm, drawn, 0.0), axis=1)[:, is_last_of_tie]
    fp = np.cumsum(np.where(is_spasm, 0.0, drawn), axis=1)[:, is_last_of_tie]
    return OperatingPoints(ordered[is_last_of_tie], _from_zero(tp), _from_zero(fp))


def check_probabilities(probabilities: Probabilities) -> Floats:
    """Return probabilities as float64, or raise a `DataError` on the first that is none."""
    values = np.asarray(probabilities, dtype=np.float64)
    # Written so that NaN fails too: a broken model must not read as "no spasm".
    wrong = np.flatnonzero(~((values >= 0) & (values <= 1)))
    if wrong.size:
        raise DataError(
            f"probability {values.flat[wrong[0]]} of clip {wrong[0] + 1} is not from 0 to 1 "
            f"({wrong.size} such clips); the model that gave it is broken: train or export again"
        )
    return values


def areas_under_roc(points: OperatingPoints) -> Floats:
    """Return the AUROC of each replicate, (B,), ties counted half; NaN with one class only."""
    pairs_twice = np.sum(np.diff(points.fp) * (points.tp[:, 1:] + points.tp[:, :-1]), axis=1)
    return ratio(pairs_twice, 2 * points.n_positives * points.n_negatives)


def areas_under_pr(points: OperatingPoints) -> Floats:
    """Return each replicate's average precision, (B,): steps, no interpolation between points.

    NaN with one class only: without negatives every ranking would score 1.
    """
    precision = np.nan_to_num(points.precision[:, 1:])  # undefined only where tp does not grow
    area = np.sum(np.diff(points.tp) * precision, axis=1)
    return ratio(area, np.where(points.has_both_classes, points.n_positives, 0.0))


def ratio(numerator: Floats, denominator: Floats) -> Floats:
    """Divide with NaN, and no warning, where the denominator is 0."""
    numerator, denominator = np.broadcast_arrays(numerator, denominator)
    quotient = np.full(numerator.shape, np.nan)
    np.divide(numerator, denominator, out=quotient, where=denominator > 0)
    return quotient


def _from_zero(counts: Floats) -> Floats:
    return np.concatenate([np.zeros((len(counts), 1)), counts], axis=1)
