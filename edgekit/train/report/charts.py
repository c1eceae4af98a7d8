"""The report's charts of curves: threshold, ROC, precision and recall, calibration."""

from __future__ import annotations

import numpy as np

from edgekit.curves import Floats, OperatingPoints
from edgekit.metrics import Calibration, Metrics, ThresholdReport
from edgekit.train.report import plot
from edgekit.train.report.bands import GRID, Curve, Curves
from edgekit.train.report.figures import counted, figure, in_brackets, with_interval
from edgekit.train.report.markup import Markup, join
from edgekit.train.report.plot import Panel

LABEL_ROW = 18.0
"""Headroom for the threshold's label."""


def threshold_curve(curves: Curves, threshold: ThresholdReport) -> Markup:
    """Draw sensitivity, specificity and F1 against the threshold."""
    panel = Panel("threshold", "share", headroom=LABEL_ROW)
    shown = {
        "sensitivity": (curves.sensitivity, "spasm"),
        "specificity": (curves.specificity, "other"),
        "F1": (curves.f1, "neutral"),
    }
    marks = [_banded(panel, curve, class_) for curve, class_ in shown.values()]
    places = _label_places([curve.values for curve, _ in shown.values()])
    names = [
        _line_name(panel, name, curve.values, place, class_)
        for (name, (curve, class_)), place in zip(shown.items(), places, strict=True)
    ]
    return plot.chart(
        panel,
        threshold_zone(panel, threshold),
        *marks,
        threshold_mark(panel, threshold),
        fold_ticks(panel, threshold),
        *names,
        slug="threshold-curve",
        title="Sensitivity, specificity and F1 against the threshold",
        description=f"The threshold is {figure(threshold.value)}"
        f"{in_brackets(threshold.low, threshold.high)}. The data follow the chart as a table.",
    )


def roc_curve(points: OperatingPoints, curve: Curve, metrics: Metrics) -> Markup:
    """Draw sensitivity against the share of false alarms."""
    panel = Panel("share of other clips with a false alarm", "sensitivity")
    x = _flip(metrics.specificity.value)
    y = metrics.sensitivity.value
    return plot.chart(
        panel,
        plot.segment(panel, (0, 0), (1, 1), "reference"),
        _band(panel, curve, "accent"),
        plot.line(panel, 1 - points.specificity[0], points.sensitivity[0], "accent"),
        _operating_point(panel, x, y, floor=0.15),
        plot.words(
            panel,
            (1, 0),
            f"AUROC {with_interval(metrics.auroc)}",
            "accent halo",
            anchor="end",
            shift=(-6, -10),
        ),
        slug="roc",
        title="Receiver operating characteristic",
        description=f"AUROC {with_interval(metrics.auroc)}. The data follow as a table.",
    )


def pr_curve(points: OperatingPoints, curve: Curve, metrics: Metrics) -> Markup:
    """Draw precision against sensitivity, by steps as average precision counts them."""
    panel = Panel("sensitivity (recall)", "precision")
    prevalence = metrics.n_positives / metrics.n_clips
    recall, precision = points.sensitivity[0], points.precision[0]
    steps_x = np.repeat(recall, 2)[1:-1]
    steps_y = np.repeat(precision, 2)[2:]
    chance_below = prevalence > 0.07
    return plot.chart(
        panel,
        plot.segment(panel, (0, prevalence), (1, prevalence), "reference"),
        _band(panel, curve, "accent"),
        plot.line(panel, steps_x, steps_y, "accent"),
        plot.words(
            panel,
            (0, prevalence),
            f"by chance {figure(prevalence)}",
            "muted halo",
            shift=(6, 15 if chance_below else -6),
        ),
        _operating_point(panel, metrics.sensitivity.value, metrics.precision.value, floor=0.3),
        _auprc_label(panel, curve, metrics, prevalence=prevalence, chance_below=chance_below),
        slug="pr",
        title="Precision and recall",
        description=f"AUPRC {with_interval(metrics.auprc)}; by chance {figure(prevalence)}. "
        "The data follow as a table.",
    )


def _auprc_label(
    panel: Panel, curve: Curve, metrics: Metrics, *, prevalence: float, chance_below: bool
) -> Markup:
    """Write the area where the curve is not: above it on the right, or below it on the left."""
    text = f"AUPRC {with_interval(metrics.auprc)}"
    if np.nan_to_num(curve.values[GRID > 0.4]).max() < 0.8:
        return plot.words(panel, (1, 1), text, "accent halo", anchor="end", shift=(-6, 18))
    if chance_below and prevalence > 0.25:
        return plot.words(panel, (0, 0), text, "accent halo", shift=(6, -10))
    return plot.words(
        panel, (0, prevalence), text, "accent halo", shift=(6, -8 if chance_below else -26)
    )


