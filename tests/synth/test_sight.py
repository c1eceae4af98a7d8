"""What the extractor makes of it: jitter, doubt, landmarks and frames that are lost."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from edgekit.skeleton import LANDMARKS
from edgekit.synth.body import Floats, draw_body, offsets, place
from edgekit.synth.camera import Camera, project
from edgekit.synth.sight import LIMBS, Sight, draw_sight, look

N_FRAMES = 300
CLEAR = Sight(jitter=0.001, bursts_per_s=0.0, gaps_per_s=0.0)
CAMERA = Camera(
    aspect=1.5,
    focal=1.0,
    position=(0.0, 0.0, 1.2),
    tilt=0.0,
    azimuth=0.0,
    roll=0.0,
    depth_gain=1.0,
    is_mirrored=False,
)


def truth(**degrees: float) -> Floats:
    pose = np.tile(offsets(**degrees), (N_FRAMES, 1))
    points = place(draw_body(np.random.default_rng(0)), pose)
    return project(CAMERA, points, np.zeros((N_FRAMES, 3)))


def report(sight: Sight, seen: Floats, cover: float = 0.0, seed: int = 0) -> Floats:
    rng = np.random.default_rng(seed)
    return look(rng, seen, np.full(len(seen), cover), sight, fps=30.0, aspect=CAMERA.aspect)


def test_a_perfect_extractor_reports_the_truth() -> None:
    seen = truth(shoulder_abd=50)
    np.testing.assert_allclose(report(replace(CLEAR, jitter=0.0), seen)[..., :3], seen, atol=1e-6)


def test_jitter_is_as_large_as_asked_and_larger_in_z() -> None:
    seen = truth(shoulder_abd=50)
    error = report(CLEAR, seen)[..., :3] - seen
    elbow = LANDMARKS.index("left_elbow")
    assert error[:, elbow, 0].std() == pytest.approx(0.001, rel=0.4)
    assert error[:, elbow, 2].std() > 3.0 * error[:, elbow, 0].std()


def test_an_arm_behind_the_back_is_doubtful_and_wanders() -> None:
    seen = truth(left_shoulder_flex=-30, left_elbow=100, left_shoulder_rot=-90)
    wrist, other = LANDMARKS.index("left_wrist"), LANDMARKS.index("right_wrist")
    seen[:, wrist, 2] += 0.1
    seen[:, wrist, :2] = 0.5 * (seen[:, 23, :2] + seen[:, 12, :2])
    said = report(CLEAR, seen)
    assert said[:, wrist, 3].mean() < 0.3
    assert said[:, other, 3].mean() > 0.9
    error = (said[..., :2] - seen[..., :2]).std(axis=0).max(axis=-1)
    assert error[wrist] > 3.0 * error[other]


def test_the_far_ear_of_a_turned_head_is_doubtful() -> None:
    said = report(CLEAR, truth(neck_twist=60))[..., 3].mean(axis=0)
    left, right = LANDMARKS.index("left_ear"), LANDMARKS.index("right_ear")
    near, far = max(said[left], said[right]), min(said[left], said[right])
    assert near > 0.9
    assert far < 0.5


def test_a_landmark_outside_the_picture_has_low_presence() -> None:
    seen = truth()
    seen[:, 31, 1] = 1.2
    said = report(CLEAR, seen)
    assert said[:, 31, 4].max() < 0.35
    assert said[:, 11, 4].min() > 0.9


def test_an_unseen_limb_is_nan_and_keeps_its_doubt() -> None:
    said = report(replace(CLEAR, unseen=("left_arm",)), truth())
    arm = list(LIMBS["left_arm"])
    assert np.isnan(said[:, arm, :3]).all()
    assert np.isfinite(said[:, arm, 3:]).all()
    assert said[:, arm, 3].max() < 0.5
    assert np.isfinite(np.delete(said, arm, axis=1)).all()


def test_limbs_are_lost_in_bursts_hidden_ones_more_often() -> None:
    sight = replace(CLEAR, bursts_per_s=1.0, covered=("left_leg",))
    lost = np.mean(
        [np.isnan(report(sight, truth(), seed=s)[..., 0]).mean(axis=0) for s in range(10)], axis=0
    )
    assert lost[25] > 2.0 * lost[26]
    assert lost[26] > 0.0
    assert lost[[11, 12, 23, 24]].max() == 0.0


def test_a_lost_frame_is_nan_throughout() -> None:
    said = report(replace(CLEAR, gaps_per_s=1.0), truth())
    gone = np.isnan(said).any(axis=(1, 2))
    assert 0.02 < gone.mean() < 0.8
    assert np.isnan(said[gone]).all()
    # Bursts, not single frames: far fewer beginnings than lost frames.
    assert (np.diff(gone.astype(int)) == 1).sum() < gone.sum() / 2


def test_arms_in_the_way_hide_the_child() -> None:
    clear, hidden = report(CLEAR, truth()), report(CLEAR, truth(), cover=0.9)
    assert hidden[..., 3].mean() < 0.7
    assert clear[..., 3].mean() > 0.9


def test_values_are_probabilities_with_six_decimals() -> None:
    said = report(draw_sight(np.random.default_rng(0), 1.5), truth())
    said = said[np.isfinite(said).all(axis=(1, 2))]
    assert said[..., 3:].min() >= 0.0
    assert said[..., 3:].max() <= 1.0
    np.testing.assert_array_equal(said, np.round(said, 6))
