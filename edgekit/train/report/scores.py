"""The report's pictures of single scores: histograms by class, and a strip for each child."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from edgekit.curves import Floats, Labels
from edgekit.metrics import Metrics
from edgekit.runs import OofPredictions
from edgekit.thresholds import decide
from edgekit.train.report import plot
from edgekit.train.report.charts import LABEL_ROW, fold_ticks, threshold_mark, threshold_zone
from edgekit.train.report.figures import counted, figure, in_brackets
from edgekit.train.report.markup import Markup, join, tag
from edgekit.train.report.plot import Panel

N_BINS = 20
TICK_SHARES = (0.02, 0.1, 0.3, 0.6, 1.0)
EDGES: Floats = np.linspace(0, 1, N_BINS + 1)
STRIP_WIDTH, STRIP_HEIGHT = 160, 22


def histogram_counts(probabilities: Floats) -> Floats:
    """Return how many probabilities fall into each of the chart's bins, (N_BINS,)."""
    return np.histogram(probabilities, EDGES)[0].astype(np.float64)


def histogram(oof: OofPredictions, metrics: Metrics) -> Markup:
    """Draw spasm clips upwards and the others downwards, wrong decisions in full colour."""
    threshold = metrics.threshold
    is_spasm = oof.labels == 1
    is_called = decide(oof.probabilities, threshold.value)
    groups = [
        (oof.probabilities[is_spasm], ~is_called[is_spasm], 1, "spasm"),
        (oof.probabilities[~is_spasm], is_called[~is_spasm], -1, "other"),
    ]
    shares = [histogram_counts(scores) / max(len(scores), 1) for scores, *_ in groups]
    panel = _mirrored(float(np.max(shares)))
    bars = [_bars(panel, *group) for group in groups]
    return plot.chart(
        panel,
        threshold_zone(panel, threshold),
        *bars,
        plot.segment(panel, (0, 0), (1, 0), "middle"),
        threshold_mark(panel, threshold),
        fold_ticks(panel, threshold),
        _captions(panel, metrics),
        slug="histogram",
        title="Scores of spasm clips and of other clips",
        description="Spasm clips above the middle line, the others below it. "
        f"The threshold is {figure(threshold.value)}"
        f"{in_brackets(threshold.low, threshold.high)}. The data follow the chart as a table.",
    )


def strip(labels: Labels, probabilities: Floats, threshold: float, name: str) -> Markup:
    """Draw one child's clips from 0 to 1: spasms in the upper half, the others in the lower."""
    middle = STRIP_HEIGHT / 2
    is_spasm = labels == 1
    above = "".join(f"M{_across(p)} 1V{middle - 1:g}" for p in np.sort(probabilities[is_spasm]))
    below = "".join(
        f"M{_across(p)} {middle + 1:g}V{STRIP_HEIGHT - 1}"
        for p in np.sort(probabilities[~is_spasm])
    )
    at = _across(threshold)
    return tag(
        "svg",
        tag("title", f"scores of child {name}, from 0 to 1"),
        tag("path", d=f"M0 {middle:g}H{STRIP_WIDTH}", class_="grid"),
        tag("path", d=above, class_="tally spasm") if above else "",
        tag("path", d=below, class_="tally other") if below else "",
        tag("path", d=f"M{at} 0V{STRIP_HEIGHT}", class_="threshold"),
        viewBox=f"0 0 {STRIP_WIDTH} {STRIP_HEIGHT}",
        width=STRIP_WIDTH,
        height=STRIP_HEIGHT,
        role="img",
        class_="strip",
    )


def _mirrored(most: float) -> Panel:
    """Return axes that reach beyond a share of `most` on both sides, with room for words.

    Heights are square roots of shares: the few mistakes show beside a bin that holds most clips.
    """
    reach = 1.5 * math.sqrt(max(most, 0.01))
    shares = [share for share in TICK_SHARES if 0.18 < math.sqrt(share) / reach <= 1]
    ticks = [(sign * math.sqrt(share), f"{share:.0%}") for share in shares for sign in (-1, 1)]
    return Panel(
        "probability, out of fold",
        "share of the class in each bin, on a square-root scale",
        y_low=-reach,
        y_high=reach,
        y_ticks=((0.0, "0%"), *ticks),
        headroom=LABEL_ROW,
    )


def _bars(
    panel: Panel, scores: Floats, is_wrong: NDArray[np.bool_], sign: int, class_: str
) -> Markup:
    """Stack the wrong decisions of each bin, next to the middle line, and the right ones."""
    if not len(scores):
        return Markup("")
    wrong = histogram_counts(scores[is_wrong]) / len(scores)
    tops = sign * np.sqrt(histogram_counts(scores) / len(scores))
    borders = sign * np.sqrt(wrong)
    marks = []
    for left, border, top in zip(EDGES[:-1], borders, tops, strict=True):
        across = (left + 0.004, left + 1 / N_BINS - 0.004)
        if border:
            marks.append(plot.box(panel, across, (0, border), f"bar wrong {class_}"))
        if top != border:
            marks.append(plot.box(panel, across, (border, top), f"bar {class_}"))
    return join(*marks)


def _captions(panel: Panel, metrics: Metrics) -> Markup:
    """Name each class in the corner where it has the fewest clips."""
    counts = metrics.confusion
    n_others = metrics.n_clips - metrics.n_positives
    spasms, others = counted(metrics.n_positives, "spasm clip"), counted(n_others, "other clip")
    above, below = (0.0, panel.y_high), (1.0, panel.y_low)
    alarms = counted(counts.fp, "false alarm")
    return join(
        plot.words(panel, above, spasms, "spasm strong halo", shift=(6, 16)),
        plot.words(panel, above, f"{counts.fn} missed", "spasm halo", shift=(6, 34)),
        plot.words(panel, below, others, "other strong halo", anchor="end", shift=(-6, -34)),
        plot.words(panel, below, alarms, "other halo", anchor="end", shift=(-6, -17)),
    )


def _across(probability: float) -> str:
    return f"{min(max(probability, 0.0), 1.0) * STRIP_WIDTH:.1f}".removesuffix(".0")
