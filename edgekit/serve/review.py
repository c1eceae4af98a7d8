"""The landmarks of the seconds around an event, for whoever reviews it later. Never a picture."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgekit.clips import resample
from edgekit.serve.watch.seen import Observation

MAX_FRAMES_PER_S = 60
"""A source that gives more is kept for a shorter time, not at the cost of memory."""


@dataclass(frozen=True, eq=False)
class Excerpt:
    """What was seen around one event."""

    event_id: int
    landmarks: NDArray[np.float32]
    """(T, V, 5) on the bundle's time grid."""


class ReviewBuffer:
    """Remembers the last seconds, and cuts an excerpt once the time after an event has passed."""

    MAX_PENDING = 32

    def __init__(self, *, before_s: float, after_s: float, fps: float) -> None:
        self._before_s, self._after_s, self._fps = before_s, after_s, fps
        # An event is cut when the time after it has passed, and a grid of slack with it.
        self._keep_s = before_s + after_s + 2.0
        self._frames: deque[Observation] = deque(maxlen=round(self._keep_s * MAX_FRAMES_PER_S))
        self._pending: deque[tuple[int, float]] = deque(maxlen=self.MAX_PENDING)

    def add(self, observation: Observation) -> None:
        """Remember one frame; frames older than any event can need are forgotten."""
        if self._frames and observation.t_s <= self._frames[-1].t_s:
            self._frames.clear()
        self._frames.append(observation)
        while self._frames[0].t_s < observation.t_s - self._keep_s:
            self._frames.popleft()

    def mark(self, event_id: int, t_s: float) -> None:
        """Ask for an excerpt around an event at `t_s` on the source's clock."""
        self._pending.append((event_id, t_s))

    def take_finished(self, *, is_ending: bool = False) -> list[Excerpt]:
        """Return the excerpts whose time has passed; all of them when the daemon is ending."""
        if not self._frames:
            return []
        now_s = self._frames[-1].t_s
        finished: list[Excerpt] = []
        while self._pending:
            event_id, t_s = self._pending[0]
            # A source that began again is before its own event: nothing more will come of it.
            if t_s <= now_s < t_s + self._after_s and not is_ending:
                break
            self._pending.popleft()
            excerpt = self._cut(event_id, t_s)
            if excerpt is not None:
                finished.append(excerpt)
        return finished

    def _cut(self, event_id: int, t_s: float) -> Excerpt | None:
        kept = [
            frame
            for frame in self._frames
            if t_s - self._before_s <= frame.t_s <= t_s + self._after_s
        ]
        if not kept:
            return None
        landmarks = np.stack([frame.landmarks for frame in kept]).astype(np.float32)
        times_s = np.array([frame.t_s for frame in kept])
        return Excerpt(event_id, resample(landmarks, times_s, self._fps).astype(np.float32))
