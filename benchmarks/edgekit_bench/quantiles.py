"""What a list of durations says, without hiding its tail behind a mean."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from edgekit.records import Frozen

N_SPREAD = 41
MIN_N_P95, MIN_N_P99 = 20, 100
"""With fewer samples the quantile would be the worst one under another name."""


class Quantiles(Frozen):
    """Nearest-rank quantiles: each is a duration that was really measured."""

    n: int = Field(ge=1)
    p50_ms: float = Field(ge=0)
    p95_ms: float | None = Field(None, ge=0)
    """None with fewer than 20 samples."""
    p99_ms: float | None = Field(None, ge=0)
    """None with fewer than 100 samples."""
    worst_ms: float = Field(ge=0)


class Ratio(Frozen):
    """How many times faster than a reference, from turns that were measured side by side."""

    reference: str
    """The name of the reference's measurement."""
    median: float
    """Median over turns of (the reference's time / this one's time); above 1 is faster."""
    low: float
    high: float
    """95 % interval of that median."""

    @property
    def is_clear(self) -> bool:
        """Tell whether the interval excludes both equality and a difference under 3 %."""
        return self.low > 1.03 or self.high < 1 / 1.03


def summarize(samples_ms: Sequence[float]) -> Quantiles:
    """Return the quantiles of at least one duration in milliseconds."""
    values = np.sort(np.asarray(samples_ms, dtype=np.float64))
    n = len(values)
    return Quantiles(
        n=n,
        p50_ms=_rank(values, 0.50),
        p95_ms=_rank(values, 0.95) if n >= MIN_N_P95 else None,
        p99_ms=_rank(values, 0.99) if n >= MIN_N_P99 else None,
        worst_ms=float(values[-1]),
    )


def spread(samples_ms: Sequence[float]) -> tuple[float, ...]:
    """Return the quantiles at 0, 2.5, 5 ... 100 % of at least one duration, for drawing."""
    points = np.quantile(samples_ms, np.linspace(0, 1, N_SPREAD))
    return tuple(round(float(one), 4) for one in points)


def paired_ratio(reference: str, reference_ms: Sequence[float], ms: Sequence[float]) -> Ratio:
    """Compare two subjects turn by turn, so that a machine that drifts slows both alike.

    The interval is the distribution-free one of order statistics. It takes turns as independent,
    so on a busy machine, where slowness comes in spells, it is somewhat too narrow.
    """
    values = np.sort(np.asarray(reference_ms, dtype=np.float64) / np.asarray(ms))
    n = len(values)
    reach = math.ceil(1.96 * math.sqrt(n) / 2)
    low, high = max(0, n // 2 - reach), min(n - 1, n // 2 + reach)
    return Ratio(
        reference=reference,
        median=float(np.median(values)),
        low=float(values[low]),
        high=float(values[high]),
    )


def _rank(ordered: NDArray[np.float64], share: float) -> float:
    return float(ordered[math.ceil(share * len(ordered)) - 1])
