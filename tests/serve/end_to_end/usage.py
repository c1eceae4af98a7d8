"""What a process takes of the machine, from /proc."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

_TICK_S = 1 / os.sysconf("SC_CLK_TCK")
_PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 1e6


@dataclass(frozen=True)
class Usage:
    """Of one process, at a moment."""

    mono_s: float
    cpu_s: float
    """Of all its threads."""
    rss_mb: float

    def cores(self, before: Usage) -> float:
        """Return how many cores were used since."""
        return (self.cpu_s - before.cpu_s) / (self.mono_s - before.mono_s)


def usage(pid: int) -> Usage:
    """Return what a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return Usage(time.monotonic(), (int(fields[11]) + int(fields[12])) * _TICK_S, pages * _PAGE_MB)
