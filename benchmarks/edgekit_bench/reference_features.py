"""The write-up's preprocessing as it reads: one landmark and one axis at a time.

Kept as the yardstick of `edgekit.features.extract`: tests hold the two equal, `edgekit bench`
times them side by side. Nothing else may use it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgekit.skeleton import LEFT_HIP, RIGHT_HIP


def extract_by_loops(clip: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Return what `edgekit.features.extract` returns, float32 (14, T, V)."""
    n_frames, n_landmarks = clip.shape[:2]
    xyz = np.array(clip[:, :, :3], dtype=np.float64)  # (T, V, 3)
    valid = np.asarray(np.isfinite(xyz).all(axis=2))  # (T, V)

    frames = np.arange(n_frames)
    for v in range(n_landmarks):
        seen = valid[:, v]
        for axis in range(3):
            if seen.any():
                xyz[:, v, axis] = np.interp(frames, frames[seen], xyz[seen, v, axis])
            else:
                xyz[:, v, axis] = 0.0

    _subtract_root(xyz, valid)
    xyz[:, ~valid.any(axis=0)] = 0.0

    velocity, acceleration = np.zeros_like(xyz), np.zeros_like(xyz)
    has_velocity = np.zeros_like(valid)
    has_velocity[1:] = valid[1:] & valid[:-1]
    velocity[1:] = np.where(has_velocity[1:, :, None], xyz[1:] - xyz[:-1], 0.0)
    steady = has_velocity[2:] & has_velocity[1:-1]
    acceleration[2:] = np.where(steady[:, :, None], velocity[2:] - velocity[1:-1], 0.0)

    seen_share = np.repeat(valid.mean(axis=1)[:, None], n_landmarks, axis=1)
    confidence = np.where(np.isfinite(clip[:, :, 3:5]), clip[:, :, 3:5], 0.0)
    speed = np.linalg.norm(velocity, axis=2)
    channels = [
        *np.moveaxis(xyz, 2, 0),
        *np.moveaxis(velocity, 2, 0),
        *np.moveaxis(acceleration, 2, 0),
        speed,
        valid,
        *np.moveaxis(confidence, 2, 0),
        seen_share,
    ]
    return np.stack(channels).astype(np.float32)


def _subtract_root(xyz: NDArray[np.float64], valid: NDArray[np.bool_]) -> None:
    has_root = valid[:, LEFT_HIP] & valid[:, RIGHT_HIP]
    if not has_root.any():
        return
    root = (xyz[:, LEFT_HIP] + xyz[:, RIGHT_HIP]) / 2.0
    current = root[np.argmax(has_root)].copy()
    for t in range(len(xyz)):
        if has_root[t]:
            current = root[t].copy()
        xyz[t] -= current
