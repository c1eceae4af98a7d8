"""The command as its users meet it: a subprocess, its words, its exit codes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tiny_run import tiny_cohort, tiny_run

TINY_BUNDLE = Path(__file__).resolve().parent.parent / "data" / "tiny_bundle"
COMMANDS = (
    *("demo", "synth", "train", "export", "verify", "predict", "doctor", "setup", "bench", "pose"),
)


def edgekit(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command as installed beside this Python."""
    command = [sys.executable, "-m", "edgekit", *map(str, arguments)]
    environment = {**os.environ, "COLUMNS": "200"}
    return subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=cwd, env=environment
    )


def assert_one_line(done: subprocess.CompletedProcess[str], code: int, *words: str) -> None:
    """Check for the documented exit code and a single line that holds `words`."""
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("edgekit: "), done.stderr
    for word in words:
        assert word in last


def test_help_lists_every_command() -> None:
    done = edgekit("--help")
    assert done.returncode == 0
    for command in COMMANDS:
        assert f"\n  {command} " in done.stdout
    assert "no medical device" in done.stdout


@pytest.mark.parametrize("command", [*COMMANDS[:8], "bench run", "pose fetch", "pose extract"])
def test_each_help_has_an_example(command: str) -> None:
    done = edgekit(*command.split(), "--help")
    assert done.returncode == 0
    assert "Example: edgekit" in done.stdout


def test_help_imports_nothing_heavy() -> None:
    script = (
        "import sys; import edgekit.cli.app; "
        "heavy = {'numpy', 'torch', 'onnx', 'onnxruntime', 'openvino', 'nncf', 'mediapipe', "
        "'cv2', 'sklearn', 'pydantic'}; print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_version() -> None:
    assert edgekit("--version").stdout == "edgekit 0.1.0\n"


def test_wrong_options_are_usage_errors() -> None:
    assert edgekit("predict", "--nonsense").returncode == 2
    assert edgekit("nonsense").returncode == 2
    assert edgekit("train", "--folds", "1").returncode == 2


def test_verify_and_predict_a_bundle(tmp_path: Path) -> None:
    done = edgekit("verify", TINY_BUNDLE)
    assert done.returncode == 0, done.stderr
    assert "verified" in done.stdout
    np.save(tmp_path / "clip.npy", np.random.default_rng(0).random((32, 33, 5)))
    done = edgekit("predict", tmp_path / "clip.npy", "--bundle", TINY_BUNDLE)
    assert done.returncode == 0, done.stderr
    header, row = done.stdout.splitlines()
    assert header == "file_name,label,probability"
    assert row.startswith("clip.npy,")
    out = tmp_path / "out.csv"
    done = edgekit("predict", tmp_path, "--bundle", TINY_BUNDLE, "--submission", "--out", out)
    assert done.returncode == 0, done.stderr
    assert out.read_text().splitlines()[0] == "file_name,label"


def test_predict_without_anything_says_what_is_missing(tmp_path: Path) -> None:
    assert_one_line(edgekit("predict", cwd=tmp_path), 2, "bundle", "edgekit export")


def test_bad_clip_is_bad_data_and_the_old_csv_stays(tmp_path: Path) -> None:
    (tmp_path / "bad.npy").write_bytes(b"nothing")
    (tmp_path / "out.csv").write_text("old")
    done = edgekit(
        "predict", tmp_path / "bad.npy", "--bundle", TINY_BUNDLE, "--out", tmp_path / "out.csv"
    )
    assert_one_line(done, 17, "bad.npy", "numpy.save")
    assert (tmp_path / "out.csv").read_text() == "old"


def test_a_video_that_is_none_is_bad_data(tmp_path: Path) -> None:
    pytest.importorskip("mediapipe", reason="the pose extra is not installed")
    (tmp_path / "v.mp4").write_bytes(b"no video" * 100)
    task = tmp_path / "pose.task"
    task.write_bytes(b"no model")
    done = edgekit("predict", tmp_path / "v.mp4", "--bundle", TINY_BUNDLE, "--pose-model", task)
    assert_one_line(done, 17, "pose.task")


def test_a_csv_that_cannot_be_written(tmp_path: Path) -> None:
    np.save(tmp_path / "clip.npy", np.random.default_rng(0).random((32, 33, 5)))
    blocked = tmp_path / "clip.npy" / "out.csv"
    done = edgekit("predict", tmp_path / "clip.npy", "--bundle", TINY_BUNDLE, "--out", blocked)
    assert_one_line(done, 18, "out.csv", "cannot be written")


def test_full_disk(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full on this system")
    np.save(tmp_path / "clip.npy", np.random.default_rng(0).random((32, 33, 5)))
    command = [sys.executable, "-m", "edgekit", "predict", str(tmp_path / "clip.npy")]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*command, "--bundle", str(TINY_BUNDLE)],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert_one_line(done, 18, "disk is full")


def test_export_and_verify_with_no_options_then_a_lost_clip(tmp_path: Path) -> None:
    cohort = tiny_cohort(tmp_path / "data")
    tiny_run(tmp_path / "runs" / "one", cohort)
    done = edgekit("export", "--quantize", "none", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "bundle" / "manifest.json").is_file()
    done = edgekit("verify", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (tmp_path / "data" / "child_1_1.npy").unlink()
    done = edgekit("export", cwd=tmp_path)
    assert_one_line(done, 17, "train_data.csv, row 2", "child_1_1.npy")


def test_export_without_a_run(tmp_path: Path) -> None:
    assert_one_line(edgekit("export", cwd=tmp_path), 2, "runs", "edgekit train")


def test_train_on_nothing(tmp_path: Path) -> None:
    assert_one_line(edgekit("train", cwd=tmp_path), 17, "data: no such folder")
