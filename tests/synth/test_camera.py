"""The camera: known points land where they must."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from edgekit.skeleton import LANDMARKS, LEFT_HIP, MIRROR, RIGHT_HIP
from edgekit.synth.body import Floats, draw_body, offsets, place
from edgekit.synth.camera import Camera, draw_camera, project

ABOVE = Camera(
    aspect=2.0,
    focal=1.0,
    position=(0.0, 0.0, 1.0),
    tilt=0.0,
    azimuth=0.0,
    roll=0.0,
    depth_gain=1.0,
    is_mirrored=False,
)
STILL = np.zeros((1, 3))


def points(**moved: tuple[float, float, float]) -> Floats:
    """All landmarks at the origin, but for those named."""
    out = np.zeros((1, 33, 3))
    for name, point in moved.items():
        out[:, LANDMARKS.index(name)] = point
    return out


def test_a_point_below_the_camera_is_in_the_middle() -> None:
    np.testing.assert_allclose(project(ABOVE, points(), STILL)[0, 0], [0.5, 0.5, 0.0])


def test_left_hand_right_in_the_picture_head_up_nearer_is_negative() -> None:
    seen = project(
        ABOVE,
        points(left_wrist=(0.1, 0.0, 0.0), nose=(0.0, 0.1, 0.0), left_knee=(0.0, 0.0, 0.5)),
        STILL,
    )[0]
    np.testing.assert_allclose(seen[LANDMARKS.index("left_wrist")], [0.6, 0.5, 0.0])
    # y is in picture heights, and this picture is twice as wide as high.
    np.testing.assert_allclose(seen[LANDMARKS.index("nose")], [0.5, 0.3, 0.0])
    np.testing.assert_allclose(seen[LANDMARKS.index("left_knee")], [0.5, 0.5, -0.5])


def test_tilt_and_azimuth_keep_the_head_up_and_the_distance() -> None:
    camera = replace(ABOVE, tilt=0.7, azimuth=0.4)
    camera = replace(camera, position=tuple(-1.0 * camera.axes()[2]))
    np.testing.assert_allclose(camera.axes() @ camera.axes().T, np.eye(3), atol=1e-12)
    seen = project(camera, points(nose=(0.0, 0.1, 0.0)), STILL)[0]
    np.testing.assert_allclose(seen[LEFT_HIP], [0.5, 0.5, 0.0], atol=1e-12)
    assert seen[0, 1] < 0.5
    assert seen[0, 2] > 0.0  # the head is farther from a camera at the foot end


def test_mirroring_flips_the_picture_and_swaps_the_sides() -> None:
    body = draw_body(np.random.default_rng(0))
    child = place(body, offsets(left_shoulder_abd=80, neck_twist=30)[None])
    plain = project(ABOVE, child, STILL)
    flipped = project(replace(ABOVE, is_mirrored=True), child, STILL)
    np.testing.assert_allclose(flipped[..., 0], 1.0 - plain[:, MIRROR, 0])
    np.testing.assert_allclose(flipped[..., 1:], plain[:, MIRROR, 1:])


def test_shake_moves_and_turns_the_whole_picture() -> None:
    child = points(left_wrist=(0.1, 0.0, 0.0))
    wrist = LANDMARKS.index("left_wrist")
    moved = project(ABOVE, child, np.array([[0.02, 0.03, 0.0]]))[0]
    np.testing.assert_allclose(moved[wrist], [0.62, 0.56, 0.0])
    turned = project(ABOVE, child, np.array([[0.0, 0.0, np.pi / 2]]))[0]
    np.testing.assert_allclose(turned[wrist], [0.5, 0.7, 0.0], atol=1e-12)


@pytest.mark.parametrize("seed", range(30))
def test_a_drawn_camera_sees_the_child(seed: int) -> None:
    rng = np.random.default_rng(seed)
    body = draw_body(rng)
    camera = draw_camera(rng, body)
    seen = project(camera, place(body, offsets(hip_flex=45, knee=70)[None]), STILL)[0]
    inside = ((seen[:, :2] > 0.0) & (seen[:, :2] < 1.0)).all(axis=1)
    assert inside.mean() > 0.85
    assert np.ptp(seen[:, 1]) > 0.2
    assert seen[[LEFT_HIP, RIGHT_HIP], 2].mean() == pytest.approx(0.0, abs=1e-3)
