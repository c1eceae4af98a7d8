"""What a process with pictures in its memory may not do."""

from __future__ import annotations

import os
import subprocess
import sys

from edgekit.serve.watch.confine import resident_mb


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=30
    )


def test_no_core_dump_and_no_debugger() -> None:
    """Row 30, the part of it that is the process's own: its memory reaches nobody."""
    done = run(
        "import ctypes, resource\n"
        "from edgekit.serve.watch import confine\n"
        "confine.die_first_for_want_of_memory()\n"
        "confine.keep_memory_private()\n"
        "get_dumpable = 3\n"
        "print(ctypes.CDLL(None).prctl(get_dumpable), resource.getrlimit(resource.RLIMIT_CORE))\n"
        "print(open('/proc/self/oom_score_adj').read().strip(), confine.resident_mb() > 1)\n"
    )
    assert done.stdout.split("\n")[:2] == ["0 (0, 0)", "500 True"], done.stderr


def test_a_child_of_a_dead_parent_ends() -> None:
    """It died before the kernel was asked to watch it: the process now has another parent."""
    done = run("from edgekit.serve.watch import confine\nconfine.die_with(1 << 30)\nprint('alive')")
    assert (done.returncode, done.stdout) == (1, "")


def test_resident_memory_of_processes() -> None:
    assert 5 < (resident_mb() or 0.0) == (resident_mb(os.getpid()) or 0.0)
    assert resident_mb(1 << 30) is None
