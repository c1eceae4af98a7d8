from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import mediapipe
import numpy as np
import pytest
from skimage import data

from edgekit.errors import DataError
from edgekit.pose import task_file
from edgekit.pose.extract import extract
from edgekit.pose.mediapipe_pose import MediaPipePose
from edgekit.pose.models import ModelFile
from edgekit.pose.source import Frame, frames

VIDEOS = ("s1_adl_10.mp4", "s1_fall_15.mp4", "s4_fall_01.mp4")
SECONDS = 1.0


def test_landmarks_are_those_of_the_original_solution(pose_model: ModelFile) -> None:
    """x, y, z, visibility by MediaPipe 0.10.18's own mp.solutions.pose on the same picture.

    Its networks are the same; so this fails when the model file is put together wrongly.
    """
    wanted = {
        0: (0.435, 0.250, -0.830, 0.999),  # nose
        2: (0.486, 0.220, -0.779, 0.999),  # left eye
        9: (0.457, 0.301, -0.696, 0.999),  # left corner of the mouth
        11: (0.598, 0.501, -0.166, 0.998),  # left shoulder
        12: (0.220, 0.469, -0.354, 0.998),  # right shoulder
    }
    with MediaPipePose(pose_model) as extractor:
        found = extractor.detect(Frame(data.astronaut(), 0.0))
    assert found.dtype == np.float32
    assert found.shape == (33, 5)
    np.testing.assert_allclose(found[list(wanted), :4], list(wanted.values()), atol=0.005)
    assert (found[list(wanted), 4] > 0.9).all()


def test_nobody_is_nan(pose_model: ModelFile, capfd: pytest.CaptureFixture[str]) -> None:
    with MediaPipePose(pose_model) as extractor:
        found = [extractor.detect(Frame(np.zeros((48, 64, 3), np.uint8), t)) for t in (0.0, 0.03)]
    assert np.isnan(found).all()
    assert capfd.readouterr().err == ""


def test_a_file_that_mediapipe_cannot_load_is_named(tmp_path: Path) -> None:
    path = tmp_path / "odd.task"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(task_file.DETECTOR, b"no network")
        archive.writestr(task_file.LANDMARKS, b"no network")
    with (
        pytest.raises(DataError, match=r"odd\.task: MediaPipe cannot load it"),
        MediaPipePose(ModelFile("odd", path, "0" * 64)),
    ):
        pass


def _found_directly(video: Path, model: Path) -> int:
    """Return in how many frames MediaPipe finds a person when nothing of edgekit stands between."""
    vision: Any = mediapipe.tasks.vision
    options = vision.PoseLandmarkerOptions(
        base_options=mediapipe.tasks.BaseOptions(model_asset_path=str(model)),
        running_mode=vision.RunningMode.VIDEO,
    )
    n_found = 0
    with vision.PoseLandmarker.create_from_options(options) as landmarker:
        for frame in frames(video):
            if frame.t_s >= SECONDS:
                break
            image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=frame.rgb)
            result = landmarker.detect_for_video(image, round(1000 * frame.t_s))
            n_found += bool(result.pose_landmarks)
    return n_found


@pytest.mark.parametrize("name", VIDEOS)
def test_people_in_real_videos_are_found(name: str, shared: Path, pose_model: ModelFile) -> None:
    video = shared / "data" / "videos" / name
    with MediaPipePose(pose_model) as extractor:
        track = extract(video, extractor, seconds=SECONDS)
    n_directly = _found_directly(video, pose_model.path)
    assert n_directly > 20
    assert len(track.times_s) - track.n_missing >= 0.95 * n_directly
    assert (np.diff(track.times_s) > 0).all()
    seen = track.landmarks[~np.isnan(track.landmarks[:, 0, 0])]
    assert np.isfinite(seen).all()
    assert ((seen[:, :, 3:] >= 0) & (seen[:, :, 3:] <= 1)).all()
