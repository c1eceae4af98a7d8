"""Linux rules that a process with pictures in its memory puts on itself.

It dies with the daemon, and nothing of its memory reaches a disk or another process: no core
dump, no debugger. Source: prctl(2), core(5).
"""

from __future__ import annotations

import ctypes
import logging
import os
import resource
import signal
from pathlib import Path

log = logging.getLogger("edgekit.watch")

_SET_PDEATHSIG, _SET_DUMPABLE = 1, 4
_PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 1e6


def keep_memory_private() -> None:
    """Forbid core dumps and reading this process's memory.

    Raises:
        OSError: The kernel refuses.
    """
    _prctl(_SET_DUMPABLE, 0)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def die_with(parent_pid: int) -> None:
    """Have the kernel kill this process when the thread that started it ends.

    Raises:
        OSError: The kernel refuses.
        SystemExit: The parent has died already.
    """
    _prctl(_SET_PDEATHSIG, signal.SIGKILL)
    # It may have died before the line above.
    if os.getppid() != parent_pid:
        raise SystemExit(1)


def die_first_for_want_of_memory() -> None:
    """Have the kernel, when memory runs out, choose this process and not the daemon.

    To be called before `keep_memory_private`, which takes the right to do so.
    """
    try:
        Path("/proc/self/oom_score_adj").write_text("500", encoding="ascii")
    except OSError as error:
        log.warning("oom_score_adj: %s", error.strerror)


def resident_mb(pid: int | str = "self") -> float | None:
    """Return the resident memory of a process in MB; None when it is gone or hidden."""
    try:
        with open(f"/proc/{pid}/statm", encoding="ascii") as file:  # noqa: PTH123 -- each second
            return int(file.read().split()[1]) * _PAGE_MB
    except (OSError, IndexError):
        return None


def _prctl(option: int, value: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, value, 0, 0, 0):
        code = ctypes.get_errno()
        raise OSError(code, f"prctl({option}): {os.strerror(code)}")
