"""The core: committed first, announced then; a failing store silences nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from core_fakes import Ward, judged, messages, seen

from edgekit.serve.alarm import events
from edgekit.serve.alarm.events import Acknowledge, Restore
from edgekit.serve.conditions import Condition, WatchState
from edgekit.serve.live import DecisionMessage, PoseMessage, Snapshot, TransitionMessage
from edgekit.serve.store.rows import DecisionRow, HealthRow, LandmarksRow, StateRow
from edgekit.serve.watch.seen import ChildFacts, ChildStatus, Judged


@pytest.fixture
def running() -> Ward:
    return Ward()


@contextmanager
def at_work(ward: Ward) -> Iterator[None]:
    """Let the core work in a thread of its own."""
    thread = threading.Thread(target=ward.core.run, args=[lambda: None])
    thread.start()
    try:
        yield
    finally:
        ward.core.stop()
        thread.join(5)


def until(is_so: Callable[[], bool]) -> None:
    """Wait for something that a thread does."""
    deadline = time.monotonic() + 5
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_a_spasm_is_stored_before_anybody_hears_of_it() -> None:
    ward = Ward()
    reader = ward.live.subscribe()
    assert reader is not None
    for number in range(3):
        ward.inbox.put(judged(10.0 + number / 2, 0.9))
    ward.settle()
    assert ward.journal == ["stored spasm", "announced spasm"]
    heard = messages(reader)
    (announced,) = (m for m in heard if isinstance(m, TransitionMessage))
    assert announced.is_stored
    assert announced.row.probability == 0.9
    assert announced.row.threshold == 0.5
    index = heard.index(announced)
    assert any(isinstance(m, Snapshot) and m.patient is not None for m in heard[:index])


def test_row_16_a_failing_store_does_not_silence_an_alarm() -> None:
    ward = Ward()
    ward.store.is_failing = True
    reader = ward.live.subscribe()
    assert reader is not None
    ward.inbox.put(judged(10.0, 0.9))
    ward.inbox.put(judged(10.5, 0.9))
    ward.settle()
    (announced,) = (m for m in messages(reader) if isinstance(m, TransitionMessage))
    assert not announced.is_stored
    assert "announced spasm" in ward.journal


def test_what_cannot_be_judged_is_no_decision_of_either_kind() -> None:
    ward = Ward()
    reader = ward.live.subscribe()
    assert reader is not None
    ward.inbox.put(judged(10.0, 0.9))
    ward.inbox.put(judged(10.5, None))
    ward.settle()
    assert ward.kinds() == []
    decisions = [m for m in messages(reader) if isinstance(m, DecisionMessage)]
    assert [d.row.probability for d in decisions] == [0.9, None]
    snapshot = ward.live.snapshot
    assert snapshot is not None
    assert snapshot.probability is None


def test_a_model_that_fails_takes_the_last_probability_away() -> None:
    ward = Ward()
    ward.inbox.put(judged(10.0, 0.3))
    ward.inbox.put(Judged(10.5, None, "the model returned a value that is no number", 10.5, 0.0))
    ward.settle()
    snapshot = ward.live.snapshot
    assert snapshot is not None
    assert snapshot.probability is None


def test_a_model_that_keeps_failing_is_one_line_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    ward = Ward()
    for number in range(10):
        ward.inbox.put(Judged(10.0 + number, None, "no kernel", 10.0 + number, 0.0))
    ward.inbox.put(judged(20.0, 0.3))
    ward.inbox.put(Judged(20.5, None, "no kernel", 20.5, 0.0))
    ward.settle()
    assert sum("no kernel" in record.getMessage() for record in caplog.records) == 2


def test_why_there_are_no_pictures_is_shown_until_there_are() -> None:
    ward = Ward()
    ward.inbox.put(child("gone", "no model"))
    ward.inbox.put(child("opening"))
    assert problem_of(ward) == "no model"
    ward = Ward()
    ward.inbox.put(child("no_source", "permission denied"))
    ward.inbox.put(child("running"))
    assert problem_of(ward) == ""


def child(status: ChildStatus, reason: str = "") -> ChildFacts:
    return ChildFacts(status, reason, 1, 1, None, "crashed", 0.0, "", "")


def problem_of(ward: Ward) -> str:
    ward.inbox.put(judged(10.0, 0.1))
    ward.settle()
    snapshot = ward.live.snapshot
    assert snapshot is not None
    return snapshot.problem


def test_conditions_of_every_part_make_the_state() -> None:
    ward = Ward()
    ward.store.conditions = frozenset({Condition.DISK_FULL})
    ward.sink.conditions = frozenset({Condition.BRIDGE_SILENT})
    ward.elsewhere = frozenset({Condition.BROKER_AWAY})
    ward.health.found = frozenset({Condition.NO_CAMERA})
    ward.inbox.put(seen(0))
    ward.settle()
    (row,) = (row for row in ward.store.rows if isinstance(row, StateRow))
    assert row.state is WatchState.NOT_MONITORING
    assert row.conditions[0] is Condition.NO_CAMERA
    assert set(row.conditions) == {
        Condition.DISK_FULL,
        Condition.BRIDGE_SILENT,
        Condition.BROKER_AWAY,
        Condition.NO_CAMERA,
    }
    assert ward.kinds() == ["condition_began"] * 4


def test_an_alarm_from_before_a_restart_is_latched_again() -> None:
    ward = Ward(Restore(8, event_id=7, n_spasms=2))
    ward.inbox.put(seen(0))
    ward.settle()
    assert ward.journal == ["stored restored", "announced restored"]
    snapshot = ward.live.snapshot
    assert snapshot is not None
    assert snapshot.patient is not None
    assert snapshot.patient.event_id == 7


def test_the_landmarks_around_an_event_are_kept() -> None:
    ward = Ward()
    for number in range(200):
        ward.inbox.put(seen(number))
        if number in (120, 135):
            ward.inbox.put(judged(number / 30, 0.9))
    ward.settle()
    (row,) = (row for row in ward.store.rows if isinstance(row, LandmarksRow))
    assert row.event_id == 1
    assert row.landmarks.shape == (90, 33, 5)
    assert row.landmarks[0, 0, 0] == 135 / 30 + 1.0


def test_they_are_kept_although_no_frame_comes_any_more(running: Ward) -> None:
    """The camera may fall in that very moment, and its return would push them out of memory."""
    running.inbox.put(seen(300))
    running.inbox.put(judged(9.5, 0.9))
    running.inbox.put(judged(10.0, 0.9))
    with at_work(running):
        until(lambda: "spasm" in running.kinds())
        running.now_s += 2.0
        until(lambda: any(isinstance(row, LandmarksRow) for row in running.store.rows))


def test_poses_are_shown_ten_times_a_second_at_most() -> None:
    ward = Ward()
    reader = ward.live.subscribe()
    assert reader is not None
    for number in range(30):
        ward.inbox.put(seen(number))
    ward.settle()
    assert sum(isinstance(m, PoseMessage) for m in messages(reader)) == 1


def test_the_last_row_of_a_run_is_its_account() -> None:
    ward = Ward()
    ward.inbox.put(seen(0))
    ward.inbox.put(judged(5.0, 0.1))
    ward.settle()
    last = ward.store.rows[-1]
    assert isinstance(last, HealthRow)
    assert (last.n_frames, last.n_decisions, last.start_reason) == (1, 1, "first")
    assert ward.sink.is_closed
    assert any(isinstance(row, DecisionRow) for row in ward.store.rows)


def test_commands_are_answered_from_another_thread(running: Ward) -> None:
    with at_work(running):
        running.inbox.put(judged(10.0, 0.9))
        running.inbox.put(judged(10.5, 0.9))
        assert running.core.ask(events.TestAlarm("nurse")).is_done
        late = running.core.ask(Acknowledge("nurse", 0))
        done = running.core.ask(Acknowledge("nurse", 1))
        again = running.core.ask(Acknowledge("parent", 1))
        technical = running.core.ask(Acknowledge("nurse"))
    assert not late.is_done
    assert done.is_done
    assert not again.is_done
    assert "faster" in again.text
    assert not technical.is_done
    assert running.n_acknowledged == 1
    assert running.kinds().count("acknowledged") == 1
    assert running.kinds().count("acknowledged_late") == 3


def test_a_deadline_is_met_although_nothing_comes(running: Ward) -> None:
    with at_work(running):
        running.core.ask(events.Pause("nurse", 0.05))
        running.now_s += 0.06
        until(lambda: "pause_ended" in running.kinds())


def test_a_core_that_hangs_refuses_instead_of_hanging_too(running: Ward) -> None:
    with pytest.raises(TimeoutError, match="does not answer"):
        running.core.ask(events.TestAlarm("nurse"))
