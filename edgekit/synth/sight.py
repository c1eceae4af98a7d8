"""What a landmark extractor makes of the picture: jitter, doubt, and landmarks it loses.

The same kinds of fault as MediaPipe's, in round figures: hidden limbs get a low visibility and
wander, landmarks outside the picture a low presence, z is several times noisier than x and y
and drifts, limbs go missing in bursts, and now and then nobody is found at all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgekit.skeleton import LANDMARKS, LEFT_HIP, N_LANDMARKS, RIGHT_HIP
from edgekit.synth.body import Floats
from edgekit.synth.movement import noise

LIMBS: dict[str, tuple[int, ...]] = {
    "head": tuple(range(11)),
    "left_arm": (13, 15, 17, 19, 21),
    "right_arm": (14, 16, 18, 20, 22),
    "left_leg": (25, 27, 29, 31),
    "right_leg": (26, 28, 30, 32),
}
"""Landmarks that are lost together. Shoulders and hips go only with the whole frame."""

Z_JITTER = 5.0
"""How much noisier z is than x and y."""

_SHOULDERS = (LANDMARKS.index("left_shoulder"), LANDMARKS.index("right_shoulder"))
_EARS = (LANDMARKS.index("left_ear"), LANDMARKS.index("right_ear"))


@dataclass(frozen=True)
class Sight:
    """How well the extractor does in one clip."""

    jitter: float
    """Standard deviation of x and y of a clearly seen landmark, in picture widths."""
    bursts_per_s: float
    """How often a hidden limb is lost; a clearly seen one is lost a tenth as often."""
    gaps_per_s: float
    """How often nobody is found."""
    unseen: tuple[str, ...] = ()
    """Limbs that are never found."""
    covered: tuple[str, ...] = ()
    """Limbs under a blanket: found, with little confidence, and wandering."""


def draw_sight(rng: np.random.Generator, quality: float) -> Sight:
    """Draw a clip's conditions; `quality` is 1 for a typical camera and room, less is better."""
    unseen: tuple[str, ...] = ()
    if rng.random() < 0.04:
        unseen = (str(rng.choice(("left_arm", "right_arm", "left_leg", "right_leg"))),)
    covered = ("left_leg", "right_leg") if rng.random() < 0.1 else ()
    return Sight(
        jitter=quality * rng.uniform(0.0005, 0.0015),
        bursts_per_s=quality * rng.gamma(0.6, 0.55),
        gaps_per_s=quality * rng.gamma(0.5, 0.13),
        unseen=unseen,
        covered=covered,
    )


def look(
    rng: np.random.Generator,
    truth: Floats,
    cover: Floats,
    sight: Sight,
    *,
    fps: float,
    aspect: float,
) -> Floats:
    """Return what the extractor reports of `truth` (T, 33, 3), float64 (T, 33, 5).

    `cover` (T,) is how much of the child somebody's arms hide. A landmark of a lost limb has
    NaN for x, y, z and keeps its low visibility and presence; a lost frame is NaN throughout.
    """
    time_s = np.arange(len(truth)) / fps
    outside = _outside(truth)
    visibility = _visibility(rng, truth, cover, sight, time_s=time_s, aspect=aspect) * (
        1.0 - 0.9 * outside
    )
    presence = np.clip(0.985 - 0.25 * (1.0 - visibility) ** 2 - 0.7 * outside, 0.01, 1.0)
    report = np.empty((*truth.shape[:2], 5))
    report[..., :3] = truth + _error(rng, visibility, sight, time_s, aspect)
    report[..., 3] = visibility
    report[..., 4] = presence
    lost = _lost_limbs(rng, visibility, sight, fps)
    report[lost, :3] = np.nan
    report[lost, 3:] *= 0.4
    gone = _bursts(rng, sight.gaps_per_s * (1.0 + 4.0 * cover), fps, median_s=0.2)
    report[gone] = np.nan
    # Six decimals are beyond any extractor, and hide how processors differ in the last bit.
    return np.asarray(np.round(report, 6))


def _visibility(
    rng: np.random.Generator,
    truth: Floats,
    cover: Floats,
    sight: Sight,
    *,
    time_s: Floats,
    aspect: float,
) -> Floats:
    """Confidence (T, V) from 0 to 1."""
    doubt = 6.5 * _hidden(truth, aspect)
    for limb in sight.covered:
        doubt[:, LIMBS[limb]] += 4.5
    reach = rng.uniform(0.2, 1.0, N_LANDMARKS)
    doubt += 7.0 * cover[:, None] * reach
    doubt += 0.5 * noise(rng, time_s, N_LANDMARKS, 0.2, 3.0)
    certain = np.full(N_LANDMARKS, 4.0)
    certain[list(LIMBS["head"])] = 6.0
    return np.asarray(1.0 / (1.0 + np.exp(doubt - certain)))


