"""The watching thread: frames from the pose process, windows, decisions, reports to the core.

A recording is judged window by window, whatever happens: exactly what `edgekit predict` judges.
Of a camera, windows that are too late to act on are left out, so that a stall is followed by
the present and not by the past; the last seconds before it are still judged.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from edgekit.clips import Clip
from edgekit.errors import IntegrityError
from edgekit.runtime.detector import Judgement
from edgekit.serve.watch.grid import GridWindow, WindowGrid
from edgekit.serve.watch.seen import ChildFacts, Judged, Observation, Report
from edgekit.serve.watch.slots import SeenFrame
from edgekit.serve.watch.supervisor import Supervisor

log = logging.getLogger("edgekit.watch")

MAX_LATE_S = 2.0
"""A window of a camera whose last frame is older than this is not judged."""
_TURN_S = 0.2
_FACTS_EVERY_S = 0.5


class Judge(Protocol):
    """What decides one window; `edgekit.runtime.detector.Detector` does."""

    def judge(self, clip: Clip, start_s: float) -> Judgement:
        """Decide one window, floats (T, V, 5)."""


class Watcher:
    """Runs in a thread of its own; only `recent`, `n_skipped` and `n_lost` are for others."""

    def __init__(
        self,
        supervisor: Supervisor,
        grid: WindowGrid,
        judge: Judge,
        post: Callable[[Report], None],
        *,
        is_live: bool,
        pulse: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Put the stages together.

        Args:
            supervisor: Owns the pose process; started and closed by `run`.
            grid: Empty.
            judge: The bundle's rule around an engine of its own.
            post: Takes every report; returns at once.
            is_live: A camera is watched, not a recording.
            pulse: Called at least once a second while this thread gets on.
            clock: Monotonic seconds, the same as the pose process's.
        """
        self._supervisor, self._grid, self._judge = supervisor, grid, judge
        self._post, self._is_live, self._pulse, self._clock = post, is_live, pulse, clock
        self._lock = threading.Lock()
        self._told: ChildFacts | None = None
        self._told_s = -math.inf
        self._newest: SeenFrame | None = None
        self._is_finished = False
        self.n_skipped = 0
        """Windows of a camera that were too late to judge."""

    @property
    def n_lost(self) -> int:
        """Frames that came from the pose process and were lost on the way."""
        return self._supervisor.n_lost

    def recent(self, seconds: float, end_s: float | None = None) -> NDArray[np.float32]:
        """Return the landmarks of the last seconds on the grid, or of those up to `end_s`.

        float32 (T, V, 5), NaN where not observed; safe in any thread.
        """
        with self._lock:
            return self._grid.recent(seconds, end_s)

    def run(self, stop: threading.Event) -> None:
        """Watch until `stop` is set; the pose process ends with it."""
        try:
            while not stop.is_set():
                self._supervisor.poll()
                self._supervisor.wait(_TURN_S)
                self._turn(stop)
        finally:
            self._supervisor.close()

    def _turn(self, stop: threading.Event) -> None:
        self._pulse()
        facts = self._supervisor.facts()
        self._tell(facts)
        for frame in self._supervisor.read():
            if stop.is_set():
                return
            self._take(frame)
            self._pulse()
        # The facts are older than the frames: at "ended" the last frame was there already.
        if facts.status == "ended" and not self._is_finished:
            self._finish()

    def _tell(self, facts: ChildFacts) -> None:
        now, told = self._clock(), self._told
        is_news = told is None or (facts.status, facts.n_restarts) != (
            told.status,
            told.n_restarts,
        )
        if is_news or now - self._told_s >= _FACTS_EVERY_S:
            if is_news and facts.status == "no_source":
                log.warning("no pictures: %s", facts.reason)
            self._told, self._told_s = facts, now
            self._post(facts)

    def _take(self, frame: SeenFrame) -> None:
        self._newest, self._is_finished = frame, False
        self._post(
            Observation(
                frame.seq,
                frame.t_s,
                frame.captured_mono_s,
                frame.landmarks.astype(np.float32),
                frame.picture,
            )
        )
        with self._lock:
            windows = self._grid.add(frame.t_s, frame.landmarks)
        self._judge_all(windows, frame)

    def _finish(self) -> None:
        self._is_finished = True
        with self._lock:
            windows = self._grid.finish()
        if self._newest is not None:
            self._judge_all(windows, self._newest)

    def _judge_all(self, windows: list[GridWindow], frame: SeenFrame) -> None:
        for window in windows:
            if self._is_live and self._clock() - frame.captured_mono_s > MAX_LATE_S:
                self.n_skipped += 1
                continue
            judgement, error = self._ask(window)
            now = self._clock()
            self._post(
                Judged(window.end_s, judgement, error, now, latency_s=now - frame.captured_mono_s)
            )

    def _ask(self, window: GridWindow) -> tuple[Judgement | None, str]:
        try:
            return _checked(self._judge.judge(window.clip, window.start_s)), ""
        except Exception as error:  # noqa: BLE001 -- runtimes raise what they like; it is told
            return None, (str(error) or type(error).__name__).splitlines()[0]


def _checked(judgement: Judgement) -> Judgement:
    """Refuse what would compare as "below the threshold" without being a probability."""
    if judgement.probability is not None and not math.isfinite(judgement.probability):
        raise IntegrityError("the model returned a probability that is no number")
    return judgement
