"""SIGHUP: new settings are taken whole or not at all."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from daemon_process import Daemon, is_running, serving, until
from serve.daemon.conftest import MANY_EVENTS, Bedside, settings_file
from service_manager import ServiceManager

from edgekit.serve.store.reader import Reader


def reload(daemon: Daemon) -> None:
    """Ask it to read its settings again."""
    os.kill(daemon.process.pid, signal.SIGHUP)


def audited(daemon: Daemon, what: str) -> bool:
    """Whether the audit holds such a line."""
    rows = daemon.http.get("/api/v1/audit").raise_for_status().json()["audit"]
    return any(row["what"] == what for row in rows)


def test_alarm_rules_are_obeyed_at_once(restless: Bedside, tmp_path: Path) -> None:
    quiet = "[alarm]\nn_positive = 60\nn_windows = 60\n"
    settings = settings_file(tmp_path, quiet)
    with (
        ServiceManager(tmp_path) as manager,
        serving(
            tmp_path,
            *(*restless.options, "--loop", "--settings", settings),
            environment=manager.environment,
        ) as daemon,
    ):
        daemon.wait_armed()
        boot_id, children = daemon.boot_id(), daemon.children()
        assert daemon.state()["patient"] is None
        settings_file(tmp_path, MANY_EVENTS)
        reload(daemon)
        manager.wait("RELOADING=1", within_s=2)
        manager.wait("READY=1", within_s=3)
        daemon.wait(lambda state: state["patient"] is not None, within_s=3)
        assert daemon.boot_id() == boot_id
        assert daemon.children() == children
        assert audited(daemon, "settings reloaded")


def test_a_bad_file_changes_nothing_and_is_shown(bedside: Bedside, tmp_path: Path) -> None:
    good = 'device = "bed-7"\n'
    settings = settings_file(tmp_path, good)
    with serving(tmp_path, *bedside.options, "--loop", "--settings", settings) as daemon:
        daemon.wait_armed()
        boot_id, children = daemon.boot_id(), daemon.children()
        settings_file(tmp_path, good + "[alarm]\nn_positive = 0\n")
        reload(daemon)
        daemon.wait_for("settings_refused", within_s=3)
        assert daemon.state()["state"] == "DEGRADED"
        assert audited(daemon, "settings refused")
        settings_file(tmp_path, good)
        reload(daemon)
        daemon.wait_armed(within_s=5)
        assert (daemon.boot_id(), daemon.children()) == (boot_id, children)


def test_other_settings_start_it_anew_with_its_alarm_still_latched(
    restless: Bedside, tmp_path: Path
) -> None:
    settings = settings_file(tmp_path, MANY_EVENTS)
    with (
        ServiceManager(tmp_path) as manager,
        serving(
            tmp_path,
            *(*restless.options, "--loop", "--settings", settings),
            environment=manager.environment,
        ) as daemon,
    ):
        daemon.wait(lambda state: state["patient"] is not None, within_s=20)
        manager.wait("READY=1", within_s=1)
        boot_id, (child,) = daemon.boot_id(), daemon.children()
        quiet = "[alarm]\nn_positive = 60\nn_windows = 60\n[watch]\nhop_s = 1.0\n"
        settings_file(tmp_path, 'device = "bed-8"\n' + quiet)
        n_pages = daemon.said().count("\npage ")
        reload(daemon)
        until(lambda: daemon.said().count("\npage ") > n_pages, within_s=10, what="a second page")
        assert not is_running(child)
        told = manager.wait("READY=1", within_s=2)
        assert any("RELOADING=1" in message for message in told)
        assert not any("STOPPING=1" in message for message in told)
        latched = Reader(tmp_path / "state").events(limit=1)[0].event_id
        daemon.move_to_newest_page()
        assert daemon.http.get("/api/v1/identity").json()["device"] == "bed-8"
        daemon.wait(
            lambda state: state["patient"] is not None and state["patient"]["event_id"] == latched,
            within_s=3,
        )
        assert daemon.boot_id() != boot_id
        assert daemon.stop() == 0
    newest, oldest = Reader(tmp_path / "state").boots()
    assert (newest.start_reason, oldest.is_clean) == ("clean", True)


def test_the_order_to_end_is_not_lost_while_it_starts_anew(
    bedside: Bedside, tmp_path: Path
) -> None:
    settings = settings_file(tmp_path, 'device = "bed-1"\n')
    with serving(tmp_path, *bedside.options, "--loop", "--settings", settings) as daemon:
        daemon.wait_armed()
        settings_file(tmp_path, 'device = "bed-2"\n')
        reload(daemon)
        until(lambda: "starting again" in daemon.said(), within_s=5)
        daemon.process.terminate()
        assert daemon.process.wait(15) == 0
        assert "Traceback" not in daemon.said()
    assert all(boot.is_clean for boot in Reader(tmp_path / "state").boots())
