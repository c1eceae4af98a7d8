"""Stops one thread of another process, as a deadlock would: ptrace(2), Linux only.

It is stopped inside a system call, where Python holds no lock that the other threads need.
"""

from __future__ import annotations

import ctypes
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_SEIZE, _INTERRUPT, _DETACH = 0x4206, 0x4207, 17
_WALL = 0x40000000
_WITHIN_S = 5.0


class Frozen:
    """A stopped thread; must be used by the thread that stopped it."""

    def __init__(self, tid: int) -> None:
        self._tid = tid
        self._has_ended = False

    def reap(self) -> None:
        """Let a process that ended with its stopped thread be seen as ended."""
        if not self._has_ended:
            found, status = os.waitpid(self._tid, os.WNOHANG | _WALL)
            self._has_ended = found != 0 and (os.WIFEXITED(status) or os.WIFSIGNALED(status))

    def release(self) -> None:
        """Let the thread go on, if there still is one."""
        if not self._has_ended:
            try:
                _ptrace(_DETACH, self._tid)
            except ProcessLookupError:
                self._reap_for_good()

    def _reap_for_good(self) -> None:
        try:
            os.waitpid(self._tid, _WALL)
        except ChildProcessError:
            self._has_ended = True


@contextmanager
def frozen(pid: int, tid: int) -> Iterator[Frozen]:
    """Stop a thread of a process for as long as the block lasts."""
    deadline = time.monotonic() + _WITHIN_S
    while True:
        _ptrace(_SEIZE, tid)
        _ptrace(_INTERRUPT, tid)
        os.waitpid(tid, _WALL)
        if _is_in_system_call(pid, tid):
            break
        _ptrace(_DETACH, tid)
        assert time.monotonic() < deadline, "never caught it waiting"
        time.sleep(0.005)
    stopped = Frozen(tid)
    try:
        yield stopped
    finally:
        stopped.release()


def _is_in_system_call(pid: int, tid: int) -> bool:
    now = Path(f"/proc/{pid}/task/{tid}/syscall").read_text(encoding="ascii").split()[0]
    return now.isdigit()


def _ptrace(request: int, tid: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    libc.ptrace.restype = ctypes.c_long
    if libc.ptrace(request, tid, None, None) == -1:
        number = ctypes.get_errno()
        raise OSError(number, f"ptrace: {os.strerror(number)}")
