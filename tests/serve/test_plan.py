"""What is settled before a thread starts: the self-test, the source, the rules."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray

from edgekit.bundle import Bundle
from edgekit.errors import DataError, IntegrityError, UsageError
from edgekit.manifest import ModelEntry
from edgekit.pose import task_file
from edgekit.runtime.choose import open_engine
from edgekit.runtime.engine import Engine, Output
from edgekit.serve.identity import identity_of
from edgekit.serve.plan import make_plan
from edgekit.serve.settings import Settings

TINY = Path(__file__).resolve().parent.parent / "data" / "tiny_bundle"


class Drifted:
    """An engine that computes a little otherwise than where the model was exported."""

    runtime = "drifted 1.0"

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def run(self, features: NDArray[np.float32]) -> Output:
        output = self._engine.run(features)
        return Output(output.probability, output.fold_probability + 0.1, output.attention)


def opened_drifted(bundle: Bundle, entry: ModelEntry, threads: int) -> Engine:
    return Drifted(open_engine(bundle, entry, n_threads=threads))


@pytest.fixture
def pose_model(tmp_path: Path) -> Path:
    """A file with the members of a landmark model, which nobody runs here."""
    path = tmp_path / "pose.task"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(task_file.DETECTOR, b"")
        archive.writestr(task_file.LANDMARKS, b"")
    return path


def settings(**sections: object) -> Settings:
    return Settings.model_validate({"bundle": TINY, **sections})


def replayed(**sections: object) -> Settings:
    return settings(watch={"source": str(TINY / "golden_clips.npy")}, **sections)


def test_the_golden_clips_are_answered_before_anything_starts() -> None:
    plan = make_plan(replayed(), None)
    assert plan.self_test_error == ""
    plan.refuse_failed_self_test()
    assert not plan.is_live
    assert plan.hop_frames == 15


def test_a_gpu_that_was_asked_for_and_is_not_there_is_refused() -> None:
    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("this ONNX Runtime is built for CUDA")
    source = str(TINY / "golden_clips.npy")
    watch = {"source": source, "runtime": "onnxruntime", "provider": "cuda"}
    with pytest.raises(UsageError, match="provider cuda: .* built without it"):
        make_plan(settings(watch=watch), None)
    assert make_plan(settings(watch={**watch, "provider": "cpu"}), None).self_test_error == ""


def test_a_model_that_answers_otherwise_here_is_kept_and_said_so() -> None:
    plan = make_plan(replayed(), None, opened=opened_drifted)
    assert "answers otherwise here (drifted 1.0)" in plan.self_test_error
    assert any("answers otherwise" in line for line in plan.summary())
    with pytest.raises(IntegrityError, match="answers otherwise"):
        plan.refuse_failed_self_test()


def test_a_source_that_is_nowhere_is_refused() -> None:
    with pytest.raises(UsageError, match=r"gone\.npy: no such file"):
        make_plan(settings(watch={"source": "gone.npy"}), None)


@pytest.mark.parametrize("source", ["0", "/dev/video2", "/dev/v4l/by-id/usb-cam"])
def test_a_camera_may_be_away_and_has_its_own_speed(source: str, pose_model: Path) -> None:
    pytest.importorskip("mediapipe", reason="a camera needs edgekit[pose]")
    watched = settings(watch={"source": source, "pose_model": pose_model})
    assert make_plan(watched, None).is_live
    with pytest.raises(UsageError, match="--speed is for recordings"):
        make_plan(watched, None, speed=2.0)


def test_a_camera_without_a_pose_model_is_refused_before_it_starts(tmp_path: Path) -> None:
    pytest.importorskip("mediapipe", reason="a camera needs edgekit[pose]")
    with pytest.raises(DataError, match=r"none\.task: no such file; `edgekit pose fetch`"):
        make_plan(settings(watch={"pose_model": tmp_path / "none.task"}), None)


def test_rules_that_do_not_fit_the_bundles_window_are_refused() -> None:
    with pytest.raises(UsageError, match="refractory_s"):
        make_plan(replayed(alarm={"refractory_s": 0.5}), None)


def test_whoever_looks_learns_a_recordings_name_and_not_its_folder() -> None:
    identity = identity_of(make_plan(replayed(), None), is_open=True)
    assert identity.source == "golden_clips.npy"
    assert str(TINY) not in repr(identity)
