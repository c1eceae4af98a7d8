"""Installing, removing and looking at the service, in a folder that stands for the machine."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
import typer
from fake_systemd import Machine
from typer.testing import CliRunner

from edgekit.cli import service as command
from edgekit.errors import OutputError, UsageError
from edgekit.serve.systemd import plan, service
from edgekit.serve.systemd.systemctl import Systemctl
from edgekit.serve.systemd.unit import NAME, ServiceOptions

OPTIONS = ServiceOptions("/opt/edgekit/bin/edgekit", "/opt/edgekit")


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine(tmp_path)
    monkeypatch.setenv("PATH", f"{made.tools}:{os.environ['PATH']}")
    return made


def test_it_is_installed_once_and_says_what_it_changed(machine: Machine) -> None:
    first = service.install(OPTIONS, machine.place)
    assert [line.split(":")[0] for line in first] == ["written", "written", "enabled", "started"]
    assert machine.told() == ["daemon-reload", f"enable {NAME}", f"start {NAME}"]
    assert machine.files() == ["etc/modules-load.d/edgekit.conf", f"etc/systemd/system/{NAME}"]
    assert {"videodev", "cdc_acm"} <= set(machine.place.modules.read_text().splitlines())

    again = service.install(OPTIONS, machine.place)
    assert {line.split(":")[0] for line in again} == {"unchanged"}
    assert machine.told() == []

    changed = service.install(replace(OPTIONS, folder="/opt"), machine.place)
    assert [line.split(":")[0] for line in changed] == ["written", "unchanged", "restarted"]
    assert machine.told() == ["daemon-reload", f"restart {NAME}"]


def test_it_need_not_be_started(machine: Machine) -> None:
    service.install(OPTIONS, machine.place, is_started=False)

    assert machine.told() == ["daemon-reload", f"enable {NAME}"]


def test_a_service_that_does_not_start_is_an_error(machine: Machine) -> None:
    (machine.tools / "broken").touch()

    with pytest.raises(OutputError, match=r"Job for edgekit\.service failed\.; look at: journal"):
        service.install(OPTIONS, machine.place)


def test_it_is_removed_and_nothing_else(machine: Machine) -> None:
    other = machine.root / "etc/systemd/system/other.service"
    other.parent.mkdir(parents=True)
    other.write_text("[Service]\n", encoding="utf-8")
    events = machine.root / "var/lib/edgekit/events.sqlite"
    events.parent.mkdir(parents=True)
    events.touch()
    service.install(OPTIONS, machine.place)
    machine.told()

    done = service.uninstall(machine.place)
    assert machine.told() == [f"disable --now {NAME}", "daemon-reload"]
    assert machine.files() == ["etc/systemd/system/other.service", "var/lib/edgekit/events.sqlite"]
    assert done[-1] == "kept: the events, in /var/lib/edgekit; `edgekit wipe` erases them"
    assert service.uninstall(machine.place) == ("it was not installed",)


def test_events_in_a_folder_of_ones_own_are_named(machine: Machine) -> None:
    service.install(replace(OPTIONS, store="/srv/events"), machine.place)

    assert "/srv/events" in service.uninstall(machine.place)[-1]


def test_a_unit_of_other_hands_is_left_alone(machine: Machine) -> None:
    machine.place.unit.parent.mkdir(parents=True)
    machine.place.unit.write_text("[Service]\n", encoding="utf-8")

    with pytest.raises(UsageError, match="not written by"):
        service.install(OPTIONS, machine.place)
    with pytest.raises(UsageError, match="not written by"):
        service.uninstall(machine.place)
    assert machine.files() == [f"etc/systemd/system/{NAME}"]
    assert machine.told() == []


def test_its_status_tells_drift(machine: Machine) -> None:
    assert not service.look(machine.place).is_installed
    service.install(OPTIONS, machine.place)
    found = service.look(machine.place)
    assert (found.active, found.enabled, found.has_drifted) == ("active", "enabled", False)
    assert found.version is not None

    text = machine.place.unit.read_text(encoding="utf-8")
    machine.place.unit.write_text(text.replace("WatchdogSec=10", "WatchdogSec=0"), encoding="utf-8")
    assert service.look(machine.place).has_drifted


def test_an_image_is_installed_into_without_starting_anything(machine: Machine) -> None:
    (machine.root / "run/systemd/system").rmdir()

    assert len(service.install(OPTIONS, machine.place)) == 3
    assert machine.told() == [f"--root={machine.root} enable {NAME}"]


def test_without_systemd_it_says_what_to_do(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(UsageError, match="systemd does not run this machine: start"):
        Systemctl(machine.place)


def test_without_the_right_to_write_it_names_sudo(machine: Machine) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    machine.root.chmod(0o500)
    try:
        with pytest.raises(OutputError, match="run it again with sudo"):
            service.install(OPTIONS, machine.place)
    finally:
        machine.root.chmod(0o700)
    assert machine.told() == []


def test_a_closed_folder_names_the_cure(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "bundle").mkdir(parents=True)
    home.chmod(0o700)
    options = ServiceOptions("/bin/true", "/", reads=(str(home / "bundle"),))

    with pytest.raises(UsageError, match=r"closed to other users.*as in /opt"):
        plan.check(options)
    plan.check(replace(options, user="root"))
    with pytest.raises(UsageError, match="it is not there"):
        plan.check(replace(options, settings=str(home / "none.toml")))


def test_the_plan_is_what_serve_would_do_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bed.toml").write_text(
        'bundle = "models/a"\n[watch]\nchild_memory_mb = 300\n[store]\nfolder = "/srv/events"\n',
        encoding="utf-8",
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EDGEKIT_CACHE", str(tmp_path))
    (tmp_path / "pose").mkdir()

    found = plan.plan(Path("bed.toml"), networks=("203.0.113.0/24",))
    assert found.settings == str(tmp_path / "bed.toml")
    assert found.folder == found.cache == str(tmp_path)
    assert (found.store, found.child_memory_mb) == ("/srv/events", 300)
    assert str(tmp_path / "models/a") in found.reads
    slots = '[store]\nfolder = "/srv/events"\n'
    (tmp_path / "bed.toml").write_text(f'bundle = "/srv/events/slots"\n{slots}', encoding="utf-8")
    own = plan.plan(Path("bed.toml"))
    assert "/srv/events/slots" not in own.reads, "its own folder, closed to others"
    with pytest.raises(UsageError, match="there is no such user"):
        monkeypatch.delenv("EDGEKIT_CACHE")
        plan.plan(Path("bed.toml"), user="no-such-user")


def test_the_command_prints_installs_shows_and_removes(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bundle").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EDGEKIT_SETTINGS", str(tmp_path / "edgekit.toml"))
    (tmp_path / "edgekit.toml").touch()
    app, run = command.app, CliRunner().invoke
    assert isinstance(app, typer.Typer)

    printed = run(app, ["install", "--print"])
    assert "DynamicUser=yes" in printed.output
    assert machine.files() == []
    here = ["--root", str(machine.root)]
    assert "not installed" in run(app, ["status", *here]).output
    installed = run(app, ["install", "--user-name", "root", *here])
    assert "started" in installed.output, installed.exception
    shown = run(app, ["status", *here]).output
    assert "state    active, enabled" in shown
    assert "differs" not in shown
    assert "kept: the events" in run(app, ["uninstall", *here]).output
    assert machine.files() == []


def test_without_systemd_nothing_else_is_complained_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))

    result = CliRunner().invoke(command.app, ["install"])
    assert isinstance(result.exception, UsageError)
    assert "systemd does not run this machine" in str(result.exception)
