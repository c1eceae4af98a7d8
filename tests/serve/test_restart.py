"""A reload that starts the daemon anew: what its manager is told, and signals on the way."""

from __future__ import annotations

import json
import os
import shutil
import signal
from pathlib import Path

import pytest
from daemon_process import TINY_BUNDLE, Daemon, recording, serving, until
from service_manager import ServiceManager

from edgekit.bundle import MANIFEST_FILE


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return recording(tmp_path_factory.mktemp("restart"), minutes=0.5)


def settings_file(folder: Path, text: str) -> Path:
    path = folder / "edgekit.toml"
    path.write_text(text, encoding="utf-8")
    return path


def hang_up(daemon: Daemon) -> None:
    os.kill(daemon.process.pid, signal.SIGHUP)


def wait_anew(daemon: Daemon) -> None:
    until(lambda: daemon.said().count("\npage ") > 1, within_s=15, what="a second page")


def test_a_manager_is_not_told_that_it_stops(source: Path, tmp_path: Path) -> None:
    """systemd would give a service that says so ten seconds, and then kill its successor."""
    settings = settings_file(tmp_path, 'device = "bed-1"\n')
    options = ("--source", source, "--bundle", TINY_BUNDLE, "--loop", "--settings", settings)
    with (
        ServiceManager(tmp_path) as manager,
        serving(tmp_path, *options, environment=manager.environment) as daemon,
    ):
        manager.wait("READY=1", within_s=10)
        settings_file(tmp_path, 'device = "bed-2"\n')
        hang_up(daemon)
        manager.wait("RELOADING=1", within_s=5)
        heard = manager.wait("READY=1", within_s=15)
        assert not any("STOPPING=1" in message for message in heard)


def test_a_second_hang_up_on_the_way_does_not_end_it(source: Path, tmp_path: Path) -> None:
    settings = settings_file(tmp_path, 'device = "bed-1"\n')
    options = ("--source", source, "--bundle", TINY_BUNDLE, "--loop", "--settings", settings)
    with serving(tmp_path, *options) as daemon:
        settings_file(tmp_path, 'device = "bed-2"\n')
        hang_up(daemon)
        until(lambda: "starting again" in daemon.said(), within_s=5)
        while daemon.said().count("\npage ") < 2 and daemon.process.poll() is None:
            hang_up(daemon)
        wait_anew(daemon)
        daemon.move_to_newest_page()
        assert daemon.http.get("/api/v1/identity").json()["device"] == "bed-2"
        assert daemon.stop() == 0


def test_a_bundle_that_answers_otherwise_here_does_not_replace_one_that_watches(
    source: Path, tmp_path: Path
) -> None:
    settings = settings_file(tmp_path, f'bundle = "{TINY_BUNDLE}"\n')
    with serving(tmp_path, "--source", source, "--loop", "--settings", settings) as daemon:
        boot_id = daemon.boot_id()
        drifted = tmp_path / "drifted"
        shutil.copytree(TINY_BUNDLE, drifted)
        spoil_golden_answers(drifted)
        settings_file(tmp_path, f'bundle = "{drifted}"\n')
        hang_up(daemon)
        daemon.wait_for("settings_refused", within_s=5)
        assert daemon.boot_id() == boot_id
        assert "golden_wrong" not in daemon.conditions()


def spoil_golden_answers(bundle: Path) -> None:
    """Let a bundle, whose files are in order, expect other answers than its models give."""
    path = bundle / MANIFEST_FILE
    manifest = json.loads(path.read_text(encoding="utf-8"))
    for model in manifest["models"]:
        golden = model["golden"]
        golden["fold_probability"] = [
            [p + 0.3 for p in clip] for clip in golden["fold_probability"]
        ]
    path.write_text(json.dumps(manifest), encoding="utf-8")