def calibration_chart(calibration: Calibration) -> Markup:
    """Draw the observed share of spasm clips against the probability that was given."""
    panel = Panel("mean probability of the bin", "observed share of spasm clips")
    n_clips = sum(each.n_clips for each in calibration.bins)
    most = max(each.n_clips for each in calibration.bins)
    marks = []
    for each in calibration.bins:
        x, observed = each.mean_probability, each.observed
        share = 0.16 * each.n_clips / most
        marks.append(plot.box(panel, (each.low + 0.01, each.high - 0.01), (0, share), "count"))
        if observed.value is None:
            continue
        if observed.low is not None and observed.high is not None:
            marks.append(plot.segment(panel, (x, observed.low), (x, observed.high), "accent thin"))
        marks.append(plot.dot(panel, x, observed.value, "accent"))
    return plot.chart(
        panel,
        plot.segment(panel, (0, 0), (1, 1), "reference"),
        *marks,
        plot.words(
            panel,
            (0, 1),
            f"expected error {figure(calibration.expected_error)}",
            "accent",
            shift=(6, 14),
        ),
        plot.words(
            panel, (0, 1), f"Brier score {figure(calibration.brier)}", "accent", shift=(6, 32)
        ),
        slug="calibration",
        title="Calibration",
        description=f"{counted(n_clips, 'clip')} in {counted(len(calibration.bins), 'bin')}; "
        f"expected error {figure(calibration.expected_error)}. The data follow as a table.",
    )


def threshold_zone(panel: Panel, threshold: ThresholdReport) -> Markup:
    """Shade the threshold's interval; goes below the data."""
    if threshold.low is None or threshold.high is None:
        return Markup("")
    extent = (panel.y_low, panel.y_high)
    return plot.box(panel, (threshold.low, threshold.high), extent, "zone")


def threshold_mark(panel: Panel, threshold: ThresholdReport) -> Markup:
    """Draw and label the threshold; goes above the data."""
    value = threshold.value
    text = f"threshold {figure(value)}{in_brackets(threshold.low, threshold.high)}"
    return join(
        plot.segment(panel, (value, panel.y_low), (value, panel.y_high), "threshold"),
        plot.caption(panel, value, text, "strong"),
    )


def fold_ticks(panel: Panel, threshold: ThresholdReport) -> Markup:
    """Mark on the axis what each fold alone would choose."""
    height = 0.05 * (panel.y_high - panel.y_low)
    return join(
        *(
            plot.segment(
                panel, (fold.value, panel.y_low), (fold.value, panel.y_low + height), "fold"
            )
            for fold in threshold.per_fold
            if fold.value is not None
        )
    )


def _banded(panel: Panel, curve: Curve, class_: str) -> Markup:
    return join(_band(panel, curve, class_), plot.line(panel, GRID, curve.values, class_))


def _band(panel: Panel, curve: Curve, class_: str) -> Markup:
    return plot.area(panel, GRID, curve.low, curve.high, class_)


def _operating_point(panel: Panel, x: float | None, y: float | None, *, floor: float) -> Markup:
    """Mark where the threshold lies; its label goes below, but above at less than `floor`."""
    if x is None or y is None:
        return Markup("")
    anchor, sign = plot.side_of(x)
    return join(
        plot.dot(panel, x, y, "operating"),
        plot.words(
            panel,
            (x, y),
            "at the threshold",
            "strong halo",
            anchor=anchor,
            shift=(sign * 10, 18 if y > floor else -10),
        ),
    )


def _label_places(lines: list[Floats]) -> list[int]:
    """Choose where on the grid to name each line: far from the other lines and their names."""
    places: list[int] = []
    for number, line in enumerate(lines):
        others = np.delete(lines, number, axis=0)
        room = np.nan_to_num(np.abs(others - line).min(axis=0))
        room[(GRID < 0.06) | (GRID > 0.94)] = 0
        for place, other in zip(places, lines, strict=False):
            is_near = np.abs(GRID - GRID[place]) < 0.3
            room[is_near & (np.abs(line - other[place]) < 0.25)] = 0
        # Of a perfect score all lines are one: then each name has a place of its own.
        is_clear = room.max() > 0.02
        places.append(int(np.argmax(room)) if is_clear else (10, 90, 60)[number])
    return places


def _line_name(panel: Panel, name: str, values: Floats, place: int, class_: str) -> Markup:
    """Write a line's name at a grid point, beside the stretch that the word runs along."""
    if np.isnan(values).any():
        return Markup("")
    x = float(GRID[place])
    anchor, sign = plot.side_of(x)
    reach = 0.01 * len(name)  # about 2 % of the axis a letter
    beside = values[np.abs(GRID - x - sign * reach) <= reach]
    is_below = beside.min() > 0.2
    at = (x, float(beside.min() if is_below else beside.max()))
    shift = (0.0, 17.0 if is_below else -7.0)
    return plot.words(panel, at, name, f"{class_} halo", anchor=anchor, shift=shift)


def _flip(value: float | None) -> float | None:
    return None if value is None else 1 - value
