"""The decision rule, its counts, and the policies that choose a threshold.

A chosen threshold lies midway between the two neighbouring scores that it parts, so that no clip
sits on it and rounding in another runtime moves as few decisions as can be.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict

from edgekit.curves import (
    Floats,
    Labels,
    OperatingPoints,
    Probabilities,
    check_probabilities,
    operating_points,
)
from edgekit.errors import DataError, UsageError

POLICIES = "f1, youden, sensitivity=0.95, specificity=0.95, or a number from 0 to 1"
"""What `parse_policy` takes, for help texts; the target of the middle two is free."""


@dataclass(frozen=True)
class Confusion:
    """Counts of decisions; each rate is None where it is undefined, never a stand-in 0."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    tp: int
    """Spasm clips called positive."""
    fp: int
    """Other clips called positive: false alarms."""
    tn: int
    """Other clips left alone."""
    fn: int
    """Spasm clips missed."""

    @property
    def sensitivity(self) -> float | None:
        """Share of the spasm clips found: tp / (tp + fn)."""
        return _share(self.tp, self.tp + self.fn)

    @property
    def specificity(self) -> float | None:
        """Share of the other clips left alone: tn / (tn + fp)."""
        return _share(self.tn, self.tn + self.fp)

    @property
    def precision(self) -> float | None:
        """Share of the positive calls that are right: tp / (tp + fp)."""
        return _share(self.tp, self.tp + self.fp)

    @property
    def f1(self) -> float | None:
        """Harmonic mean of precision and sensitivity: 2 tp / (2 tp + fp + fn)."""
        return _share(2 * self.tp, 2 * self.tp + self.fp + self.fn)

    @property
    def n_wrong(self) -> int:
        """Clips decided wrongly."""
        return self.fp + self.fn

    def __add__(self, other: Confusion) -> Confusion:
        return Confusion(
            self.tp + other.tp, self.fp + other.fp, self.tn + other.tn, self.fn + other.fn
        )


@dataclass(frozen=True)
class Policy:
    """How a threshold is chosen."""

    kind: Literal["f1", "youden", "sensitivity", "specificity", "number"]
    target: float = 0.0
    """The rate to reach, or the number itself; unused by `f1` and `youden`."""


def decide(probabilities: Probabilities, threshold: float) -> NDArray[np.bool_]:
    """Return which clips are called positive: probability >= threshold, compared in float64.

    Raises:
        DataError: A probability is not a number, or lies outside 0 to 1.
    """
    return check_probabilities(probabilities) >= threshold


def confusion(labels: Labels, probabilities: Probabilities, threshold: float) -> Confusion:
    """Count the decisions at `threshold` on labels, 0 or 1 (N,), and probabilities (N,)."""
    is_called = decide(probabilities, threshold)
    is_spasm = labels == 1
    return Confusion(
        tp=int(np.sum(is_called & is_spasm)),
        fp=int(np.sum(is_called & ~is_spasm)),
        tn=int(np.sum(~is_called & ~is_spasm)),
        fn=int(np.sum(~is_called & is_spasm)),
    )


def parse_policy(text: str) -> Policy:
    """Read a threshold policy: `f1`, `youden`, `sensitivity=R`, `specificity=R` or a number.

    Raises:
        UsageError: It is none of these; the message lists them.
    """
    name, is_assignment, value = text.strip().partition("=")
    if name == "f1" and not is_assignment:
        return Policy("f1")
    if name == "youden" and not is_assignment:
        return Policy("youden")
    target = _number(value if is_assignment else name)
    if name == "sensitivity" and 0 < target <= 1:
        return Policy("sensitivity", target)
    if name == "specificity" and 0 < target <= 1:
        return Policy("specificity", target)
    if not is_assignment and 0 <= target <= 1:
        return Policy("number", target)
    raise UsageError(f"threshold policy {text!r}: give {POLICIES}")


def choose_threshold(labels: Labels, probabilities: Probabilities, policy: str) -> float:
    """Choose the threshold that `policy` asks for on labels (N,) and probabilities (N,).

    `f1` and `youden` take the best value, and of equals the highest threshold; `sensitivity=R`
    the highest threshold that still finds the share R of the spasm clips; `specificity=R` the
    lowest that leaves the share R of the others alone. It lies midway between the scores that it
    parts, or between the outermost score and 0 or 1.

    Raises:
        UsageError: The policy is unknown.
        DataError: One class only, from which nothing can be chosen.
    """
    points = operating_points(labels, probabilities)
    (threshold,) = choose(points, parse_policy(policy)).tolist()
    if math.isnan(threshold):
        raise DataError(
            f"threshold policy {policy!r} needs clips with and without a spasm; "
            "add the missing class, or give the threshold as a number"
        )
    return float(threshold)


def choose(points: OperatingPoints, policy: Policy) -> Floats:
    """Choose a threshold for each replicate, (B,); NaN where it holds one class only."""
    if policy.kind == "number":
        return np.full(len(points.tp), policy.target)
    cuts = _best_cuts(points, policy)
    return np.where(points.has_both_classes, _midway(points, cuts), np.nan)


def _best_cuts(points: OperatingPoints, policy: Policy) -> NDArray[np.intp]:
    """Return the operating point that the policy picks in each replicate, (B,)."""
    cuts: NDArray[np.intp]
    if policy.kind == "specificity":
        # The last point that reaches the target is the one before the first that does not.
        cuts = np.maximum(np.sum(points.specificity >= policy.target, axis=1) - 1, 0)
    else:
        cuts = np.argmax(_merit(points, policy), axis=1)  # of equals the highest threshold
    return cuts


def _merit(points: OperatingPoints, policy: Policy) -> Floats:
    """Return what the policy maximises, (B, U + 1)."""
    if policy.kind == "sensitivity":
        return (points.sensitivity >= policy.target).astype(np.float64)
    if policy.kind == "youden":
        # Whole numbers, so that equals are equal: J = tp / P - fp / N, times P N.
        return points.tp * points.n_negatives[:, None] - points.fp * points.n_positives[:, None]
    return np.nan_to_num(points.f1)


def _midway(points: OperatingPoints, cuts: NDArray[np.intp]) -> Floats:
    """Place each replicate's threshold between the scores that it drew on either side, (B,)."""
    n_called = points.tp + points.fp
    level = np.take_along_axis(n_called, cuts[:, None], axis=1)
    bounds = np.append(1.0, points.scores)  # bounds[u]: the lowest score called positive at u
    upper = bounds[np.argmax(n_called >= level, axis=1)]
    is_beyond = n_called > level
    lower = np.where(is_beyond.any(axis=1), bounds[np.argmax(is_beyond, axis=1)], 0.0)
    middle = lower + (upper - lower) / 2
    # Two scores next to each other in float64 have nothing between them: sit on the upper one.
    middle = np.where(middle > lower, middle, upper)
    is_above_all = (lower == 1.0) & (upper == 1.0)
    placed: Floats = np.where(is_above_all, np.nextafter(1.0, 2.0), middle)
    return placed


def _number(text: str) -> float:
    """Return the number that `text` spells, NaN when it spells none."""
    try:
        return float(text)
    except ValueError:
        return math.nan


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
