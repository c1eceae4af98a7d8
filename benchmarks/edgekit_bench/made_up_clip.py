"""A clip to work on that is nobody's."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edgekit.skeleton import N_LANDMARKS

MISSING_SHARE = 0.2


def bench_clip(n_frames: int, seed: int) -> NDArray[np.float64]:
    """Return a clip of wandering landmarks, float64 (T, V, 5), a fifth of them missing."""
    rng = np.random.default_rng(seed)
    start = rng.uniform(0.3, 0.7, (1, N_LANDMARKS, 3))
    xyz = start + rng.normal(0.0, 0.004, (n_frames, N_LANDMARKS, 3)).cumsum(axis=0)
    confidence = rng.uniform(0.5, 1.0, (n_frames, N_LANDMARKS, 2))
    clip = np.concatenate([xyz, confidence], axis=2)
    clip[rng.random((n_frames, N_LANDMARKS)) < MISSING_SHARE] = np.nan
    return clip
