"""A recording through the real pose process: the decisions of `edgekit predict`, to the bit."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from watch_bed import Bed

from edgekit.bundle import load_bundle
from edgekit.clips import resample
from edgekit.runtime.choose import choose_model, open_engine
from edgekit.runtime.detector import Detector, Judgement
from edgekit.serve.watch.seen import ChildFacts, Judged, Observation
from edgekit.serve.watch.source_spec import SourceSpec
from edgekit.synth.recording import make_recording

TINY_BUNDLE = Path(__file__).resolve().parents[2] / "data" / "tiny_bundle"


@pytest.fixture(scope="module")
def detector() -> Detector:
    bundle = load_bundle(TINY_BUNDLE)
    return Detector(bundle, open_engine(bundle, choose_model(bundle, precision="fp32")))


@pytest.fixture(scope="module")
def recording() -> np.ndarray:
    return make_recording(1, minutes=0.5, seed=4).landmarks


def key(judgement: Judgement) -> tuple[object, ...]:
    attention = None if judgement.attention is None else judgement.attention.tobytes()
    return (
        judgement.start_s,
        judgement.seen_share,
        judgement.probability,
        judgement.is_positive,
        attention,
    )


def replay(source: SourceSpec, detector: Detector) -> Bed:
    with Bed(source, judge=detector) as bed:
        bed.wait_for_status("ended", within_s=20)
        time.sleep(0.3)  # the last windows come with the turn that hears of the end
    return bed


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("fps", "n_frames"), [(30.0, 900), (25.0, 900), (29.97, 751)])
def test_the_decisions_of_predict(
    tmp_path: Path,
    detector: Detector,
    recording: np.ndarray,
    dtype: type,
    fps: float,
    n_frames: int,
) -> None:
    """The last window of the third is known only once it has ended: no frame lies on its end."""
    landmarks: np.ndarray = recording[:n_frames].astype(dtype)
    if dtype is np.float64:
        landmarks += 1e-9  # values that float32 does not hold
    np.save(tmp_path / "r.npy", landmarks)
    bed = replay(SourceSpec(str(tmp_path / "r.npy"), fps, speed=60), detector)
    judged = [report.judgement for report in bed.all(Judged)]
    on_grid = landmarks
    if fps != 30.0:
        on_grid = resample(landmarks, np.arange(len(landmarks)) / fps, 30.0)
    expected = list(detector.judge_recording(on_grid, name="r"))
    # predict adds one window that ends with the recording, off the hop.
    expected = [judgement for judgement in expected if round(judgement.start_s * 30) % 15 == 0]
    assert len(judged) == len(expected) > 40
    for found, wanted in zip(judged, expected, strict=True):
        assert found is not None
        assert key(found) == key(wanted)
    observations = bed.all(Observation)
    assert [o.seq for o in observations] == list(range(len(landmarks)))
    assert all(o.landmarks.dtype == np.float32 and o.picture is None for o in observations)
    assert bed.watcher.n_skipped == bed.watcher.n_lost == 0


def test_a_slow_judge_loses_no_frame_of_a_recording(tmp_path: Path, recording: np.ndarray) -> None:
    """More frames than the ring holds in one burst: the pose process waits for room."""

    class Slow:
        n = 0

        def judge(self, clip: np.ndarray, start_s: float) -> Judgement:
            time.sleep(0.3 if self.n == 0 else 0)
            self.n += 1
            return Judgement(start_s, 1.0, 0.1, is_positive=False, attention=None)

    np.save(tmp_path / "r.npy", recording)
    with Bed(SourceSpec(str(tmp_path / "r.npy"), 30.0, speed=1000), judge=Slow()) as bed:
        bed.wait_for_status("ended", within_s=20)
        time.sleep(0.3)
    assert len(bed.all(Observation)) == len(recording)
    assert bed.watcher.n_lost == 0


def test_a_loop_is_one_recording_after_the_other(tmp_path: Path) -> None:
    clip = np.random.default_rng(0).random((40, 33, 5)).astype(np.float32)
    np.save(tmp_path / "r.npy", clip)
    with Bed(SourceSpec(str(tmp_path / "r.npy"), 30.0, is_looped=True, speed=20)) as bed:
        bed.wait_for(lambda r: isinstance(r, Observation) and r.seq >= 130, within_s=10)
    observations = bed.all(Observation)[:120]
    assert [o.t_s for o in observations] == [n / 30.0 for n in range(120)]
    assert np.stack([o.landmarks for o in observations]).tobytes() == 3 * clip.tobytes()


def test_a_successor_goes_on_where_time_is(tmp_path: Path, recording: np.ndarray) -> None:
    np.save(tmp_path / "r.npy", recording)
    with Bed(SourceSpec(str(tmp_path / "r.npy"), 30.0)) as bed:
        first = bed.wait_for_frame(within_s=10)
        pid = bed.supervisor.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        again = bed.wait_for(lambda r: isinstance(r, Observation) and r.seq == 0, within_s=2)
        assert isinstance(again, Observation)
        assert bed.all(ChildFacts)[-1].n_restarts == 1
    assert again.t_s > first.t_s
    passed_s = again.captured_mono_s - first.captured_mono_s
    assert again.t_s - first.t_s == pytest.approx(passed_s, abs=0.1)
    times = [observation.t_s for observation in bed.all(Observation)]
    assert times == sorted(set(times))


def test_a_missing_recording_is_waited_for(tmp_path: Path, recording: np.ndarray) -> None:
    with Bed(SourceSpec(str(tmp_path / "r.npy"), 30.0)) as bed:
        facts = bed.wait_for_status("no_source", within_s=10)
        assert "no such file" in facts.reason
        np.save(tmp_path / "other.npy", recording)
        (tmp_path / "other.npy").rename(tmp_path / "r.npy")
        bed.wait_for_frame(within_s=5)
        assert bed.all(ChildFacts)[-1].n_restarts == 0


def test_replaying_landmarks_loads_no_pose_library(tmp_path: Path, recording: np.ndarray) -> None:
    np.save(tmp_path / "r.npy", recording)
    with Bed(SourceSpec(str(tmp_path / "r.npy"), 30.0)) as bed:
        bed.wait_for_frame(within_s=10)
        maps = Path(f"/proc/{bed.supervisor.pid}/maps")
        if not os.access(maps, os.R_OK):
            pytest.skip("only root may look into a process that keeps its memory to itself")
        loaded = maps.read_text()
    assert "mediapipe" not in loaded
    assert "cv2" not in loaded
    assert "onnxruntime" not in loaded


def test_the_pose_process_dies_with_the_daemon(tmp_path: Path, recording: np.ndarray) -> None:
    """SIGKILL leaves no time to clean up: the kernel does it."""
    np.save(tmp_path / "r.npy", recording)
    daemon = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, time\n"
            "from edgekit.serve.watch.supervisor import Supervisor\n"
            "from edgekit.serve.watch.source_spec import SourceSpec\n"
            "s = Supervisor(SourceSpec(sys.argv[1], 30.0), silent_s=3, memory_mb=700)\n"
            "s.poll()\n"
            "while not s.read(): s.wait(0.1)\n"
            "print(s.pid, flush=True)\n"
            "time.sleep(60)\n",
            str(tmp_path / "r.npy"),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert daemon.stdout is not None
        child_pid = int(daemon.stdout.readline())
    finally:
        daemon.kill()
        daemon.communicate()
    end_s = time.monotonic() + 5
    while _is_running(child_pid):
        assert time.monotonic() < end_s
        time.sleep(0.02)


def _is_running(pid: int) -> bool:
    """Tell whether a process is there and not just waiting to be reaped by its new parent."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
