"""Real videos go all the way: pictures, landmarks, windows, decisions."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from edgekit.clips import load_clip, observed
from edgekit.errors import EdgekitError
from edgekit.pose import models

TINY_BUNDLE = Path(__file__).resolve().parent.parent / "data" / "tiny_bundle"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def pose_model() -> Path:
    try:
        return models.fetch(models.named("full"), models.cache_folder()).path
    except EdgekitError as error:
        pytest.skip(f"the pose model cannot be fetched: {error}")


@pytest.mark.parametrize("name", ["s1_adl_10", "s1_fall_15", "s4_fall_01"])
def test_a_video_is_extracted_and_judged_to_its_end(
    shared: Path, tmp_path: Path, pose_model: Path, name: str
) -> None:
    video = shared / "data" / "videos" / f"{name}.mp4"
    clip_file = tmp_path / "clip.npy"
    for arguments in (
        ["pose", "extract", str(video), "-o", str(clip_file)],
        ["predict", str(video), "--bundle", str(TINY_BUNDLE), "--out", str(tmp_path / "out.csv")],
    ):
        done = subprocess.run(
            [sys.executable, "-m", "edgekit", *arguments, "--pose-model", str(pose_model)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    clip = load_clip(clip_file)
    assert np.mean(observed(clip).any(axis=1)) > 0.8
    rows = list(csv.DictReader(io.StringIO((tmp_path / "out.csv").read_text())))
    # The last window ends with the video: 32 frames of the model's clip at 30 fps.
    assert float(rows[-1]["start_s"]) == pytest.approx((len(clip) - 32) / 30, abs=1e-3)
    assert all(row["file_name"] == video.name for row in rows)
