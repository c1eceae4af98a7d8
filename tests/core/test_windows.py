"""Windows over a recording."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edgekit.windows import window_starts


def test_one_clip_is_one_window() -> None:
    assert window_starts(150, 150, 15) == (0,)


def test_shorter_has_none() -> None:
    assert window_starts(149, 150, 15) == ()


def test_the_last_window_ends_with_the_recording() -> None:
    assert window_starts(190, 150, 15) == (0, 15, 30, 40)
    assert window_starts(180, 150, 15) == (0, 15, 30)


@given(st.integers(1, 500), st.integers(1, 200), st.integers(1, 60))
def test_every_frame_is_seen_and_no_window_overhangs(n_frames: int, length: int, hop: int) -> None:
    starts = window_starts(n_frames, length, hop)
    assert all(0 <= start <= n_frames - length for start in starts)
    assert list(starts) == sorted(set(starts))
    if n_frames >= length and hop <= length:
        assert {f for s in starts for f in range(s, s + length)} == set(range(n_frames))
