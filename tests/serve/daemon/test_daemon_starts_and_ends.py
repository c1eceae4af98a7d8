"""Start, signals, and what a service manager hears of them."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import httpx
import pytest
from daemon_process import is_running, serving, tell, until
from serve.daemon.conftest import Bedside
from service_manager import ServiceManager

from edgekit.serve.store.reader import Reader

START_TO_ARMED_S = 5.0
END_S = 5.0


def test_it_is_armed_within_five_seconds_and_the_length_of_a_window(
    bedside: Bedside, tmp_path: Path
) -> None:
    began = time.monotonic()
    with serving(tmp_path, *bedside.options, "--loop") as daemon:
        daemon.wait_armed()
        took_s = time.monotonic() - began
    window_s = bedside.bundle.manifest.n_frames / bedside.bundle.manifest.fps
    tell(f"start to ARMED {took_s:.2f} s, of which {window_s:.2f} s are the first window")
    assert took_s < START_TO_ARMED_S + window_s


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_order(
    ending: signal.Signals, bedside: Bedside, tmp_path: Path
) -> None:
    with serving(tmp_path, *bedside.options, "--loop") as daemon:
        daemon.wait_armed()
        (child,) = daemon.children()
        daemon.process.send_signal(ending)
        assert daemon.process.wait(END_S) == 0
        assert not is_running(child)
        assert "Traceback" not in daemon.said()
    (boot,) = Reader(tmp_path / "state").boots()
    assert boot.is_clean
    assert Reader(tmp_path / "state").health()[-1].n_decisions > 0


def test_the_service_manager_is_told_only_what_is_true(bedside: Bedside, tmp_path: Path) -> None:
    """Row 11: a daemon that stands still feeds no watchdog."""
    with (
        ServiceManager(tmp_path) as manager,
        serving(tmp_path, *bedside.options, "--loop", environment=manager.environment) as daemon,
    ):
        before = manager.wait("READY=1", within_s=10)
        assert not any("WATCHDOG=1" in message for message in before)
        assert daemon.http.get("/").status_code == 200
        manager.wait("STATUS=ARMED", within_s=15)
        assert sum("WATCHDOG=1" in message for message in manager.listen(2.5)) >= 3

        os.kill(daemon.process.pid, signal.SIGSTOP)
        until(lambda: _is_stopped(daemon.process.pid), within_s=2)
        manager.listen(0.1)
        assert manager.listen(2.0) == []
        with pytest.raises(httpx.TimeoutException):
            httpx.get(f"{daemon.url}/healthz", timeout=0.5)
        os.kill(daemon.process.pid, signal.SIGCONT)
        manager.wait("WATCHDOG=1", within_s=5)
        daemon.wait_armed(within_s=10)

        daemon.process.terminate()
        manager.wait("STOPPING=1", within_s=2)
        assert daemon.process.wait(END_S) == 0


def _is_stopped(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    return stat.rpartition(")")[2].split()[0] == "T"
