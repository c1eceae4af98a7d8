"""Nothing of the user's is overwritten unasked, and undo takes back what setup made, no more."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from setup_home import Home

from edgekit.errors import IntegrityError
from edgekit.setup import reports, undo
from edgekit.setup.step import Context, Outcome

REST = ("doctor", "runtime", "service", "alarm")


def _run(context: Context, *skip: str) -> dict[str, Outcome]:
    return {one.step.name: one.outcome for one in reports(context, skip=skip or REST)}


def _undo(context: Context) -> str:
    return "\n".join(line for undone in undo(context) for line in undone.lines)


def _own_settings(context: Context, text: str = 'device = "mine"\n') -> Path:
    path = context.site.settings
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o640)
    return path


def test_settings_of_the_users_own_stay(home: Home) -> None:
    context = home.context()
    path = _own_settings(context)
    found = _run(context)["settings"]

    assert found.state == "left"
    assert found.lines[0].startswith("to use the imported bundle, set: bundle = ")
    assert path.read_text(encoding="utf-8") == 'device = "mine"\n'


def test_settings_that_cannot_be_used_are_told_of(home: Home) -> None:
    context = home.context()
    _own_settings(context, "devise = 1\n")

    assert "cannot be used" in _run(context)["settings"].text


@pytest.mark.parametrize("is_asked", [True, False])
def test_settings_are_replaced_by_consent_and_put_back(home: Home, *, is_asked: bool) -> None:
    context = home.context(replaces_settings=not is_asked)
    if is_asked:
        context = replace(context, may_replace=home.consents)
    path = _own_settings(context)
    before = home.all_files()

    assert _run(context)["settings"].state == "done"
    assert home.asked == ([path] if is_asked else [])
    assert "put back" in _undo(context)
    assert home.all_files() == before


def test_settings_changed_after_setup_are_kept_and_so_is_what_they_replaced(home: Home) -> None:
    context = home.context(replaces_settings=True)
    path = _own_settings(context)
    _run(context)
    with path.open("a", encoding="utf-8") as file:
        file.write("# by hand\n")
    told = _undo(context)

    assert path.read_text(encoding="utf-8").endswith("# by hand\n")
    assert f"kept: {path}, changed since" in told
    kept = context.site.state / "setup-replaced/settings-edgekit.toml"
    assert kept.read_text(encoding="utf-8") == 'device = "mine"\n'
    assert not context.site.journal.exists()
    assert not context.site.cache.exists()


def test_settings_follow_a_new_wish_while_nobody_touched_them(home: Home) -> None:
    context = home.context()
    _run(context)
    assert _run(home.context(port=8461))["settings"].state == "done"
    assert "port = 8461" in context.site.settings.read_text(encoding="utf-8")

    with context.site.settings.open("a", encoding="utf-8") as file:
        file.write("# by hand\n")
    assert _run(home.context(port=8462))["settings"].state == "left"


def test_a_spoilt_pose_model_is_mended_and_stays(home: Home) -> None:
    context = home.context()
    path = context.site.cache / "pose/pose_landmarker_full.task"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"spoilt")

    assert _run(context)["pose"].state == "done"
    _undo(context)
    assert path.read_bytes() != b"spoilt"


def test_a_bundle_that_was_changed_since_is_kept(home: Home) -> None:
    context = home.context()
    _run(context)
    target = context.journal.read().bundle
    assert target is not None
    (target / "notes.txt").write_text("mine", encoding="utf-8")
    told = _undo(context)

    assert [path.name for path in target.iterdir()] == ["notes.txt"]
    assert f"kept: {target}, which holds notes.txt" in told


def test_a_damaged_bundle_is_refused_before_anything_is_copied(home: Home, tmp_path: Path) -> None:
    import shutil

    source = tmp_path / "damaged"
    shutil.copytree(home.bundle, source)
    (source / "model.fp32.onnx").write_bytes(b"no model")
    context = home.context(bundle=source)

    with pytest.raises(IntegrityError, match="changed since export"):
        _run(context)
    assert not context.site.bundles.exists()


def test_a_service_changed_by_hand_is_kept(home: Home) -> None:
    context = home.context()
    _run(context, "doctor", "runtime", "alarm")
    unit = home.machine.place.unit
    unit.write_text(unit.read_text(encoding="utf-8") + "# by hand\n", encoding="utf-8")

    assert f"kept: the service, {unit} was changed" in _undo(context)
    assert unit.exists()


def test_a_service_installed_by_hand_is_left_to_its_owner(home: Home) -> None:
    context = home.context()
    _run(context, "doctor", "runtime", "alarm")
    context.site.journal.unlink()
    before = home.machine.place.unit.read_bytes()

    assert (
        "not by setup" in _run(home.context(port=9), "doctor", "runtime", "alarm")["service"].text
    )
    _undo(context)
    assert home.machine.place.unit.read_bytes() == before


def test_a_dry_undo_names_what_would_go(home: Home) -> None:
    context = home.context()
    _run(context)
    before = home.all_files()
    lines = [line for undone in undo(context, is_dry=True) for line in undone.lines]

    assert f"would take back: {context.site.settings}" in lines
    assert home.all_files() == before


def test_events_of_the_daemon_stay_and_are_told_of(home: Home) -> None:
    context = home.context()
    _run(context)
    (context.site.state / "events.db").write_bytes(b"events")
    told = _undo(context)

    assert f"kept: {context.site.state}, which holds events.db" in told
    assert [path.name for path in context.site.state.iterdir()] == ["events.db"]
