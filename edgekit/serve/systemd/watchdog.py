"""The watchdog is fed only while every stage makes progress: one that hangs hangs the daemon.

A stage pulses at least once a second. The daemon asks `late` and, when a stage is late, ends
itself: that works without systemd as well; systemd is for the day when even that hangs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from edgekit.serve.systemd.notify import ALIVE, notify, status

LATE_S = 8.0
"""Eight missed pulses. With the restart it stays within 15 s, and a disk that stalls for some
seconds, as SD cards do, is no reason to stop watching."""


class Watchdog:
    """Knows when each stage last made progress."""

    def __init__(
        self,
        stages: Sequence[str],
        *,
        clock: Callable[[], float] = time.monotonic,
        limit_s: float = LATE_S,
        tell: Callable[[str], bool] = notify,
    ) -> None:
        """Begin: every stage has until `limit_s` from now for its first pulse.

        Args:
            stages: Their names, as they are logged.
            clock: Monotonic seconds.
            limit_s: A stage without progress for longer is late.
            tell: Sends a message to the service manager.
        """
        self._clock, self._limit_s, self._tell = clock, limit_s, tell
        self._pulses = dict.fromkeys(stages, clock())
        self._told = ""

    def pulse(self, stage: str) -> Callable[[], None]:
        """Return what `stage` calls when it made progress; from any thread."""
        if stage not in self._pulses:
            raise KeyError(stage)

        def beat() -> None:
            # One assignment: no lock is needed, and a hanging thread can hold none.
            self._pulses[stage] = self._clock()

        return beat

    def late(self) -> tuple[str, ...]:
        """Return the stages that no longer make progress; the daemon should end when there are."""
        now = self._clock()
        return tuple(name for name, at in self._pulses.items() if now - at > self._limit_s)

    def feed(self, text: str) -> tuple[str, ...]:
        """Tell the manager that all is well, and `text` when it has changed; not if one is late.

        Returns:
            The late stages, as `late` does.
        """
        late = self.late()
        if late:
            self._tell(status(f"hangs: {', '.join(late)}"))
            return late
        if self._tell(ALIVE if text == self._told else f"{ALIVE}\n{status(text)}"):
            self._told = text
        return ()
