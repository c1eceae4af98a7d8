"""Augmentation changes where a body is and what was seen of it, never what was not seen."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from toy_cohort import toy_clip

from edgekit.clips import Clip, check_clip, observed
from edgekit.features import extract
from edgekit.skeleton import EDGES, MIRROR
from edgekit.train.augment import GROUPS, augment, lose, mirror, scale_and_rotate, shift

seeds = st.integers(0, 2**32)


def _clip(seed: int, n_frames: int = 30) -> Clip:
    return toy_clip(np.random.default_rng(seed), seed % 2, n_frames)


def _bones(clip: Clip, n_axes: int) -> NDArray[np.float64]:
    a, b = np.array(EDGES).T
    return np.linalg.norm(clip[:, a, :n_axes] - clip[:, b, :n_axes], axis=2)  # type: ignore[no-any-return]  # its stub


@given(seed=seeds)
@settings(max_examples=50, deadline=None)
def test_an_augmented_clip_is_a_clip_with_the_same_values_or_fewer(seed: int) -> None:
    clip = _clip(seed).astype(np.float32)
    before = clip.copy()
    changed = augment(clip, np.random.default_rng(seed))
    assert changed.dtype == np.float32
    assert changed.shape == clip.shape
    check_clip(changed, name="augmented")
    assert observed(changed).sum() <= observed(clip).sum()
    np.testing.assert_array_equal(clip, before)
    assert np.isfinite(extract(changed)).all()


@given(seed=seeds)
@settings(max_examples=50, deadline=None)
def test_the_same_generator_gives_the_same_clip(seed: int) -> None:
    first, second, other = (augment(_clip(1), np.random.default_rng(s)) for s in (seed, seed, 1))
    np.testing.assert_array_equal(first, second)
    assert seed == 1 or not np.array_equal(first, other, equal_nan=True)


@given(seed=seeds)
@settings(max_examples=30, deadline=None)
def test_mirror_twice_is_nothing(seed: int) -> None:
    clip = _clip(seed)
    np.testing.assert_allclose(mirror(mirror(clip)), clip, atol=1e-15)
    np.testing.assert_array_equal(observed(mirror(clip)), observed(clip)[:, MIRROR])


def test_mirror_swaps_sides_and_flips_x() -> None:
    clip = _clip(0)
    clip[0, 15] = [0.2, 0.3, 0.4, 0.5, 0.6]
    np.testing.assert_array_equal(mirror(clip)[0, 16], [0.8, 0.3, 0.4, 0.5, 0.6])


@given(seed=seeds, scale=st.floats(0.5, 2), angle_rad=st.floats(-3, 3))
@settings(max_examples=50, deadline=None)
def test_scaling_scales_every_bone_and_rotation_keeps_it(
    seed: int, scale: float, angle_rad: float
) -> None:
    clip = _clip(seed)
    moved = scale_and_rotate(clip, scale, angle_rad)
    np.testing.assert_array_equal(observed(moved), observed(clip))
    np.testing.assert_array_equal(moved[:, :, 3:], clip[:, :, 3:])
    for n_axes in (2, 3):
        np.testing.assert_allclose(_bones(moved, n_axes), scale * _bones(clip, n_axes), atol=1e-12)
    seen = observed(clip)
    centres = (moved[:, :, :3][seen].mean(axis=0), clip[:, :, :3][seen].mean(axis=0))
    np.testing.assert_allclose(*centres, atol=1e-12)


def test_rotation_turns_x_towards_y() -> None:
    clip = np.full((1, 33, 5), np.nan)
    clip[0, 0], clip[0, 1] = [0.4, 0.5, 0, 1, 1], [0.6, 0.5, 0, 1, 1]
    turned = scale_and_rotate(clip, 1.0, np.pi / 2)
    np.testing.assert_allclose(turned[0, 1, :3], [0.5, 0.6, 0.0], atol=1e-12)


def test_a_landmark_seen_in_part_is_not_moved() -> None:
    clip = _clip(0)
    clip[3, 4, 1] = np.nan
    np.testing.assert_array_equal(scale_and_rotate(clip, 1.1, 0.2)[3, 4], clip[3, 4])


def test_a_clip_without_any_landmark_stays_as_it_is() -> None:
    nothing = np.full((20, 33, 5), np.nan)
    np.testing.assert_array_equal(augment(nothing, np.random.default_rng(0)), nothing)


@pytest.mark.parametrize("n_frames", [-29, -3, 0, 3, 29])
def test_shift_moves_frames_and_leaves_the_rest_unobserved(n_frames: int) -> None:
    clip = _clip(0)
    moved = shift(clip, n_frames)
    for frame in range(len(clip)):
        source = frame - n_frames
        if 0 <= source < len(clip):
            np.testing.assert_array_equal(moved[frame], clip[source])
        else:
            assert np.isnan(moved[frame]).all()


@given(seed=seeds)
@settings(max_examples=50, deadline=None)
def test_what_is_lost_is_lost_whole(seed: int) -> None:
    clip = np.ones((40, 33, 5))
    kept = lose(clip, np.random.default_rng(seed))
    lost = np.isnan(kept)
    np.testing.assert_array_equal(lost.any(axis=2), lost.all(axis=2))
    np.testing.assert_array_equal(kept[~lost], 1.0)


def test_whole_frames_and_whole_limbs_get_lost_in_bursts() -> None:
    n_bursts = np.zeros(len(GROUPS))
    for seed in range(60):
        lost = np.isnan(lose(np.ones((40, 33, 5)), np.random.default_rng(seed))[:, :, 0])
        for number, group in enumerate(GROUPS):
            gone = np.asarray(lost[:, group].all(axis=1))
            n_bursts[number] += any(first and second for first, second in pairwise(gone.tolist()))
    assert (n_bursts >= 5).all()
    assert (n_bursts <= 40).all()
