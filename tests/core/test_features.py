"""Features against the write-up's loops, against values worked out by hand, and by property."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from edgekit_bench.reference_features import extract_by_loops
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from edgekit.cohort import load_cohort
from edgekit.features import CHANNELS, N_CHANNELS, extract
from edgekit.skeleton import LEFT_HIP, RIGHT_HIP


def random_clip(n_frames: int, seed: int, missing: float) -> NDArray[np.float64]:
    rng = np.random.default_rng(seed)
    clip: NDArray[np.float64] = rng.uniform(-0.5, 1.5, (n_frames, 33, 5))
    clip[rng.random((n_frames, 33)) < missing] = np.nan
    return clip


def channel(features: NDArray[np.float32], name: str) -> NDArray[np.float32]:
    plane: NDArray[np.float32] = features[CHANNELS.index(name)]
    return plane


@given(
    n_frames=st.integers(1, 40),
    seed=st.integers(0, 2**31),
    missing=st.sampled_from([0.0, 0.1, 0.2, 0.5, 0.9, 0.99, 1.0]),
    gone=st.sets(st.integers(0, 32), max_size=5),
)
@settings(max_examples=300, deadline=None)
def test_equals_the_write_ups_loops(
    n_frames: int, seed: int, missing: float, gone: set[int]
) -> None:
    clip = random_clip(n_frames, seed, missing)
    clip[:, list(gone)] = np.nan
    np.testing.assert_allclose(extract(clip), extract_by_loops(clip), atol=1e-6, rtol=0)


def test_equals_the_loops_on_real_clips(shared: Path) -> None:
    cohort = load_cohort(shared / "data/strikes/clips")
    for segment in cohort.segments[::10]:
        clip = segment.load()
        np.testing.assert_allclose(extract(clip), extract_by_loops(clip), atol=1e-6, rtol=0)


def test_shape_and_type() -> None:
    features = extract(random_clip(150, 0, 0.2))
    assert features.shape == (N_CHANNELS, 150, 33) == (14, 150, 33)
    assert features.dtype == np.float32


@given(seed=st.integers(0, 2**31), missing=st.floats(0, 1))
@settings(deadline=None)
def test_is_always_finite(seed: int, missing: float) -> None:
    clip = random_clip(12, seed, missing)
    clip[3, 4, 3] = np.inf
    assert np.isfinite(extract(clip)).all()


def test_does_not_change_the_clip() -> None:
    clip = random_clip(20, 1, 0.3)
    before = clip.copy()
    extract(clip)
    np.testing.assert_array_equal(clip, before)


def test_float32_clips_give_nearly_the_same() -> None:
    clip = random_clip(50, 2, 0.2)
    np.testing.assert_allclose(extract(clip.astype(np.float32)), extract(clip), atol=2e-6)


def still_body(n_frames: int) -> NDArray[np.float64]:
    """Return a clip with the hips at the origin and everything at rest at (0.5, 0.25, 0)."""
    clip = np.zeros((n_frames, 33, 5))
    clip[:, :, 0], clip[:, :, 1], clip[:, :, 3:5] = 0.5, 0.25, 0.9
    clip[:, [LEFT_HIP, RIGHT_HIP], :3] = 0.0
    return clip


def test_gap_is_filled_linearly_and_ends_are_held() -> None:
    clip = still_body(6)
    clip[:, 15, 0] = [np.nan, 0.1, np.nan, np.nan, 0.4, np.nan]
    features = extract(clip)
    np.testing.assert_allclose(
        channel(features, "x")[:, 15], [0.1, 0.1, 0.2, 0.3, 0.4, 0.4], atol=1e-7
    )
    # One missing coordinate is enough for the landmark not to be observed.
    assert channel(features, "joint_valid")[:, 15].tolist() == [0, 1, 0, 0, 1, 0]


def test_motion_only_where_it_was_observed_on_both_sides() -> None:
    clip = still_body(6)
    clip[:, 15, 0] = [0.0, 0.1, 0.3, 0.6, 1.0, 1.5]
    clip[3, 15, :3] = np.nan
    features = extract(clip)
    np.testing.assert_allclose(channel(features, "vx")[:, 15], [0, 0.1, 0.2, 0, 0, 0.5], atol=1e-7)
    np.testing.assert_allclose(channel(features, "ax")[:, 15], [0, 0, 0.1, 0, 0, 0], atol=1e-7)


def test_speed_is_the_length_of_the_velocity() -> None:
    clip = still_body(2)
    clip[1, 15, :3] = clip[0, 15, :3] + [0.3, 0.4, 1.2]
    assert channel(extract(clip), "speed")[1, 15] == pytest.approx(1.3)


def test_root_is_the_hips_midpoint_and_the_last_valid_one_is_carried() -> None:
    clip = still_body(4)
    clip[0, LEFT_HIP, :3] = np.nan  # before the first valid root: that root
    clip[1, [LEFT_HIP, RIGHT_HIP], 0] = [0.1, 0.3]  # root 0.2
    clip[2, RIGHT_HIP, :3] = np.nan  # no root: 0.2 carried
    features = extract(clip)
    np.testing.assert_allclose(channel(features, "x")[:, 0], [0.3, 0.3, 0.3, 0.5], atol=1e-7)


def test_landmark_never_seen_is_zero_after_recentring_too() -> None:
    clip = still_body(5)
    clip[:, [LEFT_HIP, RIGHT_HIP], 0] = 0.4
    clip[:, 7] = np.nan
    features = extract(clip)
    assert not features[:13, :, 7].any()


def test_clip_without_hips_is_not_recentred() -> None:
    clip = still_body(3)
    clip[:, RIGHT_HIP, :3] = np.nan
    np.testing.assert_allclose(channel(extract(clip), "x")[:, 0], 0.5)


def test_empty_clip_is_all_zero() -> None:
    assert not extract(np.full((10, 33, 5), np.nan)).any()


def test_frame_valid_frac_is_the_share_of_observed_landmarks() -> None:
    clip = still_body(2)
    clip[1, :11] = np.nan
    np.testing.assert_allclose(channel(extract(clip), "frame_valid_frac")[:, 0], [1.0, 22 / 33])


def test_missing_confidence_becomes_zero() -> None:
    clip = still_body(2)
    clip[1, 5, 3:5] = np.nan
    features = extract(clip)
    assert channel(features, "visibility")[1, 5] == 0
    assert channel(features, "presence")[1, 5] == 0
    assert channel(features, "joint_valid")[1, 5] == 1
