"""Check of the clock: a Raspberry Pi has no battery for it, and events would bear wrong dates."""

from __future__ import annotations

import ctypes
from datetime import datetime

from edgekit.doctor.finding import Finding

FIRST_YEAR = 2025
SET_IT = "sudo timedatectl set-ntp true, with a network; events would bear wrong dates"
_TIMEX_BYTES = 512
"""More than the kernel's struct timex has on any processor; all zero, it only asks."""
_UNSYNCHRONISED = 5
"""TIME_ERROR of adjtimex(2): nobody has set the clock by another one."""


def check_clock(now: datetime, *, is_synchronised: bool | None) -> Finding:
    """Check that the clock was set, and is held to another one; None is unknown."""
    text = f"{now:%Y-%m-%d %H:%M}"
    if now.year < FIRST_YEAR:
        return Finding("clock", "warning", f"{text}: never set", SET_IT)
    if is_synchronised is False:
        return Finding("clock", "warning", f"{text}, not held to any time server", SET_IT)
    return Finding("clock", "ok", text)


def is_clock_synchronised() -> bool | None:
    """Ask the kernel, as `timedatectl` does; None where it does not tell."""
    try:
        state = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
    except (OSError, AttributeError):
        return None
    return None if state < 0 else state != _UNSYNCHRONISED
