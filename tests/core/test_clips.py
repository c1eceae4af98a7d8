"""Clips: what is taken, what is refused and how that reads, and the time grid."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgekit.clips import load_clip, observed, resample, save_clip
from edgekit.errors import DataError


def clip_of(n_frames: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((n_frames, 33, 5))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_takes_both_float_types_any_length_and_empty_frames(
    tmp_path: Path, dtype: type[np.floating]
) -> None:
    clip = clip_of(17).astype(dtype)
    clip[3:6] = np.nan
    np.save(tmp_path / "c.npy", clip)
    loaded = load_clip(tmp_path / "c.npy")
    assert loaded.dtype == dtype
    np.testing.assert_array_equal(loaded, clip)


def test_saves_what_the_challenge_saves(tmp_path: Path) -> None:
    clip = clip_of(150).astype(np.float32)
    save_clip(tmp_path / "deep/child_1_1.npy", clip)
    loaded = np.load(tmp_path / "deep/child_1_1.npy", allow_pickle=False)
    assert loaded.dtype == np.float64
    assert loaded.shape == (150, 33, 5)
    np.testing.assert_array_equal(loaded, clip.astype(np.float64))


@pytest.mark.parametrize(
    ("array", "complaint"),
    [
        (np.zeros((150, 33, 4)), r"shape \(150, 33, 4\)"),
        (np.zeros((33, 5)), r"shape \(33, 5\)"),
        (np.zeros((0, 33, 5)), "no frames"),
        (np.zeros((5, 33, 5), dtype=np.int64), "dtype int64"),
        (np.zeros((5, 33, 5), dtype=np.complex128), "dtype complex128"),
    ],
)
def test_refuses_other_arrays(tmp_path: Path, array: np.ndarray, complaint: str) -> None:
    np.save(tmp_path / "c.npy", array)
    with pytest.raises(DataError, match=complaint) as caught:
        load_clip(tmp_path / "c.npy")
    assert "c.npy" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_refuses_infinite_values_and_says_where(tmp_path: Path) -> None:
    clip = clip_of(10)
    clip[4, 7, 1] = -np.inf
    np.save(tmp_path / "c.npy", clip)
    with pytest.raises(DataError, match="frame 4, landmark 7"):
        load_clip(tmp_path / "c.npy")


@pytest.mark.parametrize("value", [-1e300, 1e30, 640.0])
def test_refuses_pixels_and_values_that_no_model_can_take(tmp_path: Path, value: float) -> None:
    clip = clip_of(10)
    clip[4, 7, 1] = value
    np.save(tmp_path / "c.npy", clip)
    with pytest.raises(DataError, match="frame 4, landmark 7; landmarks are in image widths"):
        load_clip(tmp_path / "c.npy")


def test_refuses_another_length_than_asked_for(tmp_path: Path) -> None:
    np.save(tmp_path / "c.npy", clip_of(60))
    with pytest.raises(DataError, match="60 frames where 150 are wanted.*--frames 60"):
        load_clip(tmp_path / "c.npy", n_frames=150)


@pytest.mark.parametrize("content", [b"", b"no array at all", b"\x93NUMPY\x01\x00"])
def test_refuses_a_file_that_is_no_array(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "c.npy").write_bytes(content)
    with pytest.raises(DataError, match=r"c\.npy: not a readable"):
        load_clip(tmp_path / "c.npy")


def test_refuses_a_truncated_file(tmp_path: Path) -> None:
    np.save(tmp_path / "c.npy", clip_of(10))
    whole = (tmp_path / "c.npy").read_bytes()
    (tmp_path / "c.npy").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match="not a readable"):
        load_clip(tmp_path / "c.npy")


def test_never_unpickles(tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (Path.touch, (tmp_path / "went_off",))  # type: ignore[return-value]

    np.save(tmp_path / "c.npy", np.array([Bomb()], dtype=object), allow_pickle=True)
    with pytest.raises(DataError, match="pickle"):
        load_clip(tmp_path / "c.npy")
    assert not (tmp_path / "went_off").exists()


def test_refuses_an_archive(tmp_path: Path) -> None:
    np.savez(tmp_path / "c.npz", clip_of(5))
    (tmp_path / "c.npz").rename(tmp_path / "c.npy")
    with pytest.raises(DataError, match="archive"):
        load_clip(tmp_path / "c.npy")


@given(content=st.binary(max_size=300), has_magic=st.booleans())
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_a_clip_or_a_clear_error(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, has_magic: bool
) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "c.npy"
    path.write_bytes((b"\x93NUMPY\x01\x00" if has_magic else b"") + content)
    with pytest.raises(DataError):
        load_clip(path)


def test_resampling_onto_its_own_grid_changes_nothing() -> None:
    clip = clip_of(40)
    clip[5:9] = np.nan
    clip[20, 3] = np.nan
    for offset in (0.0, 7.3):
        np.testing.assert_array_equal(resample(clip, np.arange(40) / 30 + offset, 30.0), clip)


@given(jitter=st.floats(0, 0.004), seed=st.integers(0, 999))
@settings(deadline=None)
def test_a_straight_line_stays_one_under_jitter(jitter: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    times = np.arange(60) / 30 + rng.uniform(-jitter, jitter, 60)
    clip = np.broadcast_to(times[:, None, None], (60, 33, 5)).copy()
    on_grid = resample(clip, times, 30.0)
    expected = times[0] + np.arange(len(on_grid)) / 30
    error = np.abs(on_grid[:, 0, 0] - expected)
    # The last grid point may lie past the last frame by up to a quarter of a step.
    # Within a millionth of a grid step a frame counts as lying on the grid.
    assert np.nanmax(error[:-1]) < 1e-6 / 30
    assert observed(on_grid).all()


def test_half_the_frame_rate_leaves_every_second_point_unobserved() -> None:
    on_grid = resample(clip_of(15), np.arange(15) / 15, 30.0)
    assert len(on_grid) == 29
    assert observed(on_grid)[::2].all()
    assert not observed(on_grid)[1::2].any()


def test_25_fps_is_measured_everywhere_at_30() -> None:
    assert observed(resample(clip_of(50), np.arange(50) / 25, 30.0)).all()


def test_twice_the_frame_rate_takes_every_second_frame() -> None:
    clip = clip_of(60)
    np.testing.assert_allclose(resample(clip, np.arange(60) / 60, 30.0), clip[::2], atol=1e-12)


def test_a_gap_in_time_is_not_a_measurement() -> None:
    times = np.concatenate([np.arange(10), np.arange(20, 30)]) / 30
    on_grid = resample(clip_of(20), times, 30.0)
    assert len(on_grid) == 30
    assert observed(on_grid).all(axis=1).tolist() == [True] * 10 + [False] * 10 + [True] * 10


def test_a_missing_landmark_stays_missing_for_itself_only() -> None:
    clip = clip_of(30)
    clip[10:20, 4] = np.nan
    on_grid = resample(clip, np.arange(30) / 30 + 1e-4 * np.arange(30) % 3, 30.0)
    assert not observed(on_grid)[11:19, 4].any()
    assert observed(on_grid)[:, 5].all()


@pytest.mark.parametrize(
    "times", [np.arange(9.0), np.array([0.0, 1, 1, 2, 3, 4, 5, 6, 7, 8]), np.full(10, np.nan)]
)
def test_refuses_time_stamps_that_do_not_fit(times: np.ndarray) -> None:
    with pytest.raises(DataError, match="time stamps"):
        resample(clip_of(10), times, 30.0)
