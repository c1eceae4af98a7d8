"""A camera over the cot: landmarks in metres become MediaPipe's picture coordinates."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from edgekit.skeleton import LEFT_HIP, MIRROR, RIGHT_HIP
from edgekit.synth.body import Body, Floats

ASPECTS = (16 / 9, 4 / 3, 9 / 16)
"""Width by height: a camera, an older one, a telephone held upright."""


@dataclass(frozen=True)
class Camera:
    """A pinhole camera that looks at the child; constant for the child."""

    aspect: float
    """Width of the picture divided by its height."""
    focal: float
    """In picture widths."""
    position: tuple[float, float, float]
    """Metres, in the cot's axes."""
    tilt: float
    """Radians between the line of sight and straight down."""
    azimuth: float
    """Radians: where around the cot it stands; 0 is the foot end."""
    roll: float
    """Radians that the picture is turned."""
    depth_gain: float
    """How much of the true depth the extractor's z shows."""
    is_mirrored: bool
    """The picture is flipped, as front cameras do; left and right swap with it."""

    def axes(self) -> Floats:
        """Return (3, 3): the picture's right, down and forward, as rows in the cot's axes."""
        sin_t, cos_t = np.sin(self.tilt), np.cos(self.tilt)
        sin_a, cos_a = np.sin(self.azimuth), np.cos(self.azimuth)
        forward = np.array([-sin_t * sin_a, sin_t * cos_a, -cos_t])
        right = np.array([cos_a, sin_a, 0.0])
        down = np.cross(forward, right)
        turn_right = np.cos(self.roll) * right + np.sin(self.roll) * down
        return np.stack([turn_right, np.cross(forward, turn_right), forward])


def draw_camera(rng: np.random.Generator, body: Body) -> Camera:
    """Draw where a camera may stand so that most of the child is in the picture."""
    aspect = ASPECTS[rng.choice(len(ASPECTS), p=(0.5, 0.2, 0.3))]
    # A lens of about the same field of view over the picture's longer side.
    focal = rng.uniform(0.75, 1.05) * max(1.0, 1.0 / aspect)
    tilt, azimuth = np.radians(rng.uniform((0.0, -45.0), (48.0, 45.0)))
    # A stretched child would take this much of the picture's height, and its arms of the width.
    share = rng.uniform(0.55, 0.95)
    distance = focal * max(aspect, 0.8) * body.length / share
    offset = rng.normal(0.0, 0.05, 2)
    target = np.array([offset[0], offset[1] + 0.04, 0.05])
    camera = Camera(
        aspect=float(aspect),
        focal=float(focal),
        position=(0.0, 0.0, 0.0),
        tilt=float(tilt),
        azimuth=float(azimuth),
        roll=float(np.radians(rng.normal(0.0, 7.0))),
        depth_gain=float(rng.uniform(0.6, 1.1)),
        is_mirrored=bool(rng.random() < 0.3),
    )
    x, y, z = target - distance * camera.axes()[2]
    return replace(camera, position=(float(x), float(y), float(z)))


def project(camera: Camera, points: Floats, shake: Floats) -> Floats:
    """Return x, y, z of landmarks `points` (T, 33, 3) as MediaPipe gives them, (T, 33, 3).

    x is in picture widths and y in picture heights from the upper left corner; z is the depth
    behind the middle of the hips, in picture widths. `shake` (T, 3) is `Motion.shake`. Where the
    camera is mirrored, landmarks swap sides: an extractor takes the flipped arm for the other.
    """
    seen = (points - np.array(camera.position)) @ camera.axes().T
    depth = seen[..., 2]
    hips = (depth[:, LEFT_HIP] + depth[:, RIGHT_HIP])[:, None] / 2.0
    x, y = (camera.focal * seen[..., axis] / depth for axis in (0, 1))
    right, down, turn = (shake[:, axis, None] for axis in range(3))
    x, y = (
        x * np.cos(turn) - y * np.sin(turn) + right,
        x * np.sin(turn) + y * np.cos(turn) + down,
    )
    z = camera.depth_gain * camera.focal * (depth - hips) / hips
    if camera.is_mirrored:
        x, y, z = (-x)[:, MIRROR], y[:, MIRROR], z[:, MIRROR]
    return np.stack([0.5 + x, 0.5 + y * camera.aspect, z], axis=-1)
