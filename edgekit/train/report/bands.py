"""The curves behind the report's charts, each with its 95 % child-bootstrap band.

Letters: B replicates, U distinct probabilities, G grid points.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgekit.bootstrap import LIMITS, replicate
from edgekit.curves import Floats, OperatingPoints, operating_points
from edgekit.metrics import Metrics
from edgekit.runs import OofPredictions

GRID: Floats = np.linspace(0, 1, 101)
"""False positive rates, recalls and thresholds at which curves are compared, (G,)."""

N_CURVES = 5


@dataclass(frozen=True)
class Curve:
    """One curve over `GRID`; NaN where it is undefined."""

    values: Floats
    """(G,)."""
    low: Floats
    """Lower edge of the band, (G,); NaN without replicates."""
    high: Floats
    """Upper edge of the band, (G,)."""


@dataclass(frozen=True)
class Curves:
    """All that the charts draw."""

    roc: Curve
    """Sensitivity over 1 - specificity."""
    pr: Curve
    """Precision over sensitivity."""
    sensitivity: Curve
    """Over the threshold, as are the next two."""
    specificity: Curve
    f1: Curve


def compute_curves(oof: OofPredictions, metrics: Metrics) -> Curves:
    """Evaluate every curve on the cohort and on the replicates behind `metrics`."""
    values = _on_grid(operating_points(oof.labels, oof.probabilities))[0]
    replicates = replicate(oof, _on_grid, n_bootstrap=metrics.n_bootstrap, seed=metrics.seed)
    if len(replicates):
        low, high = np.quantile(replicates, LIMITS, axis=0)
    else:
        low = high = np.full(len(values), np.nan)
    parts = (np.split(each, N_CURVES) for each in (values, low, high))
    return Curves(*(Curve(*part) for part in zip(*parts, strict=True)))


def _on_grid(points: OperatingPoints) -> Floats:
    """Return the five curves side by side, (B, 5 G)."""
    cuts = points.cuts_at(GRID)
    roc = [_roc(*row) for row in zip(1 - points.specificity, points.sensitivity, strict=True)]
    pr = [_pr(*row) for row in zip(points.sensitivity, points.precision, strict=True)]
    return np.concatenate(
        [
            np.reshape(roc, (-1, len(GRID))),
            np.reshape(pr, (-1, len(GRID))),
            points.sensitivity[:, cuts],
            points.specificity[:, cuts],
            points.f1[:, cuts],
        ],
        axis=1,
    )


def _roc(false_alarms: Floats, sensitivity: Floats) -> Floats:
    """Interpolate one replicate's ROC, (G,); of points above one another the highest counts."""
    return np.interp(GRID, false_alarms, sensitivity)


def _pr(sensitivity: Floats, precision: Floats) -> Floats:
    """Return the precision at the highest threshold that reaches each sensitivity, (G,)."""
    # Grid points such as 0.29 are no exact fractions; and at a sensitivity of 0 nothing is called.
    wanted = np.maximum(GRID - 1e-9, 1e-9)
    return precision[np.minimum(np.searchsorted(sensitivity, wanted), len(precision) - 1)]
