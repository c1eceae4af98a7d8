"""Random, harmless changes to a training clip, made in landmark space before the features.

A landmark that was not observed stays unobserved: nothing here invents a measurement, and what
is dropped is dropped as a pose extractor loses it, all five values NaN.
"""

from __future__ import annotations

import numpy as np

from edgekit.clips import Clip, observed
from edgekit.skeleton import MIRROR, N_LANDMARKS

MIRROR_CHANCE = 0.5
MAX_SCALE = 1.15
"""The body grows or shrinks by at most this factor."""
MAX_ROTATION_DEG = 15.0
MAX_SHIFT_FRAC = 1 / 15
"""The share of the clip that a time shift may push out at one end."""
BURST_CHANCE = 0.3
"""For each group of `GROUPS`, to be lost for a while."""
MAX_BURST_FRAC = 0.2
"""The longest burst, as a share of the clip."""
SCATTER_CHANCE, MAX_SCATTER_FRAC = 0.3, 0.1
"""The chance of losing single landmarks all over the clip, and the largest share of them."""

GROUPS: tuple[tuple[int, ...], ...] = (
    tuple(range(11)),  # face
    (13, 15, 17, 19, 21),  # left arm below the shoulder
    (14, 16, 18, 20, 22),
    (25, 27, 29, 31),  # left leg below the hip
    (26, 28, 30, 32),
    tuple(range(N_LANDMARKS)),  # the whole person
)
"""Landmarks that occlusion takes together."""


def augment(clip: Clip, rng: np.random.Generator) -> Clip:
    """Return a changed copy of `clip`, float (T, V, 5), its dtype and length kept.

    Mirrored, scaled, rotated in the image plane, shifted in time, with landmarks lost, all as
    `rng` decides; the label of the clip still holds.
    """
    if rng.random() < MIRROR_CHANCE:
        clip = mirror(clip)
    scale = MAX_SCALE ** rng.uniform(-1.0, 1.0)
    clip = scale_and_rotate(clip, scale, np.deg2rad(rng.uniform(-1.0, 1.0) * MAX_ROTATION_DEG))
    longest = int(len(clip) * MAX_SHIFT_FRAC)
    return lose(shift(clip, int(rng.integers(-longest, longest + 1))), rng)


def mirror(clip: Clip) -> Clip:
    """Exchange left and right: the landmarks swap sides and x becomes 1 - x."""
    mirrored: Clip = clip[:, MIRROR]
    mirrored[:, :, 0] = 1.0 - mirrored[:, :, 0]
    return mirrored


def scale_and_rotate(clip: Clip, scale: float, angle_rad: float) -> Clip:
    """Scale x, y and z about the body's mean position, and rotate x and y about it.

    The image's aspect ratio is not recorded, so y counts as if it were in the same unit as x:
    in a wide image the rotation also shears the body a little.
    """
    seen = observed(clip)
    if not seen.any():
        return np.array(clip)
    xyz = clip[:, :, :3]
    centre = xyz[seen].mean(axis=0)  # (3,)
    cos, sin = np.cos(angle_rad), np.sin(angle_rad)
    turn = scale * np.array([[cos, sin, 0.0], [-sin, cos, 0.0], [0.0, 0.0, 1.0]])
    moved = np.array(clip)
    # Only whole observations move: a product with NaN would spread it to the other coordinates.
    moved[:, :, :3][seen] = (xyz[seen] - centre) @ turn.astype(clip.dtype) + centre
    return moved


def shift(clip: Clip, n_frames: int) -> Clip:
    """Move the clip by `n_frames` (later when positive); frames that come in are unobserved."""
    moved = np.full_like(clip, np.nan)
    length = len(clip) - abs(n_frames)
    start, end = max(-n_frames, 0), max(n_frames, 0)
    moved[end : end + length] = clip[start : start + length]
    return moved


def lose(clip: Clip, rng: np.random.Generator) -> Clip:
    """Drop landmarks to NaN: groups of them in bursts, whole frames, and scattered ones."""
    lost = np.zeros(clip.shape[:2], dtype=np.bool_)  # (T, V)
    longest = max(1, int(len(clip) * MAX_BURST_FRAC))
    for group in GROUPS:
        if rng.random() < BURST_CHANCE:
            length = int(rng.integers(1, longest + 1))
            start = int(rng.integers(0, len(clip)))
            lost[start : start + length, list(group)] = True
    if rng.random() < SCATTER_CHANCE:
        lost |= rng.random(lost.shape) < rng.uniform(0.0, MAX_SCATTER_FRAC)
    return np.where(lost[:, :, None], np.asarray(np.nan, dtype=clip.dtype), clip)
