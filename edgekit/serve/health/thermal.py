"""What the kernel tells of heat and power: the files are looked up once, read at every poll.

Evidence only: that a limit was set is a condition, that one is near is none. The counters of
`thermal_throttle` on x86 are none either: they count milliseconds that nothing here notices.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

FIRMWARE = "sys/devices/platform/soc/soc:firmware/get_throttled"
"""Raspberry Pi; `vcgencmd` shows the same, but is a process, and may hang with the firmware."""
NOW_BITS = 0xF
"""Under-voltage, frequency capped, throttled, soft temperature limit. The same bits 16 higher say
that it happened since some time before, and never go away on some kernels."""
CPU_COOLERS = ("processor", "cpufreq", "thermal-cpufreq", "cpu-")
"""Cooling devices that slow the processor; a fan is one too, and no trouble."""
PLAUSIBLE_C = (-20.0, 150.0)
"""Zones without a sensor tell nonsense, such as -274 degrees."""


class Thermal:
    """The thermal zones, processor coolers and firmware flags of one device."""

    def __init__(self, root: Path) -> None:
        folder = root / "sys/class/thermal"
        self._zones = sorted(folder.glob("thermal_zone*/temp"))
        self._coolers = [
            path.parent / "cur_state"
            for path in sorted(folder.glob("cooling_device*/type"))
            if (read_text(path) or "").lower().startswith(CPU_COOLERS)
        ]
        self._firmware = root / FIRMWARE

    def temperature_c(self) -> float | None:
        """Return that of the hottest zone; None where no zone tells a plausible one."""
        read = [_number(path) for path in self._zones]
        celsius = [value / 1000 for value in read if value is not None]
        return max((c for c in celsius if PLAUSIBLE_C[0] <= c <= PLAUSIBLE_C[1]), default=None)

    def is_throttled(self) -> bool | None:
        """Tell whether the processor is slowed down right now; None where nothing tells."""
        flags = _number(self._firmware, base=16)
        states = [_number(path) for path in self._coolers]
        known = [flags & NOW_BITS] if flags is not None else []
        known += [state for state in states if state is not None]
        return any(value > 0 for value in known) if known else None


def read_text(path: Path) -> str | None:
    """Return a small file's text; None where it is not, or its driver does not answer."""
    with contextlib.suppress(OSError, UnicodeDecodeError):
        return path.read_text(encoding="ascii").strip()
    return None


def _number(path: Path, base: int = 10) -> int | None:
    text = read_text(path)
    with contextlib.suppress(ValueError):
        return None if text is None else int(text, base)
    return None
