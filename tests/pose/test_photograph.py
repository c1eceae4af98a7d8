from __future__ import annotations

import numpy as np

from edgekit.pose.extract import extract
from edgekit.pose.mediapipe_pose import MediaPipePose
from edgekit.pose.models import ModelFile
from edgekit.pose.photograph import photograph_walk
from edgekit.skeleton import LEFT_HIP, RIGHT_HIP


def test_the_walk_is_five_seconds_of_moving_pictures() -> None:
    read = list(photograph_walk())
    assert len(read) == 150
    assert read[0].rgb.shape == (480, 640, 3)
    assert read[-1].t_s == 149 / 30
    moved = np.abs(read[0].rgb.astype(int) - read[10].rgb).mean()
    assert moved > 5


def test_the_person_is_found_and_what_is_out_of_the_picture_is_not_visible(
    pose_model: ModelFile,
) -> None:
    with MediaPipePose(pose_model) as extractor:
        track = extract(photograph_walk(n_frames=40), extractor)
    assert track.n_missing == 0
    visibility = track.landmarks[:, :, 3].mean(axis=0)
    assert visibility[:13].min() > 0.9  # face and shoulders
    assert visibility[[LEFT_HIP, RIGHT_HIP]].max() < 0.2
    assert visibility[25:].max() < 0.2  # legs
