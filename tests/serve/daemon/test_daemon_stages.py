"""Row 11: each stage in turn stands still; the watchdog is not fed, and the daemon ends."""

from __future__ import annotations

import json
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from daemon_process import REPOSITORY, Daemon, is_running, serving, until
from frozen_thread import Frozen, frozen
from serve.daemon.conftest import Bedside
from service_manager import ServiceManager

from edgekit.serve.daemon import EXIT_HANGS

FAULTY = str(REPOSITORY / "tests" / "faulty_daemon.py")
ENDS_S = 15.0
SHOWN_S = 5.0
HEALTHY_S = 6.0


@dataclass
class Patient:
    """One of the daemons, and its fault."""

    daemon: Daemon
    manager: ServiceManager
    child: int
    since_s: float = 0.0
    stopped: Frozen | None = None

    def freeze(self, thread: str, stack: ExitStack) -> None:
        """Stop one of its threads."""
        threads = json.loads((self.daemon.folder / "state" / "threads.json").read_text())
        self.since_s = time.monotonic()
        try:
            self.stopped = stack.enter_context(frozen(self.daemon.process.pid, threads[thread]))
        except PermissionError as error:
            pytest.skip(f"other processes' threads cannot be stopped here: {error}")

    def is_childless(self) -> bool:
        """Whether its pose process is gone."""
        return not is_running(self.child)

    def has_ended(self) -> bool:
        """Whether the process is gone."""
        if self.stopped is not None:
            self.stopped.reap()
        return self.daemon.process.poll() is not None


def bed(stack: ExitStack, folder: Path, bedside: Bedside, fault: str) -> Patient:
    """Start a daemon, and wait until it watches."""
    folder.mkdir()
    manager = stack.enter_context(ServiceManager(folder))
    daemon = stack.enter_context(
        serving(
            folder,
            *bedside.options,
            "--loop",
            program=[FAULTY, fault],
            environment=manager.environment,
        )
    )
    daemon.wait_armed()
    until((folder / "state" / "threads.json").exists, within_s=5)
    return Patient(daemon, manager, daemon.children()[0])


def test_a_stage_that_stands_still_is_shown_and_ends_the_daemon(
    bedside: Bedside, tmp_path: Path
) -> None:
    """Row 11: shown within 5 s by what still works, ended within 15 s, for a supervisor to restart.

    All four at once: the waiting is the same.
    """
    with ExitStack() as stack:
        store, core, http = (
            bed(stack, tmp_path / name, bedside, "none") for name in ("store", "core", "http")
        )
        watch = bed(stack, tmp_path / "watch", bedside, "hangs")
        watch.since_s = time.monotonic()
        for patient, thread in ((core, "core"), (http, "http"), (store, "recorder")):
            patient.freeze(f"edgekit-{thread}", stack)

        core.daemon.wait_for("core_stuck", within_s=SHOWN_S)
        until(lambda: core.daemon.http.get("/healthz").status_code == 503, within_s=SHOWN_S - 2)
        watch.daemon.wait_for("decision_stale", within_s=HEALTHY_S + SHOWN_S)
        assert watch.daemon.state()["state"] == "NOT MONITORING"
        assert "decision_stale" in {one["condition"] for one in watch.daemon.transitions()}
        with pytest.raises(httpx.TransportError):
            httpx.get(f"{http.daemon.url}/healthz", timeout=0.5)

        for name, patient in {"store": store, "core": core, "http": http, "watch": watch}.items():
            allowed_s = ENDS_S + (HEALTHY_S if name == "watch" else 0.0)
            left_s = patient.since_s + allowed_s - time.monotonic()
            until(patient.has_ended, within_s=left_s, what=f"{name} ends")
            assert patient.daemon.process.returncode == EXIT_HANGS
            assert f"{name} hangs: ending" in patient.daemon.said()
            until(patient.is_childless, within_s=2)
            assert f"STATUS=hangs: {name}" in patient.manager.listen(0.2)[-1]
