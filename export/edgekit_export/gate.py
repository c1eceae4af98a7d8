"""The gate: does INT8 still decide as FP32 did, on children that the fold never saw?

Pure functions over probabilities. What feeds them is the output of the very files that ship.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgekit.manifest import GateBudget, GateResult
from edgekit.scoring import auroc, confusion, decide

MARGINS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
"""Upper edges of the margin histogram; the last bin is open."""


@dataclass(frozen=True)
class Comparison:
    """FP32 and INT8 answers to the same clips, arrays (N,), and the threshold."""

    segment_names: tuple[str, ...]
    child_ids: tuple[str, ...]
    folds: NDArray[np.int64]
    labels: NDArray[np.int64]
    fp32: NDArray[np.float64]
    int8: NDArray[np.float64]
    threshold: float

    def rows(self, keep: NDArray[np.bool_]) -> Comparison:
        """Return the clips where `keep` is true."""
        chosen = np.flatnonzero(keep)
        return Comparison(
            tuple(self.segment_names[i] for i in chosen),
            tuple(self.child_ids[i] for i in chosen),
            self.folds[chosen],
            self.labels[chosen],
            self.fp32[chosen],
            self.int8[chosen],
            self.threshold,
        )


@dataclass(frozen=True)
class Flip:
    """A clip that INT8 decides otherwise than FP32."""

    segment_name: str
    child_id: str
    label: int
    fp32: float
    int8: float


@dataclass(frozen=True)
class MarginBin:
    """Clips whose FP32 probability lies less than `below` from the threshold, and their flips."""

    below: float
    n_clips: int
    n_flips: int


@dataclass(frozen=True)
class GateReport:
    """What one INT8 file changed: overall, for each fold, for each child, and where."""

    overall: GateResult
    folds: tuple[tuple[int, GateResult], ...]
    children: tuple[tuple[str, GateResult], ...]
    margins: tuple[MarginBin, ...]
    flips: tuple[Flip, ...]


def judge(comparison: Comparison, budget: GateBudget) -> GateReport:
    """Compare INT8 with FP32 clip by clip and hold the whole against the budget."""
    children = np.array(comparison.child_ids)
    return GateReport(
        overall=compare(comparison, budget),
        folds=tuple(
            (int(fold), compare(comparison.rows(comparison.folds == fold), budget))
            for fold in np.unique(comparison.folds)
        ),
        children=tuple(
            (str(child), compare(comparison.rows(children == child), budget))
            for child in np.unique(children)
        ),
        margins=tuple(_margins(comparison)),
        flips=tuple(_flips(comparison)),
    )


def compare(comparison: Comparison, budget: GateBudget) -> GateResult:
    """Return the figures for one set of clips; a rate that is undefined there drops by 0."""
    before = decide(comparison.fp32, comparison.threshold)
    after = decide(comparison.int8, comparison.threshold)
    old = confusion(comparison.labels, comparison.fp32, comparison.threshold)
    new = confusion(comparison.labels, comparison.int8, comparison.threshold)
    change = np.abs(comparison.int8 - comparison.fp32)
    figures = GateResult(
        n_clips=len(comparison.labels),
        flips_up=int(np.sum(after & ~before)),
        flips_down=int(np.sum(before & ~after)),
        sensitivity_drop=_drop(old.sensitivity, new.sensitivity),
        specificity_drop=_drop(old.specificity, new.specificity),
        auroc_drop=_drop(
            auroc(comparison.labels, comparison.fp32), auroc(comparison.labels, comparison.int8)
        ),
        max_abs_dp=float(change.max()),
        mean_abs_dp=float(change.mean()),
        is_passed=True,
    )
    return figures.model_copy(update={"is_passed": not list(budget.excesses(figures))})


def _drop(before: float | None, after: float | None) -> float:
    return 0.0 if before is None or after is None else before - after


def _is_flipped(comparison: Comparison) -> NDArray[np.bool_]:
    before = decide(comparison.fp32, comparison.threshold)
    return np.not_equal(before, decide(comparison.int8, comparison.threshold))


def _flips(comparison: Comparison) -> Iterator[Flip]:
    for i in np.flatnonzero(_is_flipped(comparison)):
        yield Flip(
            comparison.segment_names[i],
            comparison.child_ids[i],
            int(comparison.labels[i]),
            float(comparison.fp32[i]),
            float(comparison.int8[i]),
        )


def _margins(comparison: Comparison) -> Iterator[MarginBin]:
    margin = np.abs(comparison.fp32 - comparison.threshold)
    is_flipped = _is_flipped(comparison)
    low = -1.0
    for high in (*MARGINS, np.inf):
        inside = (margin > low) & (margin <= high)
        yield MarginBin(float(high), int(inside.sum()), int((inside & is_flipped).sum()))
        low = high
