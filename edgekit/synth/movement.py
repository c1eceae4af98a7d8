"""How an infant moves between events: smooth, band-limited, never still, never the same.

A `Motion` is what a stretch of time adds to the resting posture. Gestures (`spasms.py`,
`ordinary.py`) and spontaneous movement all produce one, and they simply add up.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgekit.synth.body import ANGLES, N_ANGLES, Floats, offsets

N_TONES = 8
"""Sinusoids in each band of noise."""


@dataclass(frozen=True)
class Motion:
    """What T frames add to posture, place and camera."""

    angles: Floats
    """(T, A) radians."""
    shift: Floats
    """(T, 3) metres, of the whole child in the cot."""
    shake: Floats
    """(T, 3): the picture's shift right and down in image widths, and its turn in radians."""
    cover: Floats
    """(T,) from 0 to 1: how much of the child somebody's arms hide."""


def motion(
    n_frames: int,
    *,
    angles: Floats | None = None,
    shift: Floats | None = None,
    shake: Floats | None = None,
    cover: Floats | None = None,
) -> Motion:
    """Return a `Motion` of `n_frames`; what is not given stays as it was."""
    return Motion(
        np.zeros((n_frames, N_ANGLES)) if angles is None else angles,
        np.zeros((n_frames, 3)) if shift is None else shift,
        np.zeros((n_frames, 3)) if shake is None else shake,
        np.zeros(n_frames) if cover is None else cover,
    )


def ease(share: Floats) -> Floats:
    """Go from 0 to 1 as a reaching hand does (minimum jerk: Flash and Hogan 1985)."""
    u = np.clip(share, 0.0, 1.0)
    return u * u * u * (10.0 - 15.0 * u + 6.0 * u * u)


def pulse(time_s: Floats, rise_s: float, hold_s: float, fall_s: float) -> Floats:
    """Rise from 0 to 1 from time 0 on, hold, and fall back to 0."""
    return ease(time_s / rise_s) - ease((time_s - rise_s - hold_s) / fall_s)


def noise(
    rng: np.random.Generator, time_s: Floats, n: int, low_hz: float, high_hz: float
) -> Floats:
    """Return `n` independent smooth noises (T, n), mean 0, variance 1, within a band."""
    frequency = low_hz * (high_hz / low_hz) ** rng.random((N_TONES, n))
    phase = rng.uniform(0.0, 2.0 * np.pi, (N_TONES, n))
    total = np.zeros((len(time_s), n))
    for tone in range(N_TONES):
        total += np.sin(2.0 * np.pi * time_s[:, None] * frequency[tone] + phase[tone])
    total *= np.sqrt(2.0 / N_TONES)
    return total


@dataclass(frozen=True)
class Temper:
    """How one child moves when nothing in particular happens."""

    amplitude: float
    """Size of spontaneous movement; 1 is typical."""
    tempo: float
    """Speed of everything the child does; 1 is typical."""


def spontaneous(
    rng: np.random.Generator, time_s: Floats, temper: Temper, drive: float | Floats
) -> Motion:
    """General movements: slow ones of every joint, quicker ones of the limbs, in waves.

    Each limb and the trunk swell and fade on their own; a leg's hip and knee work together.
    `drive`, a number or (T,), scales the whole: 0.4 in a drowsy child, 2 in an excited one.
    """
    f = temper.tempo
    slow = noise(rng, time_s, N_ANGLES, 0.05 * f, 0.4 * f)
    quick = noise(rng, time_s, N_ANGLES, 0.4 * f, 1.9 * f)
    waves = 1.0 + np.tanh(noise(rng, time_s, len(PARTS), 0.04 * f, 0.3 * f))[:, _PART_OF]
    angles = (0.75 * slow + 0.5 * quick * waves) * _SPREAD
    angles *= temper.amplitude * np.broadcast_to(drive, len(time_s))[:, None]
    for side in ("left", "right"):
        hip, knee = ANGLES.index(f"{side}_hip_flex"), ANGLES.index(f"{side}_knee")
        angles[:, knee] += 0.9 * angles[:, hip]
    return motion(len(time_s), angles=angles)


_SPREAD = np.abs(
    offsets(
        trunk_flex=3,
        trunk_side=3,
        trunk_twist=4,
        neck_flex=5,
        neck_side=5,
        neck_twist=13,
        shoulder_flex=15,
        shoulder_abd=14,
        shoulder_rot=14,
        elbow=18,
        wrist=13,
        hip_flex=13,
        hip_abd=8,
        hip_rot=9,
        knee=12,
        ankle=9,
        root_pitch=1,
        root_roll=3,
        root_yaw=2,
    )
)
"""Typical spread of each angle in spontaneous movement, (A,) radians."""

PARTS: tuple[str, ...] = ("axis", "left arm", "right arm", "left leg", "right leg")
"""Head and trunk together, and each limb."""


def _part_of(name: str) -> int:
    side, _, joint = name.partition("_")
    if side not in ("left", "right"):
        return 0
    limb = "arm" if joint.startswith(("shoulder", "elbow", "wrist")) else "leg"
    return PARTS.index(f"{side} {limb}")


_PART_OF = [_part_of(name) for name in ANGLES]


def part_weights(*weights: float) -> Floats:
    """Return (A,) weights that scale a change of pose part by part, in the order of `PARTS`."""
    return np.array(weights, dtype=np.float64)[_PART_OF]
