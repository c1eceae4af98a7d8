"""Signals and settings as the daemon really meets them: in any thread, at any moment."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
from pathlib import Path

import pytest
from daemon_process import Daemon, ended, serving, until
from serve.daemon.conftest import Bedside, settings_file

from edgekit.errors import UsageError

REFUSED = {
    '[mqtt]\nbroker = "mqtt://b"\nusername = "x"\npassword_file = "gone"\n': "gone",
    '[mqtt]\nbroker = "mqtts://b"\nca_file = "gone.crt"\n': "gone.crt",
    '[http]\ncertificate = "gone.pem"\nkey = "gone.pem"\n': "gone.pem",
    '[http]\nhost = "203.0.113.9"\n': "no such address",
    'sinks = ["gong:"]\n': "gong:",
}
"""Settings that a start would refuse, and what is named."""
THREADS = {"OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2"}


def unmasked(daemon: Daemon) -> list[int]:
    """Threads that libraries started, beside the main one, which do not block SIGTERM."""
    found = []
    for task in Path(f"/proc/{daemon.process.pid}/task").iterdir():
        status = (task / "status").read_text(encoding="ascii")
        (blocked,) = (
            int(line.split()[1], 16) for line in status.splitlines() if line.startswith("SigBlk")
        )
        is_blocked = blocked & 1 << (signal.SIGTERM - 1)
        if not is_blocked and int(task.name) != daemon.process.pid:
            found.append(int(task.name))
    return found


def send(daemon: Daemon, thread: int, number: signal.Signals) -> None:
    """Have one thread get a signal, as the kernel may choose it when the main one is busy."""
    assert ctypes.CDLL(None).tgkill(daemon.process.pid, thread, int(number)) == 0


def test_a_signal_that_a_librarys_thread_gets_is_obeyed(bedside: Bedside, tmp_path: Path) -> None:
    """Row 13: without care it would end the daemon at once, as a crash."""
    settings = settings_file(tmp_path, 'device = "bed-7"\n')
    options = (*bedside.options, "--loop", "--settings", settings)
    with serving(tmp_path, *options, environment=THREADS) as daemon:
        daemon.wait_armed()
        threads = unmasked(daemon)
        if not threads:
            pytest.skip("no library has a thread of its own here")
        settings_file(tmp_path, "nonsense")
        send(daemon, threads[0], signal.SIGHUP)
        daemon.wait_for("settings_refused", within_s=3)
        send(daemon, threads[0], signal.SIGTERM)
        assert daemon.process.wait(10) == 0


def test_check_and_reload_refuse_what_a_start_would_refuse(
    bedside: Bedside, tmp_path: Path
) -> None:
    """A reload with such a file must not end a daemon that watches."""
    settings = settings_file(tmp_path, "")
    with serving(tmp_path, *bedside.options, "--loop", "--settings", settings) as daemon:
        boot_id = daemon.boot_id()
        for text, named in REFUSED.items():
            settings_file(tmp_path, text)
            done = ended(tmp_path, *bedside.options, "--check", "--settings", settings)
            assert done.returncode == UsageError.exit_code, text
            assert named in done.stderr
            assert done.stdout == ""
            reload(daemon)
            daemon.wait_for("settings_refused", within_s=5)
            settings_file(tmp_path, "")
            reload(daemon)
            daemon.wait_armed(within_s=5)
        assert daemon.boot_id() == boot_id


def reload(daemon: Daemon) -> None:
    """Have it read its settings again."""
    os.kill(daemon.process.pid, signal.SIGHUP)


def test_a_start_that_fails_makes_no_token_that_nobody_sees(
    bedside: Bedside, tmp_path: Path
) -> None:
    """Else the next start would not show one either, and nobody could ever sign in."""
    settings = settings_file(tmp_path, "[http]\nis_token_required = true\n")
    options = (*bedside.options, "--settings", settings)
    with socket.create_server(("127.0.0.1", 0)) as other:
        done = ended(tmp_path, *options, "--port", str(other.getsockname()[1]))
    assert done.returncode == UsageError.exit_code
    with serving(tmp_path, *options) as daemon:
        until(lambda: "(admin; shown this once)" in daemon.said(), within_s=3)


def test_what_is_wrong_with_a_source_is_in_the_log(bedside: Bedside, tmp_path: Path) -> None:
    """A damaged recording is no camera, and the log says which file and why."""
    source = tmp_path / "damaged.npy"
    source.write_bytes(b"no array")
    options = ("--source", source, "--bundle", bedside.bundle.folder)
    with serving(tmp_path, *options) as daemon:
        daemon.wait_for("no_camera", within_s=5)
        until(lambda: "damaged.npy" in daemon.said().rpartition("research software")[2], within_s=2)
