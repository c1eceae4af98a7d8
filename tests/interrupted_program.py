"""Do a thing to slots again and again, killed at each system call that changes a file.

python interrupted_program.py DEED FOLDER: FOLDER holds `slots`, as they are before, and `next`, a
signed bundle. Each try works on a copy, in a forked child that strace kills; then it looks at what
a start of the daemon would find there. Prints one JSON array a try.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from field_bundles import KEYS, put

from edgekit.errors import EdgekitError
from edgekit.field.install import check_slot, roll_back
from edgekit.field.slots import Slots, SlotState

CHANGING = (
    *("rename", "renameat", "renameat2", "mkdir", "mkdirat", "unlink", "unlinkat", "rmdir"),
    *("write", "pwrite64", "writev", "fsync", "fdatasync", "chmod", "fchmod", "fchmodat"),
    *("chown", "fchown", "fchownat", "lchown", "ftruncate", "symlinkat", "linkat"),
    *("copy_file_range", "sendfile"),
)
"""System calls that change what is on the disk; a kill between two others leaves the same."""
ATTACH_S = 5.0


def keep(slots: Slots) -> None:
    """Let the bundle on trial pass."""
    with slots.locked():
        state = slots.read()
        assert state is not None
        slots.write(state.proved())


DEEDS: dict[str, Callable[[Path], object]] = {
    "install": lambda folder: put(folder.parent / "next", Slots(folder)),
    "roll back": lambda folder: roll_back(Slots(folder), KEYS),
    "keep": lambda folder: keep(Slots(folder)),
}


def traced(options: list[str], work: Callable[[], object]) -> int:
    """Do the work in a child under strace; return the signal that killed it, or 0."""
    go_read, go_write = os.pipe()
    child = os.fork()
    if child == 0:
        os.read(go_read, 1)
        try:
            work()
        finally:
            os._exit(0)
    strace = shutil.which("strace") or "strace"
    tracer = subprocess.Popen(
        [strace, "-qq", *options, "-p", str(child)], stderr=subprocess.DEVNULL
    )
    try:
        wait_for_tracer(child, tracer)
        os.write(go_write, b"x")
        _, status = os.waitpid(child, 0)
        tracer.wait(ATTACH_S)
    finally:
        tracer.kill()
        tracer.wait()
        os.close(go_read)
        os.close(go_write)
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0


def wait_for_tracer(child: int, tracer: subprocess.Popen[bytes]) -> None:
    """Wait until the child is traced."""
    deadline = time.monotonic() + ATTACH_S
    while "TracerPid:\t0" in Path(f"/proc/{child}/status").read_text(encoding="ascii"):
        if tracer.poll() is not None or time.monotonic() > deadline:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            sys.exit("strace cannot attach here")
        time.sleep(0.002)


def boots(slots: Slots) -> str:
    """Return the version that a start would run, or why none would."""
    try:
        state = slots.read()
        if state is None:
            return "none"
        seal = check_slot(slots, state.active, KEYS)
        assert seal is not None
        trial = "" if state.trial is None else " on trial"
        return f"{seal.release.version}{trial}{way_back(slots, state)}"
    except EdgekitError as error:
        return str(error)


def way_back(slots: Slots, state: SlotState) -> str:
    """Return what there is to go back to, if anything."""
    if not state.can_go_back:
        return ""
    seal = check_slot(slots, state.other, KEYS)
    assert seal is not None
    return f", back to {seal.release.version}"


class Sweep:
    """One deed on copies of one folder."""

    def __init__(self, deed: str, folder: Path) -> None:
        self._deed, self._folder, self._work = deed, folder, folder / "work"

    def calls(self) -> Counter[str]:
        """Return how often the deed makes each call when it is left alone."""
        log = self._folder / "calls.txt"
        self._do(["-o", str(log), "-e", f"trace={','.join(CHANGING)}"])
        self._tell("none")
        return Counter(line.partition("(")[0] for line in log.read_text().splitlines())

    def kill_at(self, call: str, number: int) -> None:
        """Kill it on entering such a call for the Nth time, and tell what boots then."""
        injected = f"inject={call}:signal=KILL:when={number}"
        assert self._do(["-o", "/dev/null", "-e", injected]) == signal.SIGKILL
        self._tell(f"{call} {number}")

    def _do(self, options: list[str]) -> int:
        shutil.rmtree(self._work, ignore_errors=True)
        shutil.copytree(self._folder / "slots", self._work)
        return traced(options, lambda: DEEDS[self._deed](self._work))

    def _tell(self, where: str) -> None:
        after = again = boots(Slots(self._work))
        if self._deed == "install" and "trial" not in after:
            # Whatever was left, the next install must find its way.
            put(self._folder / "next", Slots(self._work))
            again = boots(Slots(self._work))
        sys.stdout.write(json.dumps([where, after, again]) + "\n")


def main() -> None:
    """Sweep."""
    sweep = Sweep(sys.argv[1], Path(sys.argv[2]))
    for call, n_calls in sweep.calls().items():
        for number in range(1, n_calls + 1):
            sweep.kill_at(call, number)


if __name__ == "__main__":
    main()
