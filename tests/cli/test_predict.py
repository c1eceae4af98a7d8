"""`edgekit predict` and `edgekit verify` on the small bundle: what they print, write and refuse."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import typer
from bench_records import TINY_BUNDLE
from typer.testing import CliRunner, Result

from edgekit.bundle import load_bundle
from edgekit.cli.predict import predict
from edgekit.cli.verify import verify
from edgekit.clips import save_clip
from edgekit.errors import DataError, OutputError, UsageError

N_FRAMES = load_bundle(TINY_BUNDLE).manifest.n_frames
TINY = ("--bundle", TINY_BUNDLE)


def _run(*arguments: str | Path) -> Result:
    app = typer.Typer()
    app.command()(predict)
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of one clip that shows a body and one that shows nobody."""
    seen = np.random.default_rng(0).uniform(0, 1, (N_FRAMES, 33, 5))
    save_clip(tmp_path / "child_1_1.npy", seen)
    save_clip(tmp_path / "child_1_2.npy", np.full_like(seen, np.nan))
    return tmp_path


def test_a_folder_of_clips_becomes_three_columns_and_unseen_is_left_empty(folder: Path) -> None:
    result = _run(folder, *TINY)
    header, first, second = result.stdout.splitlines()
    assert header == "file_name,label,probability"
    assert first.startswith(("child_1_1.npy,0,0.", "child_1_1.npy,1,0."))
    assert second == "child_1_2.npy,,"
    assert "windows: 2" in result.stderr
    assert "this is not 'no spasm'" in result.stderr


def test_the_csv_goes_where_it_is_told_to(folder: Path) -> None:
    out = folder / "new" / "out.csv"
    result = _run(folder, *TINY, "--out", out)
    assert result.stdout == ""
    assert f"wrote {out}" in result.stderr
    assert len(out.read_text().splitlines()) == 3


def test_a_recording_has_a_row_for_each_window(tmp_path: Path) -> None:
    recording = np.random.default_rng(1).uniform(0, 1, (2 * N_FRAMES, 33, 5))
    save_clip(tmp_path / "long.npy", recording)
    lines = _run(tmp_path / "long.npy", *TINY, "--hop", "0.5").stdout.splitlines()
    assert lines[0] == "file_name,start_s,label,probability"
    assert [line.split(",")[1] for line in lines[1:]] == ["0.000", "0.500", "1.000", "1.067"]


def test_a_submission_says_what_unseen_counts_as(folder: Path) -> None:
    assert isinstance(_run(folder, *TINY, "--submission").exception, DataError)
    lines = _run(folder, *TINY, "--submission", "--unseen-as", "0").stdout.splitlines()
    assert lines[0] == "file_name,label"
    assert lines[2] == "child_1_2.npy,0"


def test_refusals(folder: Path) -> None:
    (folder / "file").write_text("")
    assert isinstance(_run(folder, "--bundle", folder / "none").exception, UsageError)
    assert isinstance(_run(folder / "none.npy", *TINY).exception, DataError)
    out = folder / "file" / "out.csv"
    assert isinstance(_run(folder, *TINY, "--out", out).exception, OutputError)
    for wrong in (("--hop", "inf"), ("--fps", "inf"), ("--threads", "100000")):
        assert _run(folder, *TINY, *wrong).exit_code == 2


def test_a_gpu_that_was_asked_for_and_is_not_there_is_refused(folder: Path) -> None:
    if "TensorrtExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("this ONNX Runtime is built for TensorRT")
    asked = ("--runtime", "onnxruntime", "--provider")
    assert isinstance(_run(folder, *TINY, *asked, "tensorrt").exception, UsageError)
    assert _run(folder, *TINY, *asked, "cpu").exit_code == 0


def test_verify_lists_every_model(capsys: pytest.CaptureFixture[str]) -> None:
    verify(TINY_BUNDLE)
    printed = capsys.readouterr().out
    assert printed.endswith("verified\n")
    for entry in load_bundle(TINY_BUNDLE).manifest.models:
        assert f"\n{entry.name} " in printed
