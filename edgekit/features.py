"""A clip of landmarks becomes the network's 14 channels: the one path of training and serving.

The preprocessing is the write-up's: interpolate, re-centre on the hips, mask-aware motion.
All of it is NumPy over whole arrays; `benchmarks/edgekit_bench/reference_features.py` holds the
same rules as plain loops, to which the tests hold it equal and against which it is timed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgekit.skeleton import LEFT_HIP, N_LANDMARKS, RIGHT_HIP

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

_ONES = np.ones(N_LANDMARKS, dtype=np.float32)


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
    x, y, z = np.isfinite(xyz)
    valid = x & y & z  # (T, V)
    never = (~np.logical_or.reduce(valid)).nonzero()[0]  # landmarks
    _interpolate(xyz, valid, never)
    _recentre(xyz, valid)
    if never.size:
        xyz[:, :, never] = 0.0

    # Every plane is written in place: fresh arrays of this size would go back to the operating
    # system after each call, and faulting them in again costs more than the arithmetic.
    features = np.empty((N_CHANNELS, n_frames, n_landmarks), dtype=np.float32)
    features[0:3], features[10] = xyz, valid
    _motion(xyz, features)
    confidence = features[11:13]
    confidence[:] = planes[3:5]
    # A product of their bits with 0 turns NaN into 0.0, in a quarter of the time of a selection.
    bits = confidence.view(np.int32)
    bits *= np.isfinite(confidence)
    # Whole numbers are exact in float32, and a product with ones sums faster than `sum`.
    n_valid = features[10] @ _ONES  # (T,)
    n_valid /= n_landmarks
    features[13] = n_valid[:, None]
    return features


def _motion(xyz: Floats, features: NDArray[np.float32]) -> None:
    """Write velocity, acceleration and speed of `xyz` (3, T, V), where observed, else 0."""
    valid = features[10]  # as numbers: products of float32 with booleans are slower
    velocity, acceleration = features[3:6, 1:], features[6:9, 2:]
    features[3:10, :2] = 0.0
    both = valid[1:] * valid[:-1]  # (T-1, V)
    np.subtract(xyz[:, 1:], xyz[:, :-1], out=velocity, casting="same_kind")
    velocity *= both
    np.subtract(velocity[:, 1:], velocity[:, :-1], out=acceleration)
    acceleration *= both[1:] * both[:-1]
    speed, y, z = velocity * velocity
    speed += y
    speed += z
    np.sqrt(speed, out=features[9, 1:])


def _interpolate(xyz: Floats, valid: Mask, never: NDArray[np.intp]) -> None:
    """Fill unobserved coordinates of `xyz` (3, T, V) in place: linear in time, ends held.

    The landmarks `never` observed become 0. Observed values stay as they are, to the bit.
    """
    if never.size:
        xyz[:, :, never] = 0.0
        valid = valid.copy()
        valid[:, never] = True
    n_frames, n_landmarks = valid.shape
    # Landmark by landmark along time, the neighbours of a gap are the last and next knot.
    track = valid.T.ravel()
    gaps, knots = (~track).nonzero()[0], track.nonzero()[0]
    if gaps.size == 0:
        return
    joint = gaps // n_frames
    start = joint * n_frames
    n_before = gaps - np.arange(gaps.size)
    left = knots.take(n_before - 1, mode="clip")
    right = knots.take(n_before, mode="clip")
    # Each landmark has a knot by now: where one neighbour is another landmark's, the other is not.
    np.copyto(left, right, where=left < start)
    np.copyto(right, left, where=right >= start + n_frames)

    share = (gaps - left) / np.maximum(right - left, 1)
    offset = joint * (n_frames * n_landmarks - 1)  # from place in `track` to place in a plane
    here, left, right = (place * n_landmarks - offset for place in (gaps, left, right))
    flat = xyz.reshape(3, -1)
    low, filled = flat.take(left, axis=1), flat.take(right, axis=1)
    filled -= low
    filled *= share
    filled += low
    for plane, values in zip(flat, filled, strict=True):
        plane[here] = values


def _recentre(xyz: Floats, valid: Mask) -> None:
    """Subtract the hips' midpoint from `xyz` (3, T, V) in place, the last valid one carried."""
    has_root = valid[:, LEFT_HIP] & valid[:, RIGHT_HIP]  # (T,)
    if not has_root.any():
        return
    frames = np.arange(has_root.size)
    source = np.maximum.accumulate(np.where(has_root, frames, has_root.argmax()))
    root = (xyz[:, :, LEFT_HIP] + xyz[:, :, RIGHT_HIP]) / 2.0  # (3, T)
    xyz -= root.take(source, axis=1)[:, :, None]
