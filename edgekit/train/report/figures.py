"""Numbers as people read them: three digits, no false certainty at the ends."""

from __future__ import annotations

from edgekit.metrics import Estimate

MISSING = "\N{EN DASH}"


def figure(value: float | None) -> str:
    """Return a share such as 0.913; near its ends 0.9996 reads `>0.999`, never 1.000."""
    if value is None:
        return MISSING
    if 0.9995 <= value < 1:
        return ">0.999"
    if 0 < value < 0.0005:
        return "<0.001"
    return f"{value:.3f}"


def span(low: float | None, high: float | None) -> str:
    """Return an interval such as `0.871 to 0.946`, or that there is none."""
    if low is None or high is None:
        return "no interval"
    return f"{figure(low)} to {figure(high)}"


def with_interval(estimate: Estimate) -> str:
    """Return a figure followed by its interval in brackets, where it has one."""
    if estimate.value is None:
        return "not defined"
    return figure(estimate.value) + in_brackets(estimate.low, estimate.high)


def in_brackets(low: float | None, high: float | None) -> str:
    """Return ` (0.871 to 0.946)`, or nothing where there is no interval."""
    return "" if low is None or high is None else f" ({span(low, high)})"


def counted(number: int, noun: str) -> str:
    """Return `1 clip`, `1 234 clips`, `2 children`."""
    plural = {"child": "children"}.get(noun, f"{noun}s")
    return f"{number:,} {noun if number == 1 else plural}".replace(",", "\u202f")
