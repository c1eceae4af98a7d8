"""Keeps one pose process alive: one that crashed, fell silent or grew too big is replaced.

A camera that is away is no fault of the process: it waits for it by itself.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Literal

from edgekit.serve.watch.pose_process import CHILD, PoseProcess
from edgekit.serve.watch.seen import ChildFacts
from edgekit.serve.watch.slots import RingFacts, SeenFrame
from edgekit.serve.watch.source_spec import SourceSpec

log = logging.getLogger("edgekit.watch")

OPENING_S = 20.0
"""Loading the extractor may take so long."""
LATELY_S = 600.0
_STEADY_S = 20.0
"""A process that lived for so long did not crash at once."""
_LONGEST_WAIT_S = 10.0
_WEIGH_EVERY_S = 1.0

Because = Literal["crashed", "silent", "memory"]


class Supervisor:
    """The pose process, and its successors. Used by the watching thread only."""

    def __init__(
        self,
        source: SourceSpec,
        *,
        silent_s: float,
        memory_mb: float,
        command: Sequence[str] = CHILD,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Plan the first process, which `poll` starts.

        Args:
            source: What it watches.
            silent_s: It is replaced after so many seconds without getting on.
            memory_mb: It is replaced above so much resident memory.
            command: What to run; its standard input is a `ChildSpec`.
            clock: Monotonic seconds.
        """
        self._source, self._command, self._clock = source, command, clock
        self._silent_limit_s, self._memory_limit_mb = silent_s, memory_mb
        self._process: PoseProcess | None = None
        self._undead: list[PoseProcess] = []
        self._starts_at_s = -math.inf
        self._weighed_s = -math.inf
        self._rss_mb = 0.0
        self._n_quick = 0
        self._restarts_s: deque[float] = deque(maxlen=1000)
        self._n_restarts = 0
        self._because: Because | Literal[""] = ""
        self._reason = ""
        self._last = RingFacts()
        self._answered_s: float | None = None
        self._zero_mono_s: float | None = None
        self._n_lost = self._n_torn = 0
        self._rest = threading.Event()

    @property
    def pid(self) -> int | None:
        """Of the running process."""
        return self._process.pid if self._process else None

    @property
    def n_lost(self) -> int:
        """Frames that this side was too slow for, or found torn."""
        ring = self._process.ring if self._process else None
        return self._n_lost + (ring.n_lost + ring.n_torn if ring else 0)

    @property
    def n_dropped(self) -> int:
        """Pictures for which the running process's extractor had no time."""
        return self._last.n_dropped

    def poll(self) -> None:
        """Start the process when one is due; replace it when it fails."""
        now = self._clock()
        self._undead = [process for process in self._undead if not process.is_gone()]
        if self._process is None:
            if now >= self._starts_at_s:
                self._start(now)
            return
        self._hear(self._process.facts())
        if failure := self._failure(self._process, now):
            self._replace(self._process, *failure, now)

    def wait(self, timeout_s: float) -> None:
        """Return when there may be frames, or after `timeout_s`."""
        if self._process is None:
            left_s = self._starts_at_s - self._clock()
            self._rest.wait(min(max(left_s, 0.0), timeout_s))
        else:
            self._process.ring.wait(timeout_s)

    def read(self) -> list[SeenFrame]:
        """Return the frames since the last call."""
        return self._process.ring.read() if self._process else []

    def facts(self) -> ChildFacts:
        """Return how the process is."""
        now = self._clock()
        if self._process is not None:
            self._hear(self._process.facts())
        while self._restarts_s and now - self._restarts_s[0] > LATELY_S:
            self._restarts_s.popleft()
        heard = self._last.status if self._process else None
        return ChildFacts(
            status=heard or ("gone" if self._n_restarts else "opening"),
            reason=self._last.reason if heard else self._reason,
            n_restarts=self._n_restarts,
            n_restarts_lately=len(self._restarts_s),
            last_answer_mono_s=self._answered_s,
            replaced_because=self._because,
            rss_mb=self._rss_mb if self._process else 0.0,
            extractor_version=self._last.extractor_version,
            model_sha256=self._last.model_sha256,
            read_mono_s=now,
        )

    def close(self) -> None:
        """Kill the process."""
        if self._process is not None:
            self._process.kill()
            self._process = None

    def _hear(self, facts: RingFacts) -> None:
        self._last = facts
        if not math.isnan(facts.answered_mono_s):
            self._answered_s = facts.answered_mono_s
        if not math.isnan(facts.zero_mono_s):
            self._zero_mono_s = facts.zero_mono_s

    def _start(self, now: float) -> None:
        self._last = RingFacts()
        try:
            self._process = PoseProcess(self._source, self._command, self._zero_mono_s, now)
        except OSError as error:
            self._count("crashed", f"the pose process cannot be started: {error.strerror}", 0, now)
        self._weighed_s, self._rss_mb = now, 0.0

    def _failure(self, process: PoseProcess, now: float) -> tuple[Because, str] | None:
        if (reason := process.end_reason()) is not None:
            return "crashed", reason
        is_opening = self._last.status in {None, "opening"}
        silent_s = now - (process.started_s if is_opening else self._last.beat_mono_s)
        if silent_s > (OPENING_S if is_opening else self._silent_limit_s):
            return "silent", f"the pose process hung for {silent_s:.1f} s"
        if now - self._weighed_s >= _WEIGH_EVERY_S:
            self._weighed_s, self._rss_mb = now, process.resident_mb()
            if self._rss_mb > self._memory_limit_mb:
                return "memory", f"the pose process used {self._rss_mb:.0f} MB"
        return None

    def _replace(self, process: PoseProcess, because: Because, reason: str, now: float) -> None:
        self._n_lost += process.ring.n_lost + process.ring.n_torn
        if not process.kill():
            self._undead.append(process)
        self._process = None
        self._count(because, reason, now - process.started_s, now)

    def _count(self, because: Because, reason: str, lived_s: float, now: float) -> None:
        """Note a failure and plan the successor: at once, unless they fail one after the other."""
        self._n_quick = 0 if lived_s > _STEADY_S else self._n_quick + 1
        wait_s = 0.0 if self._n_quick < 2 else 0.5 * 2 ** min(self._n_quick - 2, 10)
        self._starts_at_s = now + min(wait_s, _LONGEST_WAIT_S)
        self._n_restarts += 1
        self._restarts_s.append(now)
        self._because, self._reason = because, reason
        log.warning("%s; replaced (%d since the start)", reason, self._n_restarts)
