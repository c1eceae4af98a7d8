"""The child bootstrap: how much a figure would move had other children been filmed.

Children are drawn with replacement, each with all its clips: the clips of one child resemble one
another, so drawing clips would make every interval too narrow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from edgekit.curves import Floats, OperatingPoints, operating_points
from edgekit.runs import OofPredictions

LIMITS = (0.025, 0.975)
"""The quantiles that bound every interval: 95 %."""

MAX_CELLS = 2_000_000
"""Replicates x clips held at once: bounds memory to some 200 MB, changes no result."""


def replicate(
    oof: OofPredictions,
    measure: Callable[[OperatingPoints], Floats],
    *,
    n_bootstrap: int,
    seed: int,
) -> Floats:
    """Evaluate `measure` on cohorts of resampled children.

    A replicate without both classes is left out, so the result has at most `n_bootstrap` rows. It
    has none for fewer than two children: one child says nothing of how children differ.

    Args:
        oof: The predictions to resample.
        measure: Maps the operating points of B replicates to floats (B, M).
        n_bootstrap: Replicates to draw.
        seed: Of the draw; the same seed gives the same children for every measure.

    Returns:
        Float64 (rows, M).
    """
    rows = []
    for weights in _draws(oof.child_ids, n_bootstrap, seed):
        points = operating_points(oof.labels, oof.probabilities, weights)
        rows.append(measure(points.rows(points.has_both_classes)))
    return np.concatenate(rows)


def interval(values: Floats) -> tuple[float, float] | None:
    """Return the percentile interval of replicates (rows,), NaN left out.

    None where there are no replicates, and where the interval has no width: resampling a figure
    without a mistake shows none, which is not the certainty that `1 to 1` would claim.
    """
    defined = values[~np.isnan(values)]
    if not defined.size:
        return None
    low, high = np.quantile(defined, LIMITS).tolist()
    return None if low == high else (low, high)


def _draws(child_ids: Sequence[str], n_bootstrap: int, seed: int) -> Iterator[Floats]:
    """Yield blocks of clip weights (B, N): how often each clip's child was drawn."""
    children, child_of_clip = np.unique(np.asarray(child_ids), return_inverse=True)
    n_children = len(children)
    n_drawn = n_bootstrap if n_children > 1 else 0
    shares = np.full(n_children, 1 / n_children)
    counts = np.random.default_rng(seed).multinomial(n_children, shares, size=n_drawn)
    block = max(1, MAX_CELLS // len(child_ids))
    for start in range(0, max(n_drawn, 1), block):
        yield counts[start : start + block, child_of_clip].astype(np.float64)
