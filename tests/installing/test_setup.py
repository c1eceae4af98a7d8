"""Setting up from nothing, again, after an interruption, and all the way back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from setup_home import Home, fake_daemon, small_pose_model

from edgekit.errors import DataError, UsageError
from edgekit.pose.registry import Package
from edgekit.serve.settings import load_settings
from edgekit.setup import STEPS, reports, undo
from edgekit.setup.run import Report
from edgekit.setup.step import Context, Outcome, Step

NAMES = [step.name for step in STEPS]


def _states(found: list[Report]) -> dict[str, str]:
    return {report.step.name: report.outcome.state for report in found}


def _undo(context: Context) -> list[str]:
    return [line for undone in undo(context) for line in undone.lines]


def _interrupted(name: str) -> tuple[Step, ...]:
    """Return the steps, with one that is interrupted as soon as it is begun."""

    def stop(_context: Context) -> Outcome:
        raise KeyboardInterrupt

    return tuple(replace(step, do=stop) if step.name == name else step for step in STEPS)


def test_from_nothing_to_an_alarm_and_back_byte_for_byte(home: Home) -> None:
    before = home.all_files()
    with fake_daemon() as daemon:
        context = home.context(port=daemon.port)
        first = list(reports(context))
        assert _states(first) == dict.fromkeys(NAMES, "done")
        assert [path for path, _body in daemon.asked] == ["/api/v1/test"]

        settings = load_settings(context.site.settings)
        assert settings.bundle == context.journal.read().bundle
        assert (settings.watch.source, settings.http.port) == (str(home.recording), daemon.port)
        assert (context.site.cache / "pose/pose_landmarker_full.task").is_file()
        assert home.machine.told() == [
            "daemon-reload",
            "enable edgekit.service",
            "start edgekit.service",
        ]

        done = home.all_files()
        again = list(reports(home.context(bundle=None, source=None, port=None, user=None)))
        assert _states(again) == {**dict.fromkeys(NAMES, "there"), "doctor": "done"}
        assert home.all_files() == done
        assert home.machine.told() == []
        assert len(daemon.asked) == 1

    lines = _undo(context)
    assert home.all_files() == before
    assert not [line for line in lines if line.startswith("kept") and "events" not in line]
    assert "disable --now edgekit.service" in home.machine.told()
    assert _undo(context) == []


@pytest.mark.parametrize("name", ["pose", "settings", "service", "alarm"])
def test_interrupted_between_steps_it_goes_on_and_can_be_undone(home: Home, name: str) -> None:
    before = home.all_files()
    context = home.context()
    with pytest.raises(KeyboardInterrupt):
        list(reports(context, steps=_interrupted(name)))
    at_stop = home.all_files()

    _undo(context)
    assert home.all_files() == before

    with pytest.raises(KeyboardInterrupt):
        list(reports(context, steps=_interrupted(name)))
    assert home.all_files().keys() == at_stop.keys()
    states = _states(list(reports(context, skip=["doctor", "runtime"])))
    assert set(states.values()) <= {"done", "there", "left", "skipped"}
    assert (states["service"], states["alarm"]) == (
        ("there" if name == "alarm" else "done"),
        "left",
    )


def test_interrupted_within_a_step_nothing_is_left_behind(home: Home) -> None:
    before = home.all_files()

    def die(_package: Package, _folder: Path) -> None:
        raise KeyboardInterrupt

    context = replace(home.context(), pose_model=small_pose_model(die))
    with pytest.raises(KeyboardInterrupt):
        list(reports(context))
    # What a SIGKILL leaves while a file, and while a folder, is written.
    pose = context.site.cache / "pose"
    pose.mkdir(parents=True)
    (pose / ".pose_landmarker_full.task.x1.tmp").write_bytes(b"half")
    with pytest.raises(KeyboardInterrupt):
        list(reports(home.context(), steps=_interrupted("runtime")))
    bundles = context.site.bundles
    half = bundles / f".{next(bundles.iterdir()).name}.x2.tmp"
    half.mkdir()
    (half / "model.fp32.onnx").write_bytes(b"half")

    _undo(context)
    assert home.all_files() == before


def test_a_dry_run_changes_nothing(home: Home) -> None:
    before = home.all_files()
    found = list(reports(home.context(), is_dry=True))

    assert set(_states(found).values()) == {"open"}
    assert home.all_files() == before


def test_steps_can_be_skipped_and_refused(home: Home) -> None:
    context = home.context()
    found = list(reports(context, skip=["runtime", "alarm"], may_do=lambda _step, _open: False))

    assert set(_states(found).values()) == {"skipped"}
    with pytest.raises(UsageError, match="no such step; there are doctor, pose"):
        list(reports(context, skip=["models"]))


def test_without_root_and_bundle_it_says_what_is_left(home: Home) -> None:
    context = home.context(bundle=None)
    context = replace(context, site=replace(context.site, place=None))
    found = {report.step.name: report.outcome for report in reports(context)}

    assert {name for name, one in found.items() if one.state == "left"} == {
        *("bundle", "runtime", "service", "alarm")
    }
    assert "--bundle FOLDER" in found["bundle"].text
    assert "sudo edgekit setup" in found["service"].text


def test_a_damaged_journal_stops_everything(home: Home) -> None:
    context = home.context()
    list(reports(context, skip=["doctor", "runtime", "service", "alarm"]))
    context.site.journal.write_text("{", encoding="utf-8")
    before = home.all_files()

    with pytest.raises(DataError, match="nothing can be undone"):
        _undo(context)
    with pytest.raises(DataError, match="nothing can be undone"):
        list(reports(context))
    assert home.all_files() == before
