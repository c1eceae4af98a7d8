"""The report's charts of curves: threshold, ROC, precision and recall, calibration."""

from __future__ import annotations

import numpy as np

from edgekit.curves import Floats, OperatingPoints
from edgekit.metrics import Calibration, Metrics, ThresholdReport
from edgekit.train.report import plot
from edgekit.train.report.bands import GRID, Curve, Curves
from edgekit.train.report.figures import counted, figure, span, with_interval
from edgekit.train.report.markup import Markup, join
from edgekit.train.report.plot import Panel


def threshold_curve(curves: Curves, threshold: ThresholdReport) -> Markup:
    """Draw sensitivity, specificity and F1 against the threshold."""
    panel = Panel("threshold", "share")
    shown = {
        "sensitivity": (curves.sensitivity, "spasm"),
        "specificity": (curves.specificity, "other"),
        "F1": (curves.f1, "neutral"),
    }
    marks = [_banded(panel, curve, class_) for curve, class_ in shown.values()]
    values = {name: curve.values for name, (curve, _) in shown.items()}
    names = []
    for name, (_, class_) in shown.items():
        others = np.array([line for key, line in values.items() if key != name])
        names.append(_line_name(panel, name, values[name], others, class_))
    return plot.chart(
        panel,
        threshold_zone(panel, threshold),
        *marks,
        threshold_mark(panel, threshold),
        fold_ticks(panel, threshold),
        *names,
        slug="threshold-curve",
        title="Sensitivity, specificity and F1 against the threshold",
        description=f"The threshold is {figure(threshold.value)}, with a 95 % interval of "
        f"{span(threshold.low, threshold.high)}. The data follow the chart as a table.",
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
        _operating_point(panel, x, y, below=True),
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
    is_low = prevalence < 0.25
    return plot.chart(
        panel,
        plot.segment(panel, (0, prevalence), (1, prevalence), "reference"),
        plot.words(
            panel,
            (0, prevalence),
            f"by chance {figure(prevalence)}",
            "muted halo",
            shift=(6, -6),
        ),
        _band(panel, curve, "accent"),
        plot.line(panel, steps_x, steps_y, "accent"),
        _operating_point(panel, metrics.sensitivity.value, metrics.precision.value, below=True),
        plot.words(
            panel,
            (0, prevalence if is_low else 0),
            f"AUPRC {with_interval(metrics.auprc)}",
            "accent halo",
            shift=(6, -26 if is_low else -10),
        ),
        slug="pr",
        title="Precision and recall",
        description=f"AUPRC {with_interval(metrics.auprc)}; by chance {figure(prevalence)}. "
        "The data follow as a table.",
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
    anchor, _ = plot.side_of(value)
    return join(
        plot.segment(panel, (value, panel.y_low), (value, panel.y_high), "threshold"),
        plot.words(
            panel,
            (value, panel.y_high),
            f"threshold {figure(value)} ({span(threshold.low, threshold.high)})",
            "strong",
            anchor=anchor,
            shift=(0, -8),
        ),
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


def _operating_point(panel: Panel, x: float | None, y: float | None, *, below: bool) -> Markup:
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
            shift=(sign * 10, 18 if below else -10),
        ),
    )


def _line_name(panel: Panel, name: str, values: Floats, others: Floats, class_: str) -> Markup:
    """Write a line's name where the other lines (2, G) are farthest from it."""
    distance = np.nan_to_num(np.abs(others - values).min(axis=0))
    distance[(GRID < 0.06) | (GRID > 0.94)] = 0
    index = int(np.argmax(distance))
    at = (float(GRID[index]), float(values[index]))
    anchor, _ = plot.side_of(at[0])
    shift = (0.0, 18.0 if at[1] > 0.9 else -8.0)
    return plot.words(panel, at, name, f"{class_} halo", anchor=anchor, shift=shift)


def _flip(value: float | None) -> float | None:
    return None if value is None else 1 - value
