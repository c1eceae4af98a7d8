"""One pose process and the ring that it writes: started, looked at, killed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

from edgekit.serve.watch.confine import resident_mb
from edgekit.serve.watch.ring import RingReader
from edgekit.serve.watch.slots import RingFacts
from edgekit.serve.watch.source_spec import ChildSpec, SourceSpec

CHILD = (sys.executable, "-m", "edgekit.serve.watch.child")

_KILL_S = 2.0


class PoseProcess:
    """A running pose process. Not for several threads; it dies with the thread that made it."""

    def __init__(
        self, source: SourceSpec, command: Sequence[str], zero_mono_s: float | None, now: float
    ) -> None:
        """Start it.

        Raises:
            OSError: The system has no memory, descriptor or process left.
        """
        self.started_s = now
        self.ring = RingReader()
        memory_fd, bell_fd = self.ring.fds
        try:
            self._process = subprocess.Popen(
                list(command), stdin=subprocess.PIPE, pass_fds=(memory_fd, bell_fd)
            )
        except BaseException:
            self.ring.close()
            raise
        self._tell(
            ChildSpec(source, memory_fd, bell_fd, self.ring.n_slots, os.getpid(), zero_mono_s)
        )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def end_reason(self) -> str | None:
        """Return how it ended, in one line; None while it lives."""
        code = self._process.poll()
        if code is None:
            return None
        how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
        return self.ring.facts().reason or f"the pose process {how}"

    def resident_mb(self) -> float:
        """Return its memory; what it says itself where the system hides it from others."""
        seen = resident_mb(self.pid)
        return self.ring.facts().rss_mb if seen is None else seen

    def facts(self) -> RingFacts:
        """Return what it last said."""
        return self.ring.facts()

    def kill(self) -> bool:
        """Kill it and give its memory back; False when the kernel cannot end it yet."""
        self._process.kill()
        self.ring.close()
        try:
            self._process.wait(_KILL_S)
        except subprocess.TimeoutExpired:
            return False
        return True

    def is_gone(self) -> bool:
        """Whether a killed process has ended at last."""
        return self._process.poll() is not None

    def _tell(self, spec: ChildSpec) -> None:
        pipe = self._process.stdin
        assert pipe is not None
        try:
            with pipe:
                pipe.write(spec.to_json().encode())
        except BrokenPipeError:
            pass  # it died at once, which `end_reason` tells
