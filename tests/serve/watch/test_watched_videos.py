"""Real videos through the real pose process: pictures, landmarks, windows, decisions."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from pose_fakes import fetched_model, write_video
from watch_bed import Bed

from edgekit.bundle import load_bundle
from edgekit.clips import resample
from edgekit.pose.extract import extract
from edgekit.pose.mediapipe_pose import MediaPipePose
from edgekit.runtime.choose import choose_model, open_engine
from edgekit.runtime.detector import Detector
from edgekit.serve.watch.seen import ChildFacts, Judged, Observation
from edgekit.serve.watch.source_spec import SourceSpec

TINY_BUNDLE = Path(__file__).resolve().parents[2] / "data" / "tiny_bundle"


def increases(values: Sequence[float]) -> bool:
    return all(a < b for a, b in pairwise(values))


@pytest.mark.slow
def test_a_video_gives_the_decisions_of_predict(shared: Path) -> None:
    model = fetched_model()
    video = shared / "data" / "videos" / "s4_fall_01.mp4"
    bundle = load_bundle(TINY_BUNDLE)
    detector = Detector(bundle, open_engine(bundle, choose_model(bundle, precision="fp32")))
    source = SourceSpec(str(video), 30.0, pose_model=str(model.path))
    with Bed(source, judge=detector, silent_s=5.0) as bed:
        bed.wait_for_status("ended", within_s=60)
        time.sleep(0.3)
        n_dropped = bed.supervisor.n_dropped
    facts = bed.all(ChildFacts)[-1]
    assert facts.extractor_version.startswith("mediapipe ")
    assert facts.model_sha256 == model.sha256
    observations = bed.all(Observation)
    assert increases([observation.t_s for observation in observations])
    assert all(o.picture and o.picture.brightness > 0.1 for o in observations)
    if n_dropped:
        pytest.skip(f"this machine is too slow for pose in real time: {n_dropped} pictures dropped")
    with MediaPipePose(model) as extractor:
        track = extract(video, extractor)
    found = np.stack([observation.landmarks for observation in observations])
    assert found.tobytes() == track.landmarks.tobytes()
    on_grid = resample(track.landmarks, track.times_s, 30.0)
    expected = list(detector.judge_recording(on_grid, name="video"))
    judged = [report.judgement for report in bed.all(Judged)]
    assert [j and j.probability for j in judged] == [
        j.probability for j in expected if round(j.start_s * 30) % 15 == 0
    ]


def test_a_looped_video_goes_on_in_time(tmp_path: Path) -> None:
    """Twenty pictures again and again, with one step between the last and the first."""
    model = fetched_model()
    video = write_video(tmp_path / "noise.mp4", n_frames=20, fps=25.0)
    source = SourceSpec(str(video), 30.0, is_looped=True, pose_model=str(model.path))
    with Bed(source, silent_s=5.0) as bed:
        bed.wait_for(lambda r: isinstance(r, Observation) and r.t_s > 1.7, within_s=30)
    times = [observation.t_s for observation in bed.all(Observation)]
    assert times[0] == 0
    assert increases(times)
    assert max(np.diff(times)) == pytest.approx(0.04, abs=0.005)


def test_a_video_that_is_none_is_told_and_waited_for(tmp_path: Path) -> None:
    model = fetched_model()
    (tmp_path / "a.mp4").write_bytes(b"no video")
    with Bed(SourceSpec(str(tmp_path / "a.mp4"), 30.0, pose_model=str(model.path))) as bed:
        facts = bed.wait_for_status("no_source", within_s=20)
    assert "not a video that can be read" in facts.reason


def test_a_pose_model_that_is_missing_is_told(tmp_path: Path) -> None:
    source = SourceSpec(str(tmp_path / "a.mp4"), 30.0, pose_model=str(tmp_path / "no.task"))
    with Bed(source) as bed:
        facts = bed.wait_for_status("gone", within_s=20)
    assert "no such file; `edgekit pose fetch` makes one" in facts.reason
