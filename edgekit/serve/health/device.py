"""The device's own state: clock set, throttled, temperature, memory. Polled every few seconds.

It reads a dozen small files and never waits. What a device does not tell is unknown, no error.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from edgekit.serve.conditions import Condition
from edgekit.serve.health.thermal import Thermal, read_text

CLOCK_JUMP_S = 2.0
"""Between two polls. A leap second is one; a clock that is slewed drifts 0.5 ms in a second."""
CLOCK_SHOWN_S = 600.0
"""Times around the jump are doubtful; after ten minutes the log alone has to say so."""
THROTTLED_HOLD_S = 60.0
"""A power supply that is too weak sags for moments, again and again: one alarm."""


SLEEP_S = 0.5
"""Reading two clocks one after the other is not sleep."""


def seconds_asleep() -> float:
    """Return for how long this machine has been suspended since it was booted."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) - time.monotonic()


@dataclass(frozen=True)
class DeviceFacts:
    """What the last poll read; None is unknown."""

    temperature_c: float | None = None
    """Of the hottest part that tells."""
    rss_mb: float | None = None
    """Resident memory of this process."""
    is_throttled: bool | None = None
    slept_s: float = 0.0
    """Seconds for which it was suspended since the first poll: monotonic time stood still."""


class DeviceWatch:
    """The device over time."""

    def __init__(
        self, root: Path = Path("/"), asleep_s: Callable[[], float] = seconds_asleep
    ) -> None:
        """Look for what this device tells.

        Args:
            root: Folder that holds `sys` and `proc`.
            asleep_s: How long the device has been suspended since it was booted.
        """
        self._root = root
        self._asleep_s = asleep_s
        self._first_asleep_s: float | None = None
        self._woke_mono_s: float | None = None
        self._thermal = Thermal(root)
        self._offset_s: float | None = None
        self._jumped_mono_s: float | None = None
        self._throttled_mono_s: float | None = None
        self.facts = DeviceFacts()

    def poll(self, mono_s: float, wall_s: float) -> None:
        """Read the device's state; both clocks were read by the caller at the same moment."""
        offset_s = wall_s - mono_s
        if self._offset_s is not None and abs(offset_s - self._offset_s) > CLOCK_JUMP_S:
            self._jumped_mono_s = mono_s
        self._offset_s = offset_s
        slept_s = self._slept(mono_s)
        is_throttled = self._thermal.is_throttled()
        if is_throttled:
            self._throttled_mono_s = mono_s
        temperature_c = self._thermal.temperature_c()
        self.facts = DeviceFacts(temperature_c, self._rss_mb(), is_throttled, slept_s)

    def conditions(self, now_mono: float) -> frozenset[Condition]:
        """Return what is wrong with the device."""
        found = set()
        if _is_recent(self._jumped_mono_s, now_mono, CLOCK_SHOWN_S):
            found.add(Condition.CLOCK_JUMPED)
        if _is_recent(self._woke_mono_s, now_mono, CLOCK_SHOWN_S):
            found.add(Condition.DEVICE_SLEPT)
        if _is_recent(self._throttled_mono_s, now_mono, THROTTLED_HOLD_S):
            found.add(Condition.THROTTLED)
        return frozenset(found)

    def _slept(self, mono_s: float) -> float:
        asleep_s = self._asleep_s()
        if self._first_asleep_s is None:
            self._first_asleep_s = asleep_s
        slept_s = asleep_s - self._first_asleep_s
        if slept_s > self.facts.slept_s + SLEEP_S:
            self._woke_mono_s = mono_s
            return slept_s
        return self.facts.slept_s

    def _rss_mb(self) -> float | None:
        for line in (read_text(self._root / "proc/self/status") or "").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        return None


def _is_recent(moment_s: float | None, now_s: float, within_s: float) -> bool:
    return moment_s is not None and now_s - moment_s < within_s
