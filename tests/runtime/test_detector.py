"""One path: a clip, a window of a recording and a csv row are the same decision."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from edgekit.bundle import Bundle
from edgekit.clips import save_clip
from edgekit.errors import DataError, IntegrityError, UsageError
from edgekit.predict import Inputs, judge_all, submission_csv, to_csv
from edgekit.runtime.choose import choose_model, open_engine
from edgekit.runtime.detector import Detector
from edgekit.runtime.engine import Output, checked_output


@pytest.fixture
def detector(bundle: Bundle) -> Detector:
    return Detector(bundle, open_engine(bundle, choose_model(bundle, precision="fp32")))


def recording(n_frames: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((n_frames, 33, 5))


def inputs(*paths: Path, fps: float | None = None) -> Inputs:
    return Inputs(paths, clip_frames=32, grid_fps=30.0, source_fps=fps)


def test_a_window_of_a_recording_is_judged_as_the_clip_is(detector: Detector) -> None:
    whole = recording(80)
    judged = list(detector.judge_recording(whole, name="r", hop_s=0.5))
    assert [judgement.start_s for judgement in judged] == [0, 0.5, 1.0, 1.5, 1.6]
    for judgement in judged:
        start = round(judgement.start_s * 30)
        alone = detector.judge(whole[start : start + 32])
        assert alone.probability == judgement.probability


def test_the_threshold_itself_is_positive(bundle: Bundle) -> None:
    class Constant:
        runtime = "constant"

        def __init__(self, value: float) -> None:
            self._value = value

        def run(self, features: np.ndarray) -> Output:
            folds = np.full(2, self._value, np.float32)
            return Output(self._value, folds, np.full((2, 8), 0.125, np.float32))

    threshold = bundle.manifest.decision.threshold
    clip = recording(32)
    assert Detector(bundle, Constant(threshold)).judge(clip).is_positive is True
    below = math.nextafter(threshold, 0)
    assert Detector(bundle, Constant(below)).judge(clip).is_positive is False


def test_cannot_see_is_never_no_spasm(detector: Detector) -> None:
    nobody = np.full((32, 33, 5), np.nan)
    judgement = detector.judge(nobody)
    assert judgement.probability is None
    assert judgement.is_positive is None
    assert judgement.seen_share == 0
    nobody[:4] = 0.5
    assert detector.judge(nobody).probability is not None


def test_a_model_that_answers_nan_is_an_error() -> None:
    one = np.ones((1,), np.float32)
    with pytest.raises(IntegrityError, match="no number"):
        checked_output(one * np.nan, one, np.ones((1, 1, 4), np.float32))
    with pytest.raises(IntegrityError, match="no number"):
        checked_output(one, one * np.inf, np.ones((1, 1, 4), np.float32))


def test_too_short_and_too_dense(detector: Detector) -> None:
    with pytest.raises(DataError, match="short.npy: 20 frames, the model needs 32"):
        list(detector.judge_recording(recording(20), name="short.npy"))
    with pytest.raises(UsageError, match="less than one frame"):
        list(detector.judge_recording(recording(40), name="r", hop_s=0.01))


def test_csv_of_clips_and_of_windows(detector: Detector, tmp_path: Path) -> None:
    save_clip(tmp_path / "a.npy", recording(32, 1))
    save_clip(tmp_path / "b.npy", np.full((32, 33, 5), np.nan))
    lines = to_csv(judge_all(detector, inputs(tmp_path))).splitlines()
    assert lines[0] == "file_name,label,probability"
    assert lines[1].startswith("a.npy,")
    assert lines[2] == "b.npy,,"
    save_clip(tmp_path / "c.npy", recording(47, 2))
    lines = to_csv(judge_all(detector, inputs(tmp_path))).splitlines()
    assert lines[0] == "file_name,start_s,label,probability"
    assert [line.split(",")[:2] for line in lines[3:]] == [["c.npy", "0.000"], ["c.npy", "0.500"]]


def test_submission_has_two_columns_and_no_silent_label(detector: Detector, tmp_path: Path) -> None:
    save_clip(tmp_path / "a.npy", recording(32, 1))
    rows = judge_all(detector, inputs(tmp_path / "a.npy"))
    assert submission_csv(rows, "refuse").splitlines()[0] == "file_name,label"
    save_clip(tmp_path / "b.npy", np.full((32, 33, 5), np.nan))
    rows = judge_all(detector, inputs(tmp_path))
    with pytest.raises(DataError, match=r"b\.npy.*--unseen-as"):
        submission_csv(rows, "refuse")
    assert submission_csv(rows, "0").splitlines()[2] == "b.npy,0"
    save_clip(tmp_path / "c.npy", recording(64))
    with pytest.raises(UsageError, match=r"c\.npy: longer"):
        submission_csv(judge_all(detector, inputs(tmp_path / "c.npy")), "0")


def test_other_frame_rates_are_put_on_the_models_grid(detector: Detector, tmp_path: Path) -> None:
    slow = recording(40)
    save_clip(tmp_path / "slow.npy", slow)
    rows = judge_all(detector, inputs(tmp_path / "slow.npy", fps=15.0))
    assert rows[-1].judgement.start_s == pytest.approx((79 - 32) / 30)
    assert rows[0].judgement.seen_share == 0.5


def test_missing_inputs_are_named(detector: Detector, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        judge_all(detector, inputs(tmp_path / "no.npy"))
    with pytest.raises(DataError, match="no such file"):
        judge_all(detector, inputs(tmp_path / "no.mp4"))
    with pytest.raises(DataError, match=r"no \.npy clips"):
        judge_all(detector, inputs(tmp_path))
