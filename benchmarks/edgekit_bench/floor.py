"""The time below which arithmetic alone lets no device go: MACs over peak, bytes over bandwidth.

It is no estimate of a latency. Real inference takes longer, often many times longer, and only the
device itself can tell by how much.
"""

from __future__ import annotations

from edgekit.manifest import Precision
from edgekit.records import Frozen
from edgekit_bench.target import Target


class Floor(Frozen):
    """One model on one target."""

    model: str
    precision: Precision
    n_macs: int
    n_bytes: int
    """Weights and features, each read once."""
    unit: str
    """The fastest one that the target has."""
    compute_ms: float
    """MACs over that unit's peak."""
    memory_ms: float
    """Bytes over the memory's bandwidth."""
    is_estimate: bool
    """The peak or the bandwidth is an estimate."""

    @property
    def ms(self) -> float:
        """The larger of both: they may overlap."""
        return max(self.compute_ms, self.memory_ms)


def floor(target: Target, model: str, precision: Precision, *, n_macs: int, n_bytes: int) -> Floor:
    """Return the floor of one inference.

    All MACs of an INT8 file count at the INT8 peak: which of them a device does in float is its
    runtime's choice, and a floor must not be above what it could reach.
    """
    is_int8 = precision == "int8"
    rates = {one: one.int8_gmac_s if is_int8 else one.fp32_gmac_s for one in target.peak}
    best = max(rates, key=lambda one: rates[one])
    return Floor(
        model=model,
        precision=precision,
        n_macs=n_macs,
        n_bytes=n_bytes,
        unit=best.unit,
        compute_ms=n_macs / (rates[best] * 1e6),
        memory_ms=n_bytes / (target.memory.bandwidth_gb_s * 1e6),
        is_estimate=best.is_estimate or target.memory.is_estimate,
    )
