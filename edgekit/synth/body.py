"""The infant's body: proportions, joint angles, and where the 33 landmarks lie for them.

Body axes: x towards the child's left, y towards the head, z out of the chest; metres. A pose is
a row of `ANGLES` in radians, zero for a child lying flat on its back, arms by the sides. Forward
kinematics turns T poses into landmarks (T, 33, 3) without ever stretching a bone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgekit.skeleton import LANDMARKS, N_LANDMARKS

Floats = NDArray[np.float64]

TRUNK_ANGLES = ("trunk_flex", "trunk_side", "trunk_twist", "neck_flex", "neck_side", "neck_twist")
LIMB_ANGLES = (
    *("shoulder_flex", "shoulder_abd", "shoulder_rot", "elbow", "wrist"),
    *("hip_flex", "hip_abd", "hip_rot", "knee", "ankle"),
)
ROOT_ANGLES = ("root_pitch", "root_roll", "root_yaw")

ANGLES: tuple[str, ...] = (
    *TRUNK_ANGLES,
    *(f"left_{name}" for name in LIMB_ANGLES),
    *(f"right_{name}" for name in LIMB_ANGLES),
    *ROOT_ANGLES,
)
"""Columns of a pose, the letter A in shapes. Positive bends forwards, outwards, head-wards."""

N_ANGLES = len(ANGLES)

# Degrees. Generous: they stop noise from bending a knee backwards, and no more.
_LIMITS = {
    "trunk_flex": (-35, 70),
    "trunk_side": (-30, 30),
    "trunk_twist": (-35, 35),
    "neck_flex": (-40, 55),
    "neck_side": (-30, 30),
    "neck_twist": (-75, 75),
    "shoulder_flex": (-40, 140),
    "shoulder_abd": (-20, 150),
    "shoulder_rot": (-60, 95),
    "elbow": (3, 145),
    "wrist": (-50, 60),
    "hip_flex": (-10, 130),
    "hip_abd": (-10, 75),
    "hip_rot": (-30, 75),
    "knee": (3, 140),
    "ankle": (-25, 55),
}


def offsets(**degrees: float) -> Floats:
    """Return a pose or a change of pose, float64 (A,) radians, from named angles in degrees.

    A limb's angle without a side (`knee=40`) counts for both; with one (`left_knee=40`) it is
    added to that. Angles that are not named are 0.
    """
    row = np.zeros(N_ANGLES)
    for name, value in degrees.items():
        sides = (f"left_{name}", f"right_{name}") if name in LIMB_ANGLES else (name,)
        for side in sides:
            row[ANGLES.index(side)] += np.radians(value)
    return row


def within_limits(angles: Floats) -> Floats:
    """Return poses (T, A) held to what joints can do."""
    return np.clip(angles, _LOW, _HIGH)


@dataclass(frozen=True)
class Body:
    """Lengths of one infant in metres; constant for the child."""

    hip_width: float
    shoulder_width: float
    lumbar: float
    """Mid-hip to the middle of the spine."""
    thorax: float
    """The middle of the spine to the line of the shoulders."""
    neck: float
    head: float
    """Radius."""
    upper_arm: float
    forearm: float
    hand: float
    thigh: float
    shank: float
    foot: float

    @property
    def length(self) -> float:
        """Crown to heel when stretched out."""
        return self.lumbar + self.thorax + self.neck + 2 * self.head + self.thigh + self.shank


def draw_body(rng: np.random.Generator) -> Body:
    """Draw an infant of roughly 3 to 14 months.

    Shares of stature are round figures for infants (head and neck a quarter, trunk a third, legs
    a third), each varied by a few per cent. They are no anthropometric reference.
    """
    stature = rng.uniform(0.58, 0.78)
    # The head's share shrinks with age.
    head = 0.100 - 0.06 * (stature - 0.58) + rng.normal(0.0, 0.002)
    share = {
        "hip_width": 0.125,
        "shoulder_width": 0.235,
        "lumbar": 0.130,
        "thorax": 0.180,
        "neck": 0.035,
        "upper_arm": 0.165,
        "forearm": 0.130,
        "hand": 0.095,
        "thigh": 0.185,
        "shank": 0.165,
        "foot": 0.120,
    }
    lengths = {name: stature * part * rng.normal(1.0, 0.04) for name, part in share.items()}
    return Body(head=stature * head, **lengths)


def place(body: Body, poses: Floats) -> Floats:
    """Return the landmarks of `poses` (T, A), float64 (T, 33, 3) metres, mid-hip at the origin.

    World axes: x to the left of a child on its back, y towards its head, z up.
    """
    angle = dict(zip(ANGLES, poses.T, strict=True))
    out = np.empty((len(poses), N_LANDMARKS, 3))
    pelvis = _rz(angle["root_yaw"]) @ _rx(angle["root_pitch"]) @ _ry(angle["root_roll"])
    # The spine bends half at the pelvis, half at its middle.
    bend = _bend(angle, "trunk", 0.5)
    loin = pelvis @ bend
    chest = loin @ bend
    shoulders = loin @ _along_y(body.lumbar) + chest @ _along_y(body.thorax)
    skull = chest @ _bend(angle, "neck", 1.0)
    centre = shoulders + chest @ _along_y(body.neck) + skull @ _along_y(0.9 * body.head)
    for name, point in _FACE.items():
        out[:, LANDMARKS.index(name)] = centre + skull @ (body.head * np.array(point))
    for side, sign in (("left", 1.0), ("right", -1.0)):
        own = {name: angle[f"{side}_{name}"] for name in LIMB_ANGLES}
        across = np.array([sign, 0.0, 0.0])
        shoulder = shoulders + chest @ (across * body.shoulder_width / 2)
        hip = pelvis @ (across * body.hip_width / 2)
        for name, points in (
            *_arm(body, own, sign, shoulder, chest),
            *_leg(body, own, sign, hip, pelvis),
        ):
            out[:, LANDMARKS.index(f"{side}_{name}")] = points
    return out


def _arm(
    body: Body, own: dict[str, Floats], sign: float, shoulder: Floats, chest: Floats
) -> list[tuple[str, Floats]]:
    upper = chest @ _ball(own, "shoulder", sign)
    elbow = shoulder + upper @ _along_y(-body.upper_arm)
    fore = upper @ _rx(-own["elbow"])
    wrist = elbow + fore @ _along_y(-body.forearm)
    hand = fore @ _rx(-own["wrist"])
    tips = {"pinky": (0.0, -0.75, -0.25), "index": (0.0, -0.85, 0.15), "thumb": (0.0, -0.5, 0.4)}
    points = [(name, wrist + hand @ (body.hand * np.array(tip))) for name, tip in tips.items()]
    return [("shoulder", shoulder), ("elbow", elbow), ("wrist", wrist), *points]


def _leg(
    body: Body, own: dict[str, Floats], sign: float, hip: Floats, pelvis: Floats
) -> list[tuple[str, Floats]]:
    upper = pelvis @ _ball(own, "hip", sign)
    knee = hip + upper @ _along_y(-body.thigh)
    lower = upper @ _rx(own["knee"])
    ankle = knee + lower @ _along_y(-body.shank)
    foot = lower @ _rx(own["ankle"])
    heel = ankle + foot @ (body.foot * np.array([0.0, -0.25, -0.3]))
    toe = ankle + foot @ (body.foot * np.array([0.0, -0.3, 0.7]))
    return [("hip", hip), ("knee", knee), ("ankle", ankle), ("heel", heel), ("foot_index", toe)]


def _ball(own: dict[str, Floats], joint: str, sign: float) -> Floats:
    """Rotation (T, 3, 3) of a shoulder or hip: abducted, then flexed, then turned outwards."""
    abducted = _rz(sign * own[f"{joint}_abd"])
    return abducted @ _rx(-own[f"{joint}_flex"]) @ _ry(sign * own[f"{joint}_rot"])


def _bend(angle: dict[str, Floats], part: str, share: float) -> Floats:
    """Rotation (T, 3, 3) of trunk or neck by a share of its angles."""
    flex, side, twist = (share * angle[f"{part}_{name}"] for name in ("flex", "side", "twist"))
    return _ry(twist) @ _rx(flex) @ _rz(side)


def _along_y(length: float) -> Floats:
    return np.array([0.0, length, 0.0])


def _rotation(angle: Floats, first: int, second: int) -> Floats:
    """Rotation matrices (T, 3, 3) that turn axis `first` towards axis `second`."""
    turned = np.zeros((len(angle), 3, 3))
    turned[:, range(3), range(3)] = 1.0
    turned[:, first, first] = turned[:, second, second] = np.cos(angle)
    turned[:, second, first] = np.sin(angle)
    turned[:, first, second] = -turned[:, second, first]
    return turned


def _rx(angle: Floats) -> Floats:
    return _rotation(angle, 1, 2)


def _ry(angle: Floats) -> Floats:
    return _rotation(angle, 2, 0)


def _rz(angle: Floats) -> Floats:
    return _rotation(angle, 0, 1)


def _bounds(end: int) -> Floats:
    free = (-1e3, 1e3)
    names = (name.removeprefix("left_").removeprefix("right_") for name in ANGLES)
    return np.radians([_LIMITS.get(name, free)[end] for name in names])


_LOW, _HIGH = _bounds(0), _bounds(1)

# In head radii from the centre of the head.
_FACE: dict[str, tuple[float, float, float]] = {
    "nose": (0.0, -0.15, 1.08),
    "left_eye_inner": (0.18, 0.14, 0.93),
    "left_eye": (0.34, 0.14, 0.89),
    "left_eye_outer": (0.50, 0.13, 0.80),
    "right_eye_inner": (-0.18, 0.14, 0.93),
    "right_eye": (-0.34, 0.14, 0.89),
    "right_eye_outer": (-0.50, 0.13, 0.80),
    "left_ear": (0.92, 0.0, 0.05),
    "right_ear": (-0.92, 0.0, 0.05),
    "mouth_left": (0.24, -0.55, 0.86),
    "mouth_right": (-0.24, -0.55, 0.86),
}
