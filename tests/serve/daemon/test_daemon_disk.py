"""Row 16: the disk is full, read-only, or fails. The alarm does not wait for it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from daemon_process import Daemon, serving, tell
from live_listener import Heard, Listener
from serve.daemon.conftest import MANY_EVENTS, Bedside, settings_file

from edgekit.serve.store.reader import Reader

ANNOUNCED_S = 0.25
SETTINGS = f"{MANY_EVENTS}\n[store]\nreserve_mb = 1\nkeep_landmarks = false\n"


def tool(name: str) -> str:
    """Where a program is, or skip."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"needs {name}: make tools")
    return found


@contextmanager
def small_disk(folder: Path, *options: str) -> Iterator[Path]:
    """Mount a disk of 6 MB."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root")
    folder.mkdir()
    what = ["-t", "tmpfs", "-o", ",".join(("size=6m", *options)), "none", str(folder)]
    mounted = subprocess.run([tool("mount"), *what], capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"no disk can be mounted here: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run([tool("umount"), "--lazy", str(folder)], check=True)


def fill(path: Path) -> None:
    """Add to a file until nothing more fits."""
    with path.open("ab", buffering=0) as file:
        for size in (65536, 4096, 1):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue


def delays_s(spasms: tuple[Heard, ...]) -> list[float]:
    """From each decision to its arrival at a client."""
    return [one.mono_s - one.content["mono_s"] for one in spasms]


def unstored(spasms: tuple[Heard, ...]) -> list[Heard]:
    """Events that were announced before the store had them."""
    return [one for one in spasms if not one.content["is_stored"]]


def wait_recovered(daemon: Daemon, listener: Listener) -> None:
    """Wait until everything that was heard is in the store, and nothing is wrong."""
    daemon.wait(
        lambda state: (
            not {"disk_full", "store_failing"} & _conditions(state) and state["n_waiting"] < 3
        ),
        within_s=15,
    )
    n_known = len(listener.spasms())
    listener.wait(lambda heard: len(heard.spasms()) > n_known, within_s=5)
    stored = {event["event_id"] for event in daemon.events()}
    assert {one.content["event_id"] for one in listener.spasms()[:n_known]} <= stored


def _conditions(state: dict[str, list[dict[str, str]]]) -> set[str]:
    return {one["condition"] for one in state["conditions"]}


def test_a_full_disk(restless: Bedside, tmp_path: Path) -> None:
    """Row 16: announced in time all the same, told, and stored when there is space again."""
    settings = settings_file(tmp_path, SETTINGS)
    options = (*restless.options, "--settings", settings, "--loop", "--speed", "3")
    with (
        small_disk(tmp_path / "state") as disk,
        serving(tmp_path, *options) as daemon,
        Listener(daemon.url) as listener,
    ):
        listener.wait(lambda heard: len(heard.spasms()) >= 2, within_s=20)
        fill(disk / "filler")
        daemon.wait_for("disk_full", within_s=20)
        # The reserve is given back once, and is as good as gone now.
        fill(disk / "filler")
        listener.wait(lambda heard: len(unstored(heard.spasms())) >= 5, within_s=30)
        assert "disk_full" in daemon.conditions()
        assert daemon.state()["state"] == "DEGRADED"
        (disk / "filler").unlink()
        wait_recovered(daemon, listener)
        delays = delays_s(listener.spasms())
        assert daemon.stop() == 0
    tell(f"full disk: worst of {len(delays)} alarms {1000 * max(delays):.0f} ms")
    assert max(delays) < ANNOUNCED_S


def test_a_disk_that_is_read_only_at_the_start(restless: Bedside, tmp_path: Path) -> None:
    """Row 16: it watches and alarms without a store, and writes it when it can."""
    settings = settings_file(tmp_path, SETTINGS)
    options = (*restless.options, "--settings", settings, "--loop")
    with (
        small_disk(tmp_path / "state", "ro") as disk,
        serving(tmp_path, *options) as daemon,
        Listener(daemon.url) as listener,
    ):
        daemon.wait_for("store_failing", within_s=10)
        listener.wait(lambda heard: len(unstored(heard.spasms())) >= 2, within_s=20)
        assert max(delays_s(listener.spasms())) < ANNOUNCED_S
        subprocess.run([tool("mount"), "-o", "remount,rw", str(disk)], check=True)
        wait_recovered(daemon, listener)
        assert daemon.stop() == 0
        assert Reader(disk).boots()[0].is_clean


@contextmanager
def failing_writes(daemon: Daemon, folder: Path) -> Iterator[None]:
    """Let every write to the disk of a running daemon fail with EIO."""
    calls = "fdatasync,fsync,pwrite64"
    tracer = subprocess.Popen(
        [
            *(
                tool("strace"),
                "-f",
                "-o",
                str(folder / "strace.txt"),
                "-p",
                str(daemon.process.pid),
            ),
            *("-e", f"trace={calls}", "-e", f"inject={calls}:error=EIO"),
        ],
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert tracer.stderr is not None
        line = tracer.stderr.readline()
        if "attached" not in line:
            pytest.skip(f"strace cannot attach here: {line.strip()}")
        yield
    finally:
        tracer.send_signal(signal.SIGINT)
        tracer.communicate(timeout=10)


def test_a_disk_that_fails(restless: Bedside, tmp_path: Path) -> None:
    """Row 16: EIO from every write and sync; everything is stored when it works again."""
    settings = settings_file(tmp_path, SETTINGS)
    options = (*restless.options, "--settings", settings, "--loop")
    with serving(tmp_path, *options) as daemon, Listener(daemon.url) as listener:
        listener.wait(lambda heard: len(heard.spasms()) >= 1, within_s=20)
        with failing_writes(daemon, tmp_path):
            daemon.wait_for("store_failing", within_s=10)
            listener.wait(lambda heard: len(unstored(heard.spasms())) >= 2, within_s=20)
        assert max(delays_s(listener.spasms())) < ANNOUNCED_S
        wait_recovered(daemon, listener)
        assert daemon.stop() == 0
