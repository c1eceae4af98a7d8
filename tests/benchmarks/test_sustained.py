"""The work as a whole: parts add up, decisions end on the disk, and pictures are optional."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench_records import TINY_BUNDLE
from edgekit_bench.alarm_path import AlarmPath, alarm_path
from edgekit_bench.laps import PARENTS
from edgekit_bench.sustained import Job, Sustained, run_sustained

from edgekit.errors import IntegrityError
from edgekit.serve.settings import StoreSettings
from edgekit.serve.store.recorder import Recorder

JOB = Job(
    bundle=TINY_BUNDLE,
    model="onnx-fp32",
    n_threads=1,
    pose_model="full",
    fps=15,
    hop_s=0.5,
    seconds=0.2,
)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Sustained:
    """Return a brief run without a pose model."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EDGEKIT_CACHE", str(tmp_path_factory.mktemp("cache")))
        return run_sustained(JOB)


def test_without_a_pose_model_the_rest_is_measured_and_the_reason_told(found: Sustained) -> None:
    assert not found.has_pose
    assert found.pictures.startswith("none, so pose is left out: ")
    assert {one.name for one in found.parts} == {"frame", *PARENTS} - {"capture", "pose"}


def test_parts_add_up_to_no_more_than_what_they_are_parts_of(found: Sustained) -> None:
    for whole in found.parts:
        inside = [one.total_ms for one in found.parts if one.parent == whole.name]
        assert sum(inside) <= whole.total_ms * 1.001, whole.name


def test_decisions_come_once_every_hop(found: Sustained) -> None:
    # 15 frames a second and a decision each half second: one in 7.5 frames.
    # Frames that took longer than a fifteenth of a second let time go on by as much.
    by_frames, by_time = found.n_frames / 7.5, found.seconds / 0.5
    assert by_frames - 2 <= found.n_decisions <= by_frames + by_time + 2
    decision = found.part("decision")
    assert decision is not None
    assert decision.quantiles.n == found.n_decisions


def test_figures_of_the_whole(found: Sustained) -> None:
    assert found.fps == pytest.approx(found.n_frames / found.seconds)
    assert found.peak_rss_mb is not None
    assert 30 < found.peak_rss_mb < 1000
    assert len(found.vitals.core_percent) >= 1


def test_a_model_that_is_not_there_is_an_error() -> None:
    with pytest.raises(IntegrityError, match="holds no model nonsense"):
        run_sustained(JOB.model_copy(update={"model": "nonsense"}))


def test_every_decision_is_an_alarm_on_the_disk() -> None:
    laps: list[str] = []
    with alarm_path(lambda name, _ms: laps.append(name)) as path:
        for _ in range(3):
            path.decide()

    assert laps == ["step", "commit"] * 3


def test_a_store_that_does_not_commit_is_an_error(tmp_path: Path) -> None:
    unopened = Recorder(tmp_path, StoreSettings())

    with pytest.raises(IntegrityError, match="did not commit an alarm"):
        AlarmPath(unopened, wait_s=0.05).decide()
