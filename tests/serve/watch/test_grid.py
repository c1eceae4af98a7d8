"""The streaming grid against `resample` of the whole recording: equal to the bit."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from edgekit.clips import resample
from edgekit.errors import DataError, UsageError
from edgekit.serve.watch.grid import GridWindow, WindowGrid
from edgekit.windows import window_starts

FPS = 30.0


@dataclass(frozen=True, eq=False)
class Taken:
    clip: NDArray[np.floating]
    times_s: NDArray[np.float64]


@st.composite
def recordings(draw: st.DrawFn, *, max_gap_s: float = 0.3) -> Taken:
    """Frames of any rate up to 60 a second, with jitter, drops, gaps and unseen landmarks."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = draw(st.integers(1, 160))
    step_s = 1 / draw(st.sampled_from([10.0, 15.0, 24.0, 29.97, 30.0, 60.0]))
    times_s = np.arange(n) * step_s
    if draw(st.booleans()):
        times_s = times_s + rng.uniform(-0.4, 0.4, n) * step_s
    times_s = times_s[rng.random(n) >= draw(st.sampled_from([0.0, 0.1, 0.5]))]
    if not len(times_s):
        times_s = np.zeros(1)
    if len(times_s) > 1 and draw(st.booleans()):
        times_s[rng.integers(1, len(times_s)) :] += draw(st.floats(0, max_gap_s))
    # Recordings begin at 0; cameras carry the clock of a device that ran for weeks.
    times_s = times_s - times_s[0] + draw(st.sampled_from([0.0, 12.345, 1.5e6]))
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    clip = rng.random((len(times_s), 33, 5)).astype(dtype)
    clip[rng.random(clip.shape[:2]) < draw(st.sampled_from([0.0, 0.05, 0.6]))] = np.nan
    return Taken(clip, times_s)


def stream(grid: WindowGrid, taken: Taken) -> list[GridWindow]:
    windows = [
        window
        for t_s, landmarks in zip(taken.times_s, taken.clip, strict=True)
        for window in grid.add(float(t_s), landmarks)
    ]
    return windows + grid.finish()


def whole(taken: Taken, length: int, hop: int) -> dict[int, NDArray[np.floating]]:
    """Return all windows on the hop, by their first grid point."""
    on_grid = resample(taken.clip, taken.times_s, FPS)
    starts = window_starts(len(on_grid), length, hop)
    return {s: on_grid[s : s + length] for s in starts if s % hop == 0}


def start_of(window: GridWindow, taken: Taken) -> int:
    return round((window.start_s - float(taken.times_s[0])) * FPS)


@given(recordings(), st.integers(1, 40), st.integers(1, 25))
def test_windows_equal_those_of_the_whole_recording(taken: Taken, length: int, hop: int) -> None:
    length = max(length, 11)  # longer than the longest gap here
    windows = stream(WindowGrid(FPS, length, hop, keep_s=0), taken)
    expected = whole(taken, length, hop)
    assert [start_of(window, taken) for window in windows] == list(expected)
    for window, clip in zip(windows, expected.values(), strict=True):
        assert window.clip.dtype == taken.clip.dtype
        assert window.clip.tobytes() == clip.tobytes()
        assert window.end_s - window.start_s == pytest.approx((length - 1) / FPS)


@given(recordings(max_gap_s=9.0), st.integers(2, 30), st.integers(1, 25))
def test_only_windows_wholly_in_a_gap_are_left_out(taken: Taken, length: int, hop: int) -> None:
    windows = stream(WindowGrid(FPS, length, hop, keep_s=0), taken)
    found = {start_of(window, taken): window.clip for window in windows}
    steps = (taken.times_s - taken.times_s[0]) * FPS
    for start, clip in whole(taken, length, hop).items():
        if start in found:
            assert found.pop(start).tobytes() == clip.tobytes()
        else:
            assert np.isnan(clip).all()
            after = int(np.searchsorted(steps, start))
            assert steps[after - 1] < start
            assert start + length - 1 < steps[after]
    assert found == {}


@given(recordings(), st.integers(0, 159))
def test_each_window_is_final_when_it_comes(taken: Taken, n_seen: int) -> None:
    """What was judged at the bed is what a replay of the longer recording judges."""
    n_seen = min(n_seen, len(taken.clip))
    grid = WindowGrid(FPS, 20, 7)
    early = [
        window
        for t_s, landmarks in zip(taken.times_s[:n_seen], taken.clip[:n_seen], strict=True)
        for window in grid.add(float(t_s), landmarks)
    ]
    for window, clip in zip(early, whole(taken, 20, 7).values(), strict=False):
        assert window.clip.tobytes() == clip.tobytes()


