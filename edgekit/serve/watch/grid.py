"""Frames as they come, put onto the bundle's time grid and cut into windows.

What leaves here equals, to the bit, `edgekit.clips.resample` of all frames so far, cut every hop
from the first frame on. Memory is one ring of rows; work for one frame is bounded, whatever gap
came before it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgekit.clips import N_VALUES, ON_GRID, Clip, between
from edgekit.errors import DataError, UsageError
from edgekit.skeleton import N_LANDMARKS


@dataclass(frozen=True, eq=False)
class GridWindow:
    """One window, ready to be judged."""

    clip: Clip
    """Floats (T, V, 5) as the frames were, NaN where not observed."""
    start_s: float
    """Time of its first grid point, on the source's clock."""
    end_s: float
    """Time of its last grid point."""


@dataclass(frozen=True, eq=False)
class _Frame:
    landmarks: Clip  # (1, V, 5)
    steps: float  # since the first frame, in grid steps


class WindowGrid:
    """The streaming counterpart of `resample` and `window_starts`. Not for several threads.

    A grid point is written once the frame at or after it is there. A gap longer than a window
    leaves out the windows that lie wholly inside it. A step backwards in time, or another dtype,
    starts anew with that frame; a second frame of the same time is dropped. Frames must lie a
    microsecond apart.
    """

    def __init__(self, fps: float, n_frames: int, hop_frames: int, *, keep_s: float = 75.0) -> None:
        """Make an empty grid.

        Args:
            fps: Grid points per second.
            n_frames: Length of a window.
            hop_frames: From the start of a window to that of the next.
            keep_s: Seconds of grid points that `recent` can return.

        Raises:
            UsageError: The hop is shorter than a frame.
        """
        if hop_frames < 1:
            raise UsageError(f"hop_s: less than one frame at {fps:g} fps; make it longer")
        self._fps, self._length, self._hop = fps, n_frames, hop_frames
        self._rows = np.full(
            (max(n_frames, math.ceil(keep_s * fps)), N_LANDMARKS, N_VALUES), np.nan, np.float32
        )
        self.n_restarts = 0
        """How often time went backwards or the dtype changed."""
        self._first_s = 0.0
        self._before: _Frame | None = None
        self._last: _Frame | None = None
        self._n_rows = 0  # grid points written since the anchor
        self._next_start = 0
        self._is_finished = False

    def add(self, t_s: float, landmarks: NDArray[np.floating[Any]]) -> list[GridWindow]:
        """Take one frame, floats (V, 5), and return the windows that it completes, oldest first.

        Raises:
            DataError: The time is not finite.
        """
        if not math.isfinite(t_s):
            raise DataError(f"a frame's time is {t_s}")
        frame = landmarks[None].copy()
        if self._last is not None and not self._goes_on(t_s, frame.dtype):
            self.n_restarts += not self._is_finished
            self._last = None
        if self._last is None:
            return self._anchor(t_s, frame)
        taken = _Frame(frame, (t_s - self._first_s) * self._fps)
        if taken.steps <= self._last.steps:
            return []
        windows = list(self._advance(self._last, taken))
        self._before, self._last = self._last, taken
        return windows

    def finish(self) -> list[GridWindow]:
        """Return what the end of a recording completes: a last point just after its last frame.

        The next frame starts anew.
        """
        self._is_finished = True
        before, last = self._before, self._last
        if before is None or last is None or math.floor(last.steps + 0.25) < self._n_rows:
            return []
        return list(self._append(self._point(before, last, self._n_rows)))

    def recent(self, seconds: float, end_s: float | None = None) -> NDArray[np.float32]:
        """Return the grid points of the last `seconds`, or of those up to `end_s`.

        float32 (T, V, 5); shorter where the grid does not reach back, or forward, so far.
        """
        end = self._n_rows
        if end_s is not None:
            end = min(end, max(0, math.floor((end_s - self._first_s) * self._fps + ON_GRID) + 1))
        oldest = max(0, self._n_rows - len(self._rows))
        first = max(oldest, end - round(seconds * self._fps))
        return self._cut(first, max(first, end)).astype(np.float32)

    def _goes_on(self, t_s: float, dtype: np.dtype[Any]) -> bool:
        is_forward = self._last is None or (t_s - self._first_s) * self._fps >= self._last.steps
        return is_forward and dtype == self._rows.dtype and not self._is_finished

    def _anchor(self, t_s: float, frame: Clip) -> list[GridWindow]:
        if self._rows.dtype != frame.dtype:
            self._rows = np.full(self._rows.shape, np.nan, frame.dtype)
        self._first_s, self._n_rows, self._next_start = t_s, 0, 0
        self._before, self._last, self._is_finished = None, _Frame(frame, 0.0), False
        return list(self._append(self._point(self._last, self._last, 0)))

    def _advance(self, low: _Frame, high: _Frame) -> Iterator[GridWindow]:
        """Write the points after those of `low`, up to `high`."""
        last = math.floor(high.steps)
        if last + 1 - high.steps < ON_GRID:
            last += 1
        if last < self._n_rows:
            return
        if last > self._n_rows:
            # Only the first and the last point can be near a frame, or between close ones.
            yield from self._append(self._point(low, high, self._n_rows))
            yield from self._append_gap(last)
        yield from self._append(self._point(low, high, last))

    def _append_gap(self, end: int) -> Iterator[GridWindow]:
        """Write points without a frame up to `end`, and jump over windows that hold nothing else.

        One window's length of them on either side completes all windows that touch a frame.
        """
        nothing = np.full(self._rows.shape[1:], np.nan, self._rows.dtype)
        touched_until = min(end, self._n_rows + self._length - 1)
        while self._n_rows < touched_until:
            yield from self._append(nothing)
        jump_to = end - (self._length - 1)
        if jump_to > self._n_rows:
            skipped = np.arange(max(self._n_rows, jump_to - len(self._rows)), jump_to)
            self._rows[skipped % len(self._rows)] = np.nan
            self._n_rows = jump_to
            self._next_start = max(self._next_start, -(-jump_to // self._hop) * self._hop)
        while self._n_rows < end:
            yield from self._append(nothing)

    def _append(self, row: Clip) -> Iterator[GridWindow]:
        self._rows[self._n_rows % len(self._rows)] = row
        self._n_rows += 1
        if self._n_rows == self._next_start + self._length:
            yield self._window(self._next_start)
            self._next_start += self._hop

    def _point(self, low: _Frame, high: _Frame, index: int) -> Clip:
        elapsed_low, elapsed_high = np.array([low.steps]), np.array([high.steps])
        grid = np.array([index])
        point: Clip = between(low.landmarks, high.landmarks, elapsed_low, elapsed_high, grid)[0]
        return point

    def _window(self, start: int) -> GridWindow:
        end = start + self._length
        return GridWindow(
            self._cut(start, end),
            start_s=self._first_s + start / self._fps,
            end_s=self._first_s + (end - 1) / self._fps,
        )

    def _cut(self, start: int, end: int) -> Clip:
        return self._rows[np.arange(start, end) % len(self._rows)]
