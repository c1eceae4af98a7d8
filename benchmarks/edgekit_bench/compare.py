"""Two records side by side, if they may be compared at all."""

from __future__ import annotations

from dataclasses import dataclass

from edgekit_bench.machine import unlike
from edgekit_bench.results import BenchRecord, Measured, Measurement


@dataclass(frozen=True)
class Change:
    """One measurement in both records; None where a record does not have it."""

    name: str
    before: Measurement | None
    after: Measurement | None

    @property
    def speedup(self) -> float | None:
        """How many times faster the second median is."""
        if self.before is None or self.after is None or self.after.quantiles.p50_ms == 0:
            return None
        return self.before.quantiles.p50_ms / self.after.quantiles.p50_ms

    @property
    def tail_speedup(self) -> float | None:
        """The same of the 95th percentile."""
        if self.before is None or self.after is None:
            return None
        before, after = self.before.quantiles.p95_ms, self.after.quantiles.p95_ms
        return before / after if before is not None and after else None


def compare(before: BenchRecord, after: BenchRecord) -> tuple[Change, ...]:
    """Return every measurement of either record, in the first one's order."""
    names = dict.fromkeys(one.name for one in (*before.measurements, *after.measurements))
    return tuple(Change(name, before.named(name), after.named(name)) for name in names)


def differences(before: BenchRecord, after: BenchRecord) -> tuple[str, ...]:
    """Return why two records cannot be compared: another host, network or thread count.

    The bundles' weights and the packages' versions may differ; that is what one compares.
    """
    return (
        *(f"emulated: {one.emulation}" for one in (before, after) if one.is_emulated),
        *unlike(before.machine, after.machine),
        *_unlike_networks(before.measured, after.measured),
    )


def _unlike_networks(a: Measured, b: Measured) -> tuple[str, ...]:
    pairs = {
        "threads": (a.n_threads, b.n_threads),
        "frames": (a.n_frames, b.n_frames),
        "folds": (a.n_folds, b.n_folds),
        "width": (a.c_base, b.c_base),
        "MIL": (a.mil, b.mil),
    }
    return tuple(f"{name}: {x} / {y}" for name, (x, y) in pairs.items() if x != y)