@pytest.mark.parametrize("fps", [24.0, 25.0, 29.97, 30.0])
def test_a_frame_on_the_grid_completes_its_window_at_once(fps: float) -> None:
    """Also where n / fps * fps is a little less than n: no window waits for one more frame."""
    grid = WindowGrid(fps, 10, 1)
    frame = np.zeros((33, 5), np.float32)
    n_windows = [len(grid.add(n / fps, frame)) for n in range(2000)]
    assert n_windows == [0] * 9 + [1] * 1991


def test_a_week_without_a_camera_costs_no_more_than_two_windows() -> None:
    grid = WindowGrid(FPS, 150, 15)
    frame = np.ones((33, 5), np.float32)
    for n in range(300):
        grid.add(n / FPS, frame)
    windows = grid.add(7 * 86400.0, frame)
    assert len(windows) <= 2 * 150 / 15 + 1
    after = [w for n in range(1, 300) for w in grid.add(7 * 86400.0 + n / FPS, frame)]
    # The hop goes on from the first frame of all.
    assert all(round(window.start_s * FPS) % 15 == 0 for window in after)
    assert np.isfinite(after[-1].clip).all()
    # Ten seconds on are there again, and nothing of last week passes for them.
    assert np.isnan(grid.recent(75.0)[:-302]).all()


def test_time_backwards_starts_anew_and_the_same_time_is_dropped() -> None:
    grid = WindowGrid(FPS, 10, 5)
    one = np.ones((33, 5), np.float32)
    for n in range(20):
        grid.add(100 + n / FPS, one)
    assert grid.add(100 + 19 / FPS, 2 * one) == []
    assert grid.n_restarts == 0
    windows = [window for n in range(10) for window in grid.add(50 + n / FPS, 3 * one)]
    assert grid.n_restarts == 1
    assert [window.start_s for window in windows] == [50.0]
    assert (windows[0].clip == 3).all()
    assert (grid.recent(75) == 3).all()


def test_another_dtype_starts_anew_rather_than_rounding() -> None:
    grid = WindowGrid(FPS, 2, 1)
    grid.add(0.0, np.full((33, 5), 1 / 3, np.float32))
    grid.add(1 / FPS, np.full((33, 5), 1 / 3))
    (window,) = grid.add(2 / FPS, np.full((33, 5), 1 / 3))
    assert window.clip.dtype == np.float64
    assert (window.clip == 1 / 3).all()


def test_a_frame_after_the_end_starts_anew() -> None:
    grid = WindowGrid(FPS, 2, 1)
    frame = np.ones((33, 5), np.float32)
    grid.add(0.0, frame)
    grid.finish()
    assert grid.add(1 / FPS, frame) == []
    assert len(grid.add(2 / FPS, frame)) == 1


def test_recent_landmarks_end_where_asked() -> None:
    grid = WindowGrid(FPS, 10, 5, keep_s=4.0)
    for n in range(300):
        grid.add(n / FPS, np.full((33, 5), n, np.float32))
    assert grid.recent(1.0)[:, 0, 0].tolist() == list(range(270, 300))
    assert grid.recent(1.0, end_s=8.0)[:, 0, 0].tolist() == list(range(211, 241))
    # Older than the ring: what there is, and never a row of another time.
    assert grid.recent(2.0, end_s=7.0)[:, 0, 0].tolist() == list(range(180, 211))
    assert len(grid.recent(9.0)) == 120
    assert len(grid.recent(1.0, end_s=1.0)) == 0


def test_windows_are_copies() -> None:
    grid = WindowGrid(FPS, 2, 1, keep_s=0)
    frame = np.zeros((33, 5), np.float32)
    (window,) = [w for n in range(2) for w in grid.add(n / FPS, frame)]
    frame[:] = 9
    for n in range(2, 6):
        grid.add(n / FPS, frame)
    assert (window.clip == 0).all()


def test_what_cannot_be() -> None:
    with pytest.raises(UsageError, match="less than one frame"):
        WindowGrid(FPS, 10, 0)
    with pytest.raises(DataError, match="time is nan"):
        WindowGrid(FPS, 10, 5).add(math.nan, np.zeros((33, 5)))
