"""One synthetic child: its body, how it lies, moves and has spasms, and who films it how."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from edgekit.synth.body import N_ANGLES, Body, Floats, draw_body, offsets
from edgekit.synth.camera import Camera, draw_camera
from edgekit.synth.movement import Temper
from edgekit.synth.spasms import SpasmStyle, draw_style

Posture = Literal["supine", "side", "half_sitting"]
POSTURES: tuple[Posture, ...] = ("supine", "side", "half_sitting")


@dataclass(frozen=True)
class Child:
    """What stays the same in all clips of a child."""

    body: Body
    posture: Posture
    rest: Floats
    """(A,) the pose that it comes back to."""
    temper: Temper
    spasms: SpasmStyle
    camera: Camera
    quality: float
    """How poor the picture is; 1 is typical, see `sight.draw_sight`."""


def draw_child(rng: np.random.Generator) -> Child:
    """Draw a child."""
    body = draw_body(rng)
    posture = POSTURES[rng.choice(len(POSTURES), p=(0.55, 0.2, 0.25))]
    return Child(
        body=body,
        posture=posture,
        rest=draw_rest(rng, posture),
        temper=Temper(amplitude=float(rng.uniform(0.6, 1.4)), tempo=float(rng.uniform(0.75, 1.35))),
        spasms=draw_style(rng),
        camera=draw_camera(rng, body),
        quality=float(rng.uniform(0.6, 1.5)),
    )


def draw_rest(rng: np.random.Generator, posture: Posture) -> Floats:
    """Draw a resting pose (A,) for a posture."""
    base = _REST[posture].copy()
    if posture == "side":
        base = base + offsets(root_roll=float(rng.choice((-1, 1)) * rng.uniform(50, 75)))
    if posture == "half_sitting":
        base = base + offsets(root_pitch=float(rng.uniform(22, 48)))
    return np.asarray(base + rng.normal(0.0, 1.0, N_ANGLES) * _VARIETY)


def vary(rng: np.random.Generator, rest: Floats) -> Floats:
    """Return the pose around which a child moves for a while, near its resting pose."""
    return np.asarray(rest + 0.6 * rng.normal(0.0, 1.0, N_ANGLES) * _VARIETY)


_VARIETY = np.abs(
    offsets(
        root_yaw=6,
        root_roll=6,
        root_pitch=3,
        trunk_flex=4,
        trunk_side=4,
        neck_flex=6,
        neck_twist=20,
        shoulder_flex=12,
        shoulder_abd=14,
        shoulder_rot=18,
        elbow=16,
        wrist=10,
        hip_flex=12,
        hip_abd=7,
        hip_rot=10,
        knee=14,
        ankle=6,
    )
)

_REST: dict[Posture, Floats] = {
    "supine": offsets(
        trunk_flex=4,
        shoulder_abd=58,
        shoulder_flex=10,
        shoulder_rot=45,
        elbow=78,
        wrist=15,
        hip_flex=48,
        hip_abd=32,
        hip_rot=32,
        knee=70,
    ),
    "side": offsets(
        trunk_flex=12,
        neck_flex=6,
        shoulder_abd=12,
        shoulder_flex=52,
        elbow=70,
        wrist=10,
        hip_flex=58,
        hip_abd=8,
        hip_rot=8,
        knee=78,
    ),
    "half_sitting": offsets(
        trunk_flex=10,
        neck_flex=6,
        shoulder_abd=34,
        shoulder_flex=24,
        shoulder_rot=12,
        elbow=58,
        wrist=12,
        hip_flex=66,
        hip_abd=26,
        hip_rot=22,
        knee=62,
    ),
}
