from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from pose_fakes import fetched_model, write_video
from typer.testing import CliRunner

from edgekit.cli.pose import app
from edgekit.clips import load_clip
from edgekit.errors import DataError, EdgekitError, MissingExtraError, UsageError


def _fails_with(kind: type[EdgekitError], *arguments: str) -> str:
    result = CliRunner().invoke(app, list(arguments))
    assert isinstance(result.exception, kind), result.output
    assert "\n" not in str(result.exception)
    return str(result.exception)


@pytest.mark.parametrize("command", ["fetch", "extract"])
def test_help_has_an_example(command: str) -> None:
    result = CliRunner().invoke(app, [command, "--help"])
    assert result.exit_code == 0
    assert f"edgekit pose {command}" in result.output


def test_extract_writes_a_clip_on_the_grid_and_says_so(tmp_path: Path) -> None:
    model = fetched_model()
    video = write_video(tmp_path / "v.mp4", n_frames=26, fps=25)
    out = tmp_path / "clips" / "v.npy"
    arguments = ["extract", str(video), "-o", str(out), "--pose-model", str(model.path)]
    result = CliRunner().invoke(app, [*arguments, "--json"], catch_exceptions=False)
    told = json.loads(result.stdout)
    assert told["model_sha256"] == model.sha256
    assert told["n_source_frames"] == told["n_without_person"] == 26
    clip = load_clip(out)
    assert clip.shape == (31, 33, 5) == (told["n_frames"], 33, 5)
    assert np.isnan(clip).all()
    result = CliRunner().invoke(app, [*arguments, "--own-frames"], catch_exceptions=False)
    assert "26 frames on the source's own frames" in result.stdout
    assert len(load_clip(out)) == 26


def test_extract_without_the_model_says_how_to_fetch_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDGEKIT_CACHE", str(tmp_path / "empty"))
    video = write_video(tmp_path / "v.mp4", n_frames=2)
    said = _fails_with(MissingExtraError, "extract", str(video), "--model", "lite")
    assert "edgekit pose fetch --model lite" in said


def test_extract_of_no_video_names_it_and_writes_nothing(tmp_path: Path) -> None:
    model, out = fetched_model(), tmp_path / "x.npy"
    (tmp_path / "notes.mp4").write_text("no video")
    arguments = ("-o", str(out), "--pose-model", str(model.path))
    assert "notes.mp4" in _fails_with(DataError, "extract", str(tmp_path / "notes.mp4"), *arguments)
    assert "never ends" in _fails_with(UsageError, "extract", "0", *arguments)
    assert not out.exists()


def test_extract_refuses_another_ending() -> None:
    assert ".npy" in _fails_with(UsageError, "extract", "v.mp4", "-o", "v.csv")


def test_fetch_without_a_registry_is_one_line_and_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDGEKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    assert "--pose-model" in _fails_with(MissingExtraError, "fetch")
    assert not (tmp_path / "cache").exists()
