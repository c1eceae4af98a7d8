"""The daemon's side of a trial, with made-up moments."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest
from field_bundles import STRANGER, WARD, bundle_folder, put, release, two_installed

from edgekit.errors import IntegrityError
from edgekit.field.slots import Slots, SlotState
from edgekit.serve import probation
from edgekit.serve.conditions import Condition, state_of
from edgekit.serve.live import Snapshot
from edgekit.serve.plan import make_plan
from edgekit.serve.probation import Probation, begin
from edgekit.serve.settings import Settings


@pytest.fixture
def slots(tmp_path: Path) -> Slots:
    """Version 1 in `a`, version 2 on trial in `b`, the ward's key installed."""
    folder = tmp_path / "keys"
    folder.mkdir()
    (folder / "ward.pub").write_text(WARD.public.text())
    return two_installed(tmp_path)


def settings(slots: Slots) -> Settings:
    return Settings.model_validate(
        {
            "bundle": slots.folder,
            "watch": {"source": str(slots.path("a") / "golden_clips.npy")},
            "field": {"key_folder": slots.folder.parent / "keys", "trial_s": 2.0},
        }
    )


def now(slots: Slots) -> SlotState:
    state = slots.read()
    assert state is not None
    return state


def seen(*conditions: Condition, age_s: float | None = 0.1) -> Snapshot:
    return Snapshot(
        mono_s=0.0,
        utc_s=0.0,
        state=state_of(conditions),
        conditions=conditions,
        patient=None,
        technical=(),
        sound=None,
        pause_left_s=0.0,
        test_left_s=0.0,
        probability=0.1,
        decision_age_s=age_s,
        fps=30.0,
        latency_ms=1.0,
        seen_share=1.0,
        uptime_s=1.0,
        blind_s=0.0,
        n_child_restarts=0,
        n_waiting=0,
    )


class Record:
    """An audit that remembers."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def __call__(self, who: str, what: str, detail: str) -> None:
        self.lines.append(f"{who}: {what}: {detail}")


def test_a_wrong_golden_answer_in_the_daemon_goes_back_at_once(slots: Slots) -> None:
    """Row 27: wrong answers."""
    trial, audit = Probation(settings(slots), slots.path("b")), Record()
    assert not trial.look(seen(), audit)
    assert trial.look(seen(Condition.GOLDEN_WRONG), audit)
    assert now(slots).active == "a"
    back = Probation(settings(slots), slots.path("a"))
    assert back.conditions == {Condition.BUNDLE_ROLLED_BACK}
    back.start(audit)
    assert audit.lines == [
        "edgekit: bundle rolled back: version 2: its golden clips come out otherwise than at export"
    ]
    Probation(settings(slots), slots.path("a")).start(audit)
    assert len(audit.lines) == 1, "once"


def test_an_acknowledgement_is_remembered_over_a_restart(slots: Slots) -> None:
    slots.write(now(slots).gone_back("it fails", 2))
    back = Probation(settings(slots), slots.path("a"))
    back.acknowledge()
    assert back.conditions == frozenset()
    assert not back.look(None, Record())
    assert Probation(settings(slots), slots.path("a")).conditions == frozenset()


def test_a_hanging_thread_is_the_bundles_fault_while_it_is_on_trial(slots: Slots) -> None:
    """Row 27 and row 11."""
    Probation(settings(slots), slots.path("b")).give_up("watch hangs")
    state = now(slots)
    assert state.active == "a"
    assert state.rolled_back is not None
    assert state.rolled_back.reason == "watch hangs"
    Probation(settings(slots), slots.path("a")).give_up("watch hangs")
    assert now(slots) == state, "not any more"


def test_what_was_installed_since_is_not_judged_by_this_start(slots: Slots) -> None:
    running = Probation(settings(slots), slots.path("a"))
    for _ in range(3):
        assert not running.look(seen(Condition.GOLDEN_WRONG), Record())
    running.give_up("watch hangs")
    running.end()
    assert now(slots).active == "b"


def test_a_busy_lock_or_a_full_disk_is_tried_again(
    slots: Slots, caplog: pytest.LogCaptureFixture
) -> None:
    trial = Probation(settings(slots), slots.path("b"))
    held = os.open(slots.folder, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert not trial.look(seen(Condition.GOLDEN_WRONG), Record())
        assert "is at work" in caplog.text
    finally:
        os.close(held)
    assert trial.look(seen(Condition.GOLDEN_WRONG), Record())


def test_each_start_is_counted_and_forgiven_when_it_ends_in_order(slots: Slots) -> None:
    begin(settings(slots))
    trial = now(slots).trial
    assert trial is not None
    assert trial.n_starts == 1
    Probation(settings(slots), slots.path("b")).end()
    trial = now(slots).trial
    assert trial is not None
    assert trial.n_starts == 0


def test_a_self_test_that_hangs_goes_back(
    slots: Slots, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Row 27: the patience is made short; the self-test is the real one."""
    monkeypatch.setattr(probation, "SELF_TEST_S", 0.05)
    begin(settings(slots))
    assert now(slots).active == "a"
    assert "did not end within 0.05 s" in caplog.text


def test_with_no_way_back_the_active_one_stays(slots: Slots) -> None:
    for name in ("a", "b"):
        (slots.path(name) / "model.fp32.onnx").write_bytes(b"")
    begin(settings(slots))
    assert now(slots).active == "b", "and the plan says what is wrong with it"


def test_with_a_key_that_vouches_for_neither_nothing_moves_and_nothing_is_served(
    slots: Slots, tmp_path: Path
) -> None:
    (tmp_path / "keys" / "ward.pub").write_text(STRANGER.public.text())
    begin(settings(slots))
    assert now(slots).active == "b"
    with pytest.raises(IntegrityError, match="which is not installed here"):
        make_plan(settings(slots), None)


def test_a_plain_folder_has_no_trial(tmp_path: Path) -> None:
    folder = bundle_folder(tmp_path / "bundle")
    plain = Settings.model_validate({"bundle": folder})
    begin(plain)
    trial = Probation(plain, folder)
    assert trial.conditions == frozenset()
    assert not trial.look(seen(Condition.GOLDEN_WRONG), Record())


def test_slots_kept_in_order_stay_as_they_are(slots: Slots, tmp_path: Path) -> None:
    slots.write(now(slots).proved())
    before = slots.state_file.read_bytes()
    begin(settings(slots))
    assert slots.state_file.read_bytes() == before
    put(release(tmp_path / "third", 3), slots)
    assert now(slots).trial is not None
