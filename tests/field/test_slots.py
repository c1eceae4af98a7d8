"""Which bundle counts, and what happens to the other one."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest
from field_bundles import KEYS, TINY_BUNDLE, put, release, two_installed

from edgekit.bundle import load_bundle
from edgekit.errors import IntegrityError, UsageError
from edgekit.field.install import roll_back
from edgekit.field.slots import Slots, SlotState, bundle_folder, slots_at
from edgekit.field.survey import survey


def state_of(slots: Slots) -> SlotState:
    state = slots.read()
    assert state is not None
    return state


def test_a_plain_folder_is_itself_and_slots_are_their_active_one(tmp_path: Path) -> None:
    assert bundle_folder(TINY_BUNDLE) == TINY_BUNDLE
    assert slots_at(TINY_BUNDLE) is None
    slots = two_installed(tmp_path)
    assert bundle_folder(slots.folder) == slots.folder / "b"
    assert load_bundle(bundle_folder(slots.folder)).folder == slots.folder / "b"


def test_the_first_is_taken_and_the_second_is_tried(tmp_path: Path) -> None:
    slots = Slots(tmp_path / "slots")
    assert not put(release(tmp_path / "first", 3), slots).is_on_trial
    first = state_of(slots)
    assert (first.active, first.kept, first.floor, first.trial) == ("a", ("a",), 3, None)
    assert put(release(tmp_path / "second", 4), slots).is_on_trial
    second = state_of(slots)
    assert (second.active, second.kept, second.floor) == ("b", ("a",), 3)
    assert second.can_go_back
    kept = second.proved()
    assert (kept.active, kept.kept, kept.floor, kept.trial) == ("b", ("a", "b"), 4, None)


def test_one_that_went_back_is_given_up_and_may_be_tried_again(tmp_path: Path) -> None:
    slots = two_installed(tmp_path)
    slots.write(state_of(slots).gone_back("it fails", 2))
    back = state_of(slots)
    assert (back.active, back.kept, back.floor, back.can_go_back) == ("a", ("a",), 1, False)
    with pytest.raises(UsageError, match="no other bundle that proved itself"):
        roll_back(slots, KEYS)
    assert put(release(tmp_path / "second", 2), slots).slot == "b"


def test_a_person_goes_back_and_forth_between_what_proved_itself(tmp_path: Path) -> None:
    slots = two_installed(tmp_path)
    slots.write(state_of(slots).proved())
    assert roll_back(slots, KEYS).active == "a"
    assert roll_back(slots, KEYS).active == "b"
    found = state_of(slots)
    assert found.floor == 2, "what may be installed is not affected"
    assert found.rolled_back is not None
    assert found.rolled_back.is_seen, "who did it knows it"


def test_nobody_goes_back_to_a_damaged_bundle(tmp_path: Path) -> None:
    slots = two_installed(tmp_path)
    (slots.path("a") / "model.fp32.onnx").write_bytes(b"")
    before = state_of(slots)
    with pytest.raises(IntegrityError, match="changed since export"):
        roll_back(slots, KEYS)
    assert state_of(slots) == before
    reports = {report.name: report for report in survey(slots, KEYS)}
    assert "changed since export" in reports["a"].problem
    assert (reports["b"].role, reports["b"].problem) == ("active, on trial", "")


def test_a_damaged_state_file_says_what_to_do(tmp_path: Path) -> None:
    slots = two_installed(tmp_path)
    for content in (b"", b"{}", b'{"active": "c", "kept": []}', b"\xff"):
        slots.state_file.write_bytes(content)
        with pytest.raises(IntegrityError, match="delete it and install a bundle again"):
            slots.read()


def test_writers_keep_each_other_out(tmp_path: Path) -> None:
    slots = two_installed(tmp_path)
    held = os.open(slots.folder, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(UsageError, match="is at work"), slots.locked(is_patient=False):
            pass
    finally:
        os.close(held)
    with slots.locked(is_patient=False):
        pass


def test_what_a_killed_install_left_is_swept(tmp_path: Path) -> None:
    slots = two_installed(tmp_path)
    slots.write(state_of(slots).proved())
    (slots.folder / ".a.12345.tmp").mkdir()
    (slots.folder / ".a.12345.tmp" / "model.onnx").write_bytes(b"half")
    (slots.folder / ".slots.json.12.tmp").write_bytes(b"{")
    put(release(tmp_path / "third", 3), slots)
    assert sorted(path.name for path in slots.folder.iterdir()) == ["a", "b", "slots.json"]


def test_what_root_installs_belongs_to_the_daemon(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root gives files away")
    folder = tmp_path / "state"
    folder.mkdir()
    os.chown(folder, 12345, 12345)
    slots = Slots(folder / "slots")
    put(release(tmp_path / "first", 1), slots)
    owners = {path.stat().st_uid for path in (slots.folder, *slots.folder.rglob("*"))}
    assert owners == {12345}
