"""`edgekit train`: what it prints, what it refuses, and how it is interrupted."""

from __future__ import annotations

import inspect
import signal
import subprocess
import sys
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
import typer
from toy_cohort import toy_cohort
from typer.testing import CliRunner, Result

from edgekit.cli.train import train
from edgekit.cohort import Cohort
from edgekit.errors import DataError, EdgekitError, UsageError
from edgekit.runs import TrainingSettings, newest_run

OPTION_OF_SETTING = {
    "n_frames": "frames",
    "n_folds": "folds",
    "fold_policy": "fold_policy",
    "c_base": "width",
    "mil": "mil",
    "epochs": "epochs",
    "batch_size": "batch_size",
    "learning_rate": "lr",
    "weight_decay": "weight_decay",
    "augment": "augment",
    "threshold_policy": "threshold",
    "seed": "seed",
}
NOT_OPTIONS = {"warmup_epochs", "gradient_norm"}
SMALL = ("--frames=16", "--folds=2", "--width=4", "--epochs=1", "--batch-size=8", "--threads=1")

MAIN = """
import signal
from edgekit.cli.app import main
# A parent that runs in the background passes on that it ignores Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)
main()
"""


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Cohort:
    return toy_cohort(tmp_path_factory.mktemp("work") / "data")


def _run(*arguments: str | Path) -> Result:
    app = typer.Typer()
    app.command()(train)
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_every_setting_has_its_option_with_the_same_default() -> None:
    parameters = inspect.signature(train).parameters
    fields = TrainingSettings.model_fields
    assert set(OPTION_OF_SETTING) | NOT_OPTIONS == set(fields)
    for setting, option in OPTION_OF_SETTING.items():
        assert parameters[option].default == fields[setting].default, setting


def test_choices_are_those_of_the_settings() -> None:
    hints = get_type_hints(train)
    for setting, option in (("mil", "mil"), ("fold_policy", "fold_policy")):
        assert get_args(hints[option]) == get_args(
            TrainingSettings.model_fields[setting].annotation
        )


def test_trains_on_the_folder_data_and_says_all(
    cohort: Cohort, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(cohort.folder.parent)
    result = _run(*SMALL, "--name=first", "--threshold=youden")
    assert result.exit_code == 0, result.output
    run = newest_run(Path("runs"))
    assert run.folder == Path("runs/first")
    for words in (
        "AUROC",
        "AUPRC",
        "95 % interval",
        "threshold (youden)",
        "fold 1",
        "no medical device",
        "no promise of accuracy at the bedside",
        "wrote runs/first: report.html, oof.csv, metrics.json and the weights of 2 folds",
        "next: edgekit export runs/first --quantize int8",
    ):
        assert words in result.stdout, words
    assert "reading clips: 24/24" in result.stderr
    assert "synthetic" not in result.stdout


def test_a_synthetic_cohort_is_called_one(tmp_path: Path) -> None:
    folder = toy_cohort(tmp_path / "data").folder
    (folder / "dataset.json").write_text('{"source": "synthetic"}')
    result = _run(folder, *SMALL, f"--runs={tmp_path}", "--no-augment")
    assert "synthetic: the figures show that the software works" in result.stdout


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ((), DataError, "16 frames where 150 are wanted; .*--frames 16"),
        (("--frames=16",), UsageError, "4 children cannot fill 5 folds; use --folds 4"),
        ((*SMALL, "--lr=0"), UsageError, "learning_rate: "),
        ((*SMALL, "--lr=nan"), UsageError, "learning_rate: "),
        ((*SMALL, "--threshold=best"), UsageError, "threshold policy 'best'"),
        ((*SMALL, "--name=a/b"), UsageError, "--name 'a/b'"),
        ((*SMALL, "--labels=nowhere.csv"), DataError, r"nowhere\.csv: cannot be read"),
        ((*SMALL, "--child-pattern=("), UsageError, "--child-pattern"),
    ],
)
def test_what_does_not_fit_is_one_clear_error(
    cohort: Cohort,
    tmp_path: Path,
    options: tuple[str, ...],
    error: type[EdgekitError],
    message: str,
) -> None:
    folds = () if "--frames=16" in options else ("--folds=4",)
    result = _run(cohort.folder, f"--runs={tmp_path / 'runs'}", *folds, *options)
    with pytest.raises(error, match=message):
        raise result.exception or AssertionError(result.output)
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    "option", ["--folds=1", "--epochs=0", "--mil=mean", "--device=tpu", "--threads=0", "--seed=-1"]
)
def test_an_option_out_of_range_is_a_usage_error(cohort: Cohort, option: str) -> None:
    result = _run(cohort.folder, option)
    assert result.exit_code == 2
    assert option.split("=", maxsplit=1)[0] in result.stderr


def test_ctrl_c_says_how_to_go_on_and_the_same_command_does(cohort: Cohort, tmp_path: Path) -> None:
    options = [*SMALL, "--epochs=40", f"--runs={tmp_path}"]
    command = [sys.executable, "-c", MAIN, "train", str(cohort.folder), *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("fold 0: "):
                process.send_signal(signal.SIGINT)
                break
        rest = process.stderr.read()
    assert process.returncode == 130, rest
    assert [line for line in rest.splitlines() if line and not line.startswith("fold ")] == [
        "the same command goes on after the last finished epoch",
        "edgekit: interrupted",
    ]
    result = _run(cohort.folder, *options)
    assert result.exit_code == 0, result.output
    (folder,) = tmp_path.iterdir()
    assert f"{folder}: goes on where it was interrupted" in result.stderr


def test_without_torch_the_extra_is_named(cohort: Cohort) -> None:
    code = "import sys; sys.modules['torch'] = None\n" + MAIN
    ended = subprocess.run(
        [sys.executable, "-c", code, "train", str(cohort.folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 16
    assert ended.stderr == 'edgekit: torch is not installed: pip install "edgekit[train]"\n'
