"""The articulated body: bones never stretch, and joints bend the way joints do."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgekit.skeleton import LANDMARKS, MIRROR
from edgekit.synth.body import (
    ANGLES,
    N_ANGLES,
    Body,
    Floats,
    draw_body,
    offsets,
    place,
    within_limits,
)

BONES = (
    *(("left_shoulder", "left_elbow"), ("left_elbow", "left_wrist")),
    *(("right_hip", "right_knee"), ("right_knee", "right_ankle"), ("right_ankle", "right_heel")),
    *(("left_hip", "right_hip"), ("left_shoulder", "right_shoulder")),
    *(("left_wrist", "left_index"), ("right_ankle", "right_foot_index")),
    *(("nose", "left_ear"), ("left_ear", "right_ear"), ("mouth_left", "right_eye")),
)


def body(seed: int = 0) -> Body:
    return draw_body(np.random.default_rng(seed))


def at(points: Floats, name: str) -> Floats:
    return points[:, LANDMARKS.index(name)]


def pose(**degrees: float) -> Floats:
    return place(body(), offsets(**degrees)[None])


@given(seed=st.integers(0, 2**32 - 1))
def test_bones_keep_their_length_in_any_pose(seed: int) -> None:
    rng = np.random.default_rng(seed)
    points = place(draw_body(rng), rng.uniform(-3.0, 3.0, (20, N_ANGLES)))
    for a, b in BONES:
        length = np.linalg.norm(at(points, a) - at(points, b), axis=-1)
        np.testing.assert_allclose(length, length[0], rtol=1e-9)


def test_a_child_on_its_back_faces_up_head_first_left_to_the_left() -> None:
    points = pose()
    assert at(points, "nose")[0, 2] > at(points, "left_ear")[0, 2]
    assert at(points, "nose")[0, 1] > at(points, "left_shoulder")[0, 1] > 0.0
    assert at(points, "left_ankle")[0, 1] < at(points, "left_knee")[0, 1] < 0.0
    assert at(points, "left_hip")[0, 0] > 0.0 > at(points, "right_hip")[0, 0]
    np.testing.assert_allclose(at(points, "left_hip") + at(points, "right_hip"), 0.0, atol=1e-12)


def test_a_symmetric_pose_is_its_own_mirror_image() -> None:
    points = pose(trunk_flex=20, shoulder_abd=50, shoulder_rot=30, elbow=60, hip_abd=30, knee=70)
    np.testing.assert_allclose(points[:, MIRROR] * [-1.0, 1.0, 1.0], points, atol=1e-12)


@pytest.mark.parametrize(
    ("change", "landmark", "axis", "sign"),
    [
        ({"trunk_flex": 40.0}, "nose", 2, 1),  # sits up
        ({"neck_flex": 40.0}, "nose", 1, -1),  # chin to chest
        ({"left_shoulder_flex": 60.0}, "left_wrist", 2, 1),  # arm up
        ({"left_shoulder_abd": 60.0}, "left_wrist", 0, 1),  # away from the body
        ({"right_shoulder_abd": 60.0}, "right_wrist", 0, -1),
        ({"left_elbow": 60.0}, "left_wrist", 2, 1),
        ({"left_hip_flex": 60.0}, "left_knee", 2, 1),  # knee up
        ({"left_knee": 60.0}, "left_ankle", 2, -1),  # heel to the mattress, not through the shin
        ({"right_hip_abd": 40.0}, "right_knee", 0, -1),
        ({"left_ankle": 40.0}, "left_foot_index", 1, -1),  # toes point
        ({"root_pitch": 40.0}, "nose", 2, 1),  # half sitting
        ({"root_roll": 60.0}, "right_shoulder", 2, 1),  # rolled onto the left side
    ],
)
def test_a_joint_bends_the_way_it_is_named(
    change: dict[str, float], landmark: str, axis: int, sign: int
) -> None:
    moved = at(pose(**change), landmark) - at(pose(), landmark)
    assert sign * moved[0, axis] > 0.01


def test_an_angle_without_side_counts_for_both() -> None:
    both = offsets(knee=40, left_knee=5)
    assert both[ANGLES.index("left_knee")] == pytest.approx(np.radians(45))
    assert both[ANGLES.index("right_knee")] == pytest.approx(np.radians(40))
    assert np.count_nonzero(both) == 2


def test_an_unknown_angle_is_refused() -> None:
    with pytest.raises(ValueError, match="not in tuple"):
        offsets(tail=10)


def test_limits_hold_knees_but_not_the_whole_body() -> None:
    held = within_limits(offsets(knee=-50, root_yaw=170)[None])[0]
    assert held[ANGLES.index("left_knee")] > 0.0
    assert held[ANGLES.index("root_yaw")] == pytest.approx(np.radians(170))


def test_children_differ_and_look_like_infants() -> None:
    bodies = [body(seed) for seed in range(50)]
    lengths = [child.length for child in bodies]
    assert len(set(lengths)) == 50
    assert 0.45 < min(lengths) < max(lengths) < 0.9
    # An infant's head is large: its diameter is at least a sixth of the body's length.
    assert all(2 * child.head / child.length > 1 / 6 for child in bodies)
    assert all(child.thigh + child.shank < 0.45 * child.length for child in bodies)
