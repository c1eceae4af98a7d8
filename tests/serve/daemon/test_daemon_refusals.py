"""What keeps it from starting is one line and an exit code, and nothing is left behind."""

from __future__ import annotations

import shutil
import socket
import subprocess
from pathlib import Path

import pytest
from daemon_process import ended, serving
from serve.daemon.conftest import Bedside, settings_file

from edgekit.errors import IntegrityError, UsageError


def refusal(done: subprocess.CompletedProcess[str]) -> str:
    """The one line on stderr."""
    (line,) = done.stderr.splitlines()
    assert done.stdout == ""
    return line


def damaged_bundle(bedside: Bedside, folder: Path, name: str) -> Path:
    """A copy with one bit of one file flipped."""
    target = folder / "damaged"
    shutil.copytree(bedside.bundle.folder, target)
    content = bytearray((target / name).read_bytes())
    content[len(content) // 2] ^= 1
    (target / name).write_bytes(content)
    return target


def test_a_missing_bundle(bedside: Bedside, tmp_path: Path) -> None:
    done = ended(tmp_path, "--source", bedside.source, "--bundle", tmp_path / "nowhere")
    assert done.returncode == UsageError.exit_code
    assert "nowhere" in refusal(done)
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize("check", [(), ("--check",)])
def test_a_flipped_bit_in_the_bundle(
    check: tuple[str, ...], bedside: Bedside, tmp_path: Path
) -> None:
    bundle = damaged_bundle(bedside, tmp_path, "model.int8.u8s8.onnx")
    done = ended(tmp_path, "--source", bedside.source, "--bundle", bundle, *check)
    assert done.returncode == IntegrityError.exit_code
    assert "model.int8.u8s8.onnx" in refusal(done)
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[watch]\nhop = 0.5\n", "watch.hop"),
        ("[alarm]\nn_positive = 4\nn_windows = 3\n", "n_positive"),
        ("[watch\n", "not TOML"),
        ('sinks = ["gong:"]\n', "gong:"),
    ],
)
def test_wrong_settings(text: str, named: str, bedside: Bedside, tmp_path: Path) -> None:
    done = ended(tmp_path, *bedside.options, "--settings", settings_file(tmp_path, text))
    assert done.returncode == UsageError.exit_code
    assert named in refusal(done)


def test_a_port_in_use(bedside: Bedside, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = ended(tmp_path, *bedside.options, "--port", str(port))
    assert done.returncode == UsageError.exit_code
    assert str(port) in refusal(done)


def test_a_second_daemon_on_the_same_state(bedside: Bedside, tmp_path: Path) -> None:
    with serving(tmp_path, *bedside.options) as daemon:
        done = ended(tmp_path, *bedside.options)
        assert done.returncode == UsageError.exit_code
        assert f"process {daemon.process.pid}" in refusal(done)
        daemon.wait_armed()
        assert daemon.stop() == 0


def test_check_says_what_it_would_do_and_does_nothing(bedside: Bedside, tmp_path: Path) -> None:
    done = ended(tmp_path, *bedside.options, "--check")
    assert done.returncode == 0
    assert done.stderr == ""
    assert str(bedside.bundle.folder) in done.stdout
    assert "golden clips answered as at export" in done.stdout
    assert not (tmp_path / "state").exists()
