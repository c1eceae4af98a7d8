"""The landmarks of the seconds around an event, for whoever reviews it later. Never a picture."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Recent = Callable[[float, float], NDArray[np.float32]]
"""`(seconds, end_s)` -> the grid's landmarks up to `end_s`, float32 (T, V, 5)."""

SLACK_S = 0.5
"""The time grid lags behind the newest frame by less."""


@dataclass(frozen=True, eq=False)
class Excerpt:
    """What was seen around one event."""

    event_id: int
    landmarks: NDArray[np.float32]
    """(T, V, 5) on the bundle's time grid, NaN where not observed."""


class Review:
    """Remembers which events want an excerpt, and cuts it once the time after them has passed."""

    MAX_PENDING = 32

    def __init__(self, recent: Recent, *, before_s: float, after_s: float) -> None:
        self._recent = recent
        self._before_s, self._after_s = before_s, after_s
        self._pending: deque[tuple[int, float]] = deque(maxlen=self.MAX_PENDING)

    def mark(self, event_id: int, t_s: float) -> None:
        """Ask for the landmarks around an event at `t_s` on the source's clock."""
        self._pending.append((event_id, t_s))

    def take_finished(self, now_s: float, *, is_ending: bool = False) -> list[Excerpt]:
        """Return the excerpts whose time has passed at `now_s` on the source's clock.

        All of them when the daemon is ending; none of an event whose source has begun again.
        """
        finished: list[Excerpt] = []
        while self._pending:
            event_id, t_s = self._pending[0]
            if t_s <= now_s < t_s + self._after_s + SLACK_S and not is_ending:
                break
            self._pending.popleft()
            if now_s >= t_s:
                seconds = self._before_s + self._after_s
                landmarks = self._recent(seconds, t_s + self._after_s)
                finished.append(Excerpt(event_id, landmarks))
        return [excerpt for excerpt in finished if len(excerpt.landmarks)]
