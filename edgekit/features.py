"""A clip of landmarks becomes the network's 14 channels: the one path of training and serving.

The preprocessing is the write-up's: interpolate, re-centre on the hips, mask-aware motion.
All of it is NumPy over whole arrays; `benchmarks/edgekit_bench/reference_features.py` holds the
same rules as plain loops, to which the tests hold it equal and against which it is timed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgekit.skeleton import LEFT_HIP, RIGHT_HIP

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

CHANNELS: tuple[str, ...] = (
    *("x", "y", "z"),
    *("vx", "vy", "vz"),
    *("ax", "ay", "az"),
    *("speed", "joint_valid", "visibility", "presence", "frame_valid_frac"),
)
"""Channel order of `extract`. Positions in image widths, motion in widths per frame."""

N_CHANNELS = len(CHANNELS)


def extract(clip: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Return the features of one clip, float32 (14, T, V), always finite.

    `clip` is (T, V, 5): x, y, z, visibility, presence; a landmark is observed in a frame when
    its x, y and z are all finite. Shapes and values are checked where clips are read
    (`edgekit.clips`), not here.

    Source: the write-up's preprocessing. Where it is silent: frames before the first valid root
    take that root, a clip without any root is not re-centred, and a landmark never observed is
    0 after re-centring too, so that it does not tell where the camera stood.
    """
    n_frames, n_landmarks = clip.shape[:2]
    planes = np.asarray(clip).transpose(2, 0, 1)  # (5, T, V)
    xyz = planes[:3].astype(np.float64, order="C")  # (3, T, V)
    valid = np.logical_and.reduce(np.isfinite(xyz))  # (T, V)
    _interpolate(xyz, valid)
    _recentre(xyz, valid)
    seen = valid.any(axis=0)  # (V,)
    if not seen.all():
        xyz[:, :, ~seen] = 0.0

    # Every plane is written in place: fresh arrays of this size would go back to the operating
    # system after each call, and faulting them in again costs more than the arithmetic.
    features = np.zeros((N_CHANNELS, n_frames, n_landmarks), dtype=np.float32)
    features[0:3] = xyz
    velocity, acceleration = features[3:6, 1:], features[6:9, 2:]
    both = valid[1:] & valid[:-1]  # (T-1, V)
    np.subtract(xyz[:, 1:], xyz[:, :-1], out=velocity, casting="same_kind")
    velocity *= both
    np.subtract(velocity[:, 1:], velocity[:, :-1], out=acceleration)
    acceleration *= both[1:] & both[:-1]
    vx, vy, vz = velocity
    np.sqrt(vx * vx + vy * vy + vz * vz, out=features[9, 1:])
    features[10] = valid
    features[11:13] = planes[3:5]
    np.putmask(features[11:13], ~np.isfinite(features[11:13]), 0.0)
    features[13] = features[10].mean(axis=1, keepdims=True)
    return features


def _interpolate(xyz: Floats, valid: Mask) -> None:
    """Fill unobserved coordinates of `xyz` (3, T, V) in place: linear in time, ends held.

    A landmark that was never observed becomes 0. Observed values stay as they are, to the bit.
    """
    n_frames, n_landmarks = valid.shape
    # Landmark by landmark along time, the neighbours of a gap are the last and next knot.
    track = valid.T.ravel()
    gaps, knots = np.flatnonzero(~track), np.flatnonzero(track)
    if gaps.size == 0:
        return
    joint, frame = np.divmod(gaps, n_frames)
    if knots.size == 0:
        xyz[:] = 0.0
        return
    n_before = np.cumsum(track)[gaps]
    start = joint * n_frames
    left = knots[np.maximum(n_before - 1, 0)] - start
    right = knots[np.minimum(n_before, knots.size - 1)] - start
    has_left = (n_before > 0) & (left >= 0)
    has_right = (right > frame) & (right < n_frames)
    left, right = np.where(has_left, left, right), np.where(has_right, right, left)
    never = ~(has_left | has_right)
    left[never] = right[never] = 0

    share = (frame - left) / np.maximum(right - left, 1)
    share_of_none = np.where(never, 0.0, 1.0)
    here, left, right = (t * n_landmarks + joint for t in (frame, left, right))
    for plane in xyz.reshape(3, -1):
        low = plane.take(left)
        plane[here] = (low + share * (plane.take(right) - low)) * share_of_none


def _recentre(xyz: Floats, valid: Mask) -> None:
    """Subtract the hips' midpoint from `xyz` (3, T, V) in place, the last valid one carried."""
    has_root = valid[:, LEFT_HIP] & valid[:, RIGHT_HIP]  # (T,)
    if not has_root.any():
        return
    source = np.maximum.accumulate(np.where(has_root, np.arange(has_root.size), -1))
    source[source < 0] = has_root.argmax()
    root = (xyz[:, :, LEFT_HIP] + xyz[:, :, RIGHT_HIP]) / 2.0  # (3, T)
    xyz -= root[:, source, None]
