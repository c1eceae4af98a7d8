"""What each part of the work takes, and what it is a part of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from edgekit.records import Frozen
from edgekit_bench.quantiles import Quantiles, spread, summarize

PARENTS = {
    "capture": "frame",
    "pose": "frame",
    "grid": "frame",
    "decision": "frame",
    "features": "decision",
    "model": "decision",
    "alarm": "decision",
    "step": "alarm",
    "commit": "alarm",
}
"""Where each part's time belongs; what its parts do not explain is its own."""


class Part(Frozen):
    """One part of the work."""

    name: str
    parent: str
    """Empty for the frame, of which all others are parts."""
    total_ms: float
    quantiles: Quantiles
    spread_ms: tuple[float, ...]
    """Quantiles at 0, 2.5, 5 ... 100 %, for drawing."""


class Laps:
    """Milliseconds of every part, in order."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._laps: dict[str, list[float]] = defaultdict(list)

    def add(self, name: str, ms: float) -> None:
        """Note one duration."""
        self._laps[name].append(ms)

    def clear(self) -> None:
        """Forget all durations so far."""
        self._laps.clear()

    def since(self, name: str, start_s: float) -> float:
        """Note the time from `start_s` to now, and return now."""
        now = self._clock()
        self.add(name, (now - start_s) * 1e3)
        return now

    def last(self, name: str) -> float:
        """Return the part's newest duration in ms."""
        return self._laps[name][-1]

    def parts(self) -> tuple[Part, ...]:
        """Return every part that took place."""
        return tuple(
            Part(
                name=name,
                parent=PARENTS.get(name, ""),
                total_ms=sum(self._laps[name]),
                quantiles=summarize(self._laps[name]),
                spread_ms=spread(self._laps[name]),
            )
            for name in ("frame", *PARENTS)
            if self._laps[name]
        )