def _hidden(truth: Floats, aspect: float) -> Floats:
    """How far (T, V), 0 to 1, trunk or head stand between a landmark and the camera."""
    wide = truth / np.array([1.0, aspect, 1.0])  # all in picture widths
    hips = (wide[:, LEFT_HIP] + wide[:, RIGHT_HIP]) / 2.0
    shoulders = wide[:, _SHOULDERS].mean(axis=1)
    axis = (shoulders - hips)[:, None]
    away = wide - hips[:, None]
    length = np.linalg.norm(axis[..., :2], axis=-1) + 1e-6
    along = np.clip((away[..., :2] * axis[..., :2]).sum(axis=-1) / length**2, 0.0, 1.0)
    off = away - along[..., None] * axis
    radius = 0.3 * length
    beside = np.linalg.norm(off[..., :2], axis=-1)
    hidden = _step((radius - beside) / (0.15 * radius)) * _step(
        (off[..., 2] - 0.35 * radius) / (0.15 * radius)
    )
    # Of the face, the side that is turned away is hidden by the head itself.
    face = list(LIMBS["head"])
    middle = wide[:, _EARS].mean(axis=1)[:, None, 2]
    size = 0.3 * length
    hidden[:, face] = _step((wide[:, face, 2] - middle - 0.3 * size) / (0.15 * size))
    return hidden


def _outside(truth: Floats) -> Floats:
    """How far (T, V), 0 to 1, a landmark lies outside the picture."""
    beyond = np.maximum(np.maximum(-truth[..., :2], truth[..., :2] - 1.0).max(axis=-1), 0.0)
    return np.asarray(np.minimum(beyond / 0.04, 1.0))


def _error(
    rng: np.random.Generator, visibility: Floats, sight: Sight, time_s: Floats, aspect: float
) -> Floats:
    """What is added to x, y, z (T, V, 3): jitter, wandering when unsure, drift of z."""
    n_frames = len(visibility)
    unsure = 1.0 - visibility[..., None]
    white = rng.normal(size=(n_frames + 2, N_LANDMARKS, 3))
    # Trackers smooth: neighbouring frames err alike.
    jitter = (0.5 * white[:-2] + 0.75 * white[1:-1] + 0.5 * white[2:]) / 1.03
    wander = noise(rng, time_s, 3 * N_LANDMARKS, 0.2, 1.5).reshape(n_frames, N_LANDMARKS, 3)
    error = sight.jitter * ((1.0 + 4.0 * unsure) * jitter + 12.0 * unsure * wander)
    drift = noise(rng, time_s, N_LANDMARKS, 0.05, 0.5) * 4.0 * sight.jitter
    error[..., 2] = Z_JITTER * error[..., 2] + drift
    error[..., 1] *= aspect
    return np.asarray(error)


def _lost_limbs(
    rng: np.random.Generator, visibility: Floats, sight: Sight, fps: float
) -> NDArray[np.bool_]:
    """Which landmarks (T, V) go missing while the rest of the child is found."""
    lost = np.zeros(visibility.shape, dtype=np.bool_)
    for name, limb in LIMBS.items():
        hidden = 1.0 - visibility[:, limb].mean(axis=1)
        burst = _bursts(rng, sight.bursts_per_s * (0.1 + 1.5 * hidden), fps, median_s=0.25)
        if name in sight.unseen:
            burst[:] = True
        lost[:, limb] = burst[:, None]
    return lost


def _bursts(
    rng: np.random.Generator, per_s: Floats, fps: float, *, median_s: float
) -> NDArray[np.bool_]:
    """Return when something is lost, (T,): bursts that begin `per_s` (T,) times a second."""
    missing = np.zeros(len(per_s), dtype=np.bool_)
    begins = rng.random(len(per_s)) < per_s / fps
    lengths = rng.lognormal(np.log(median_s), 0.8, len(per_s)) * fps
    for start in np.flatnonzero(begins):
        missing[start : start + max(1, round(float(lengths[start])))] = True
    return missing


def _step(value: Floats) -> Floats:
    return np.asarray(0.5 * (1.0 + np.tanh(value)))
