"""The numbers behind the charts as tables, for whoever cannot or will not look at a picture."""

from __future__ import annotations

import numpy as np

from edgekit.metrics import Metrics
from edgekit.runs import OofPredictions
from edgekit.train.report.bands import GRID, Curve, Curves
from edgekit.train.report.figures import MISSING, figure, in_brackets, span
from edgekit.train.report.markup import Markup
from edgekit.train.report.scores import EDGES, histogram_counts
from edgekit.train.report.tables import Cell, number, table, text

ROW_STEP = 10
"""Grid points between two rows."""


def histogram_data(oof: OofPredictions) -> Markup:
    """List the bars of the histogram."""
    counts = [histogram_counts(oof.probabilities[oof.labels == label]) for label in (1, 0)]
    rows = [
        [text(f"{low:.2f} to {high:.2f}"), number(int(spasm)), number(int(other))]
        for low, high, spasm, other in zip(EDGES[:-1], EDGES[1:], *counts, strict=True)
    ]
    return table("Clips by probability", ("probability", "spasm clips", "other clips"), rows)


def threshold_data(curves: Curves) -> Markup:
    """List the threshold curve with its bands."""
    parts = {"sensitivity": curves.sensitivity, "specificity": curves.specificity, "F1": curves.f1}
    return _curve_data("Figures by threshold (95% interval)", "threshold", parts)


def roc_data(curves: Curves) -> Markup:
    """List the ROC with its band."""
    return _curve_data(
        "Sensitivity by share of false alarms (95% interval)",
        "false alarms",
        {"sensitivity": curves.roc},
    )


def pr_data(curves: Curves) -> Markup:
    """List precision by sensitivity with its band."""
    return _curve_data(
        "Precision by sensitivity (95% interval)", "sensitivity", {"precision": curves.pr}
    )


def calibration_data(metrics: Metrics) -> Markup:
    """List the calibration bins."""
    rows = [
        [
            text(f"{each.low:.1f} to {each.high:.1f}"),
            number(each.n_clips),
            number(each.mean_probability),
            number(each.observed.value),
            Cell(span(each.observed.low, each.observed.high)),
        ]
        for each in metrics.calibration.bins
    ]
    columns = ("probability", "clips", "mean", "observed", "95% interval")
    return table("Calibration bins", columns, rows)


def _curve_data(caption: str, first: str, parts: dict[str, Curve]) -> Markup:
    rows = [
        [number(float(GRID[index])), *(_point(curve, index) for curve in parts.values())]
        for index in range(0, len(GRID), ROW_STEP)
    ]
    return table(caption, (first, *parts), rows)


def _point(curve: Curve, index: int) -> Cell:
    if np.isnan(curve.values[index]):
        return Cell(MISSING)
    value, low, high = (float(part[index]) for part in (curve.values, curve.low, curve.high))
    band = "" if np.isnan(low) else in_brackets(low, high)
    return Cell(figure(value) + band, value)
