"""A training killed in the middle of an epoch ends with the bytes of one that was not."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from toy_cohort import toy_cohort, toy_settings

from edgekit.cohort import load_cohort
from edgekit.runs import open_run
from edgekit.train.crossval import train

KILLED_AT = """
import os, signal, sys
from pathlib import Path
from edgekit.cohort import load_cohort
from edgekit.runs import TrainingSettings
from edgekit.train.crossval import train

class KillAt:
    def step(self, task, done, total):
        if (task, str(done)) == ("fold " + sys.argv[4], sys.argv[5]):
            os.kill(os.getpid(), signal.SIGKILL)
    def say(self, line): ...

settings = TrainingSettings.model_validate_json(sys.argv[3])
cohort, runs = load_cohort(Path(sys.argv[1])), Path(sys.argv[2])
train(cohort, settings, runs_folder=runs, n_threads=1, progress=KillAt())
"""

SETTINGS = toy_settings(batch_size=3)
"""Three epochs of four batches a fold."""


class Said:
    """Keeps what was said, and the batches that were trained."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.steps: list[tuple[str, int]] = []

    def step(self, task: str, done: int, total: int) -> None:
        self.steps.append((task, done))

    def say(self, line: str) -> None:
        self.lines.append(line)


def _train_until_killed(data: Path, runs: Path, fold: int, step: int) -> None:
    arguments = [str(data), str(runs), SETTINGS.model_dump_json(), str(fold), str(step)]
    ended = subprocess.run([sys.executable, "-c", KILLED_AT, *arguments], check=False)
    assert ended.returncode == -signal.SIGKILL


def test_killed_twice_and_continued_is_the_same_as_never_killed(tmp_path: Path) -> None:
    cohort, runs = toy_cohort(tmp_path / "data"), tmp_path / "runs"
    _train_until_killed(cohort.folder, runs, fold=0, step=6)  # in the second epoch
    (folder,) = runs.iterdir()
    assert (folder / "fold_0.checkpoint.safetensors").exists()
    assert not open_run(folder).record.finished
    _train_until_killed(cohort.folder, runs, fold=1, step=2)  # before its first checkpoint

    said = Said()
    run = train(load_cohort(cohort.folder), SETTINGS, runs_folder=runs, n_threads=1, progress=said)
    assert run.folder == folder
    assert f"{folder}: goes on where it was interrupted" in said.lines
    assert [task for task, _ in said.steps if task.startswith("fold")] == ["fold 1"] * 12
    whole = train(cohort, SETTINGS, runs_folder=tmp_path / "whole", n_threads=1)
    assert {path.name for path in run.folder.iterdir()} == {
        path.name for path in whole.folder.iterdir()
    }
    for name in ("fold_0.safetensors", "fold_1.safetensors", "oof.csv", "metrics.json"):
        assert (run.folder / name).read_bytes() == (whole.folder / name).read_bytes(), name
    assert run.record.training_loss == whole.record.training_loss


def test_goes_on_at_the_epoch_where_it_was(tmp_path: Path) -> None:
    cohort, runs = toy_cohort(tmp_path / "data"), tmp_path / "runs"
    _train_until_killed(cohort.folder, runs, fold=0, step=10)  # in the third epoch
    said = Said()
    train(cohort, SETTINGS, runs_folder=runs, n_threads=1, progress=said)
    assert [done for task, done in said.steps if task == "fold 0"] == [9, 10, 11, 12]
