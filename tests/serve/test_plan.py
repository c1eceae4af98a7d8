"""What is settled before a thread starts: the self-test, the source, the rules."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from edgekit.bundle import Bundle
from edgekit.errors import IntegrityError, UsageError
from edgekit.manifest import ModelEntry
from edgekit.runtime.choose import open_engine
from edgekit.runtime.engine import Engine, Output
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


def settings(**sections: object) -> Settings:
    return Settings.model_validate({"bundle": TINY, **sections})


def test_the_golden_clips_are_answered_before_anything_starts() -> None:
    plan = make_plan(settings(), None)
    assert plan.self_test_error == ""
    plan.refuse_failed_self_test()
    assert plan.is_live
    assert plan.hop_frames == 15


def test_a_model_that_answers_otherwise_here_is_kept_and_said_so() -> None:
    plan = make_plan(settings(), None, opened=opened_drifted)
    assert "answers otherwise here (drifted 1.0)" in plan.self_test_error
    assert any("answers otherwise" in line for line in plan.summary())
    with pytest.raises(IntegrityError, match="answers otherwise"):
        plan.refuse_failed_self_test()


def test_a_source_that_is_nowhere_is_refused() -> None:
    with pytest.raises(UsageError, match=r"gone\.npy: no such file"):
        make_plan(settings(watch={"source": "gone.npy"}), None)


@pytest.mark.parametrize("source", ["0", "/dev/video2", "/dev/v4l/by-id/usb-cam"])
def test_a_camera_may_be_away_and_has_its_own_speed(source: str) -> None:
    assert make_plan(settings(watch={"source": source}), None).is_live
    with pytest.raises(UsageError, match="--speed is for recordings"):
        make_plan(settings(watch={"source": source}), None, speed=2.0)


def test_rules_that_do_not_fit_the_bundles_window_are_refused() -> None:
    with pytest.raises(UsageError, match="refractory_s"):
        make_plan(settings(alarm={"refractory_s": 0.5}), None)
