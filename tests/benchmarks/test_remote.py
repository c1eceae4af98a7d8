"""`--host` against a real sshd: from a home with nothing in it to figures, and every step's error.

Real are the server, keys, the user's configuration, scp, the wheel, its virtual environment, pip's
check of what it needs, and the run. Not real: other packages are shown to the virtual environment
instead of being fetched, and the processor is this one.
"""

from __future__ import annotations

import shutil
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from edgekit_bench.remote import Remote, Shipping, run_remote
from edgekit_bench.results import read_record
from edgekit_bench.session import BenchOptions
from edgekit_bench.ssh import quoted
from edgekit_bench.target import load_target
from edgekit_bench.wheel import find_wheel
from small_bundle import onnx_bundle
from ssh_server import SshServer, ssh_server
from typer.testing import CliRunner

from edgekit.bundle import Bundle, load_bundle
from edgekit.cli import bench
from edgekit.errors import IntegrityError, UsageError

BARE = Shipping(extras=())


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshServer]:
    """Yield a running server."""
    with ssh_server(tmp_path_factory.mktemp("ssh")) as found:
        yield found


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """Return a small bundle."""
    return load_bundle(onnx_bundle(tmp_path_factory.mktemp("bundle") / "with space"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel of this checkout once."""
    return find_wheel(None, tmp_path_factory.mktemp("wheel"))


@pytest.fixture
def device(server: SshServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Remote:
    """Return the server as a device, with no pose model here to ship."""
    monkeypatch.setenv("EDGEKIT_CACHE", str(tmp_path / "cache"))
    return Remote(server.host, python=sys.executable, ssh_config=server.config)


def program(server: SshServer, name: str, script: str) -> str:
    """Put a shell script beside the server, and return its path."""
    path = server.config.parent / name
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def test_from_nothing_to_figures(
    server: SshServer, device: Remote, bundle: Bundle, wheel: Path, tmp_path: Path
) -> None:
    path = tmp_path / "there.json"
    words = [str(bundle.folder), "--host", device.host, "--python", device.python, "--extras", ""]
    words += ["--ssh-config", str(server.config), "--wheel", str(wheel), "--target", "rpi5"]
    words += ["--offline-wheels", str(wheel.parent)]  # so that pip may not look anywhere else

    result = CliRunner().invoke(bench.app, [*words, "--seconds", "0.02", "--json", str(path)])

    assert result.exit_code == 0, result.output
    found = read_record(path)
    assert {one.name for one in found.models} == {one.name for one in bundle.manifest.models}
    assert found.target is not None
    assert found.target.target == load_target("rpi5")
    assert found.sustained is not None
    assert found.measured.bundle.startswith(str(server.home))
    assert result.stdout.startswith(f"on {device.host}: NO Raspberry Pi 5 HERE")
    assert server.leftovers() == []


def test_a_failed_step_says_why_and_leaves_nothing(
    server: SshServer, device: Remote, bundle: Bundle, wheel: Path
) -> None:
    python = program(
        server,
        "python-without-venv",
        f"""
        case "$1" in -c) exec {device.python} "$@";; esac
        echo "No module named venv" >&2; exit 1""",
    )

    with pytest.raises(IntegrityError, match="cot: cannot make a venv .*: No module named venv"):
        run_remote(
            replace(device, python=python), bundle, BenchOptions(), replace(BARE, wheel=wheel)
        )
    assert server.leftovers() == []


def test_a_kept_folder_is_said_and_stays(
    server: SshServer, device: Remote, bundle: Bundle, wheel: Path
) -> None:
    python = program(
        server,
        "python-that-answers",
        f"""
        case "$1" in -c) exec {device.python} "$@";; esac
        exit 1""",
    )
    shipping = replace(BARE, wheel=wheel, keeps_folder=True)

    with pytest.raises(IntegrityError, match="no reason given"):
        run_remote(replace(device, python=python), bundle, BenchOptions(), shipping)

    (kept,) = server.home.glob(".edgekit-bench-*")
    assert {path.name for path in kept.iterdir()} == {"bundle", "cache", "wheels", wheel.name}
    shutil.rmtree(kept)


def test_a_home_that_cannot_be_written_is_told(device: Remote) -> None:
    with pytest.raises(IntegrityError, match="cannot make a folder: mkdir: .*exit code 1"):
        device.run("mkdir /proc/nothing", "make a folder")


def test_a_host_that_lets_nobody_in_is_told(device: Remote, bundle: Bundle, wheel: Path) -> None:
    stranger = replace(device, host="stranger")

    with pytest.raises(UsageError, match="--host stranger: .*Permission denied.*`ssh stranger"):
        run_remote(stranger, bundle, BenchOptions(), replace(BARE, wheel=wheel))


def test_a_python_that_is_not_there_is_told(device: Remote, bundle: Bundle, wheel: Path) -> None:
    other = replace(device, python="python2.9")

    with pytest.raises(IntegrityError, match="cannot run python2.9: .*not found"):
        run_remote(other, bundle, BenchOptions(), replace(BARE, wheel=wheel))


def test_an_old_python_is_refused(
    server: SshServer, device: Remote, bundle: Bundle, wheel: Path
) -> None:
    old = program(server, "python3.7", 'echo "edgekit: 3.7 aarch64"')

    with pytest.raises(UsageError, match=r"is 3\.7, edgekit needs 3\.10"):
        run_remote(replace(device, python=old), bundle, BenchOptions(), replace(BARE, wheel=wheel))


def test_what_a_login_prints_is_no_trouble(device: Remote) -> None:
    lines: list[str] = []

    class Listener:
        def step(self, task: str, done: int, total: int) -> None: ...

        def say(self, line: str) -> None:
            lines.append(line)

    out = device.run("echo welcome; echo note >&2; echo out", "greet", progress=Listener())

    assert out == "welcome\nout\n"
    assert "note" in lines


def test_words_reach_the_other_shell_unchanged(device: Remote) -> None:
    word = 'a b\'c "d" $HOME `e` ; f'

    assert device.run(quoted(["printf", "%s", word]), "print") == word


@pytest.mark.parametrize("host", ["-oProxyCommand=x", "", "a b"])
def test_a_host_that_would_be_an_option_is_refused(host: str) -> None:
    with pytest.raises(UsageError, match="no host; give user@device"):
        Remote(host).run("true", "do nothing")


def test_the_wheel_holds_the_targets(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())

    assert {f"edgekit_bench/targets/{name}.toml" for name in ("rpi4", "rpi5", "jetson", "x86")} <= (
        names
    )
    assert {"edgekit_bench/page.css", "edgekit/train/report/style.css"} <= names


def test_without_a_checkout_a_wheel_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="give one with --wheel"):
        find_wheel(None, tmp_path, root=tmp_path)


def test_another_file_is_no_wheel(tmp_path: Path) -> None:
    other = tmp_path / "numpy-2.whl"
    other.write_bytes(b"")

    with pytest.raises(UsageError, match="not a wheel of edgekit"):
        find_wheel(other, tmp_path)


def test_an_empty_folder_of_wheels_is_refused(
    device: Remote, bundle: Bundle, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="no folder with wheels in it"):
        run_remote(device, bundle, BenchOptions(), Shipping(offline_wheels=tmp_path))
