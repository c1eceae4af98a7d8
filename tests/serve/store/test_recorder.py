from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from store_rows import (
    BOOT,
    ORIGIN,
    SMALL,
    acknowledged,
    audit,
    decision,
    health,
    landmarks,
    recording,
    spasm,
    stamp,
    state,
    wait_until,
)

from edgekit.errors import UsageError
from edgekit.serve.alarm.events import Restore, Transition
from edgekit.serve.conditions import Condition
from edgekit.serve.store.keeper import Clocks
from edgekit.serve.store.reader import Reader
from edgekit.serve.store.recorder import STUCK_S, Recorder
from edgekit.serve.store.rows import Row, TransitionRow


def test_every_kind_of_row_comes_back_as_it_went_in(tmp_path: Path) -> None:
    kept = landmarks(1)
    rows: list[Row] = [spasm(1), state(101), decision(102), kept, audit(), health(3600)]
    with recording(tmp_path) as (recorder, _):
        assert recorder.record(rows, wait_s=5)
        reader = Reader(tmp_path)
        assert reader.transitions() == [rows[0]]
        assert reader.decisions(boot_id=BOOT, since_mono_s=0) == [rows[2]]
        assert reader.audit() == [rows[4]]
        assert reader.health() == [rows[5]]
        found = reader.landmarks(1)
        assert found is not None
        np.testing.assert_array_equal(found.landmarks, kept.landmarks)
        event = reader.event(1)
        assert event is not None
        assert (event.kind, event.probability, event.has_landmarks) == ("spasm", 0.9, True)
        assert event.acknowledged_by is None
        assert reader.event(2) is None
        assert reader.landmarks(2) is None


def test_an_acknowledgement_covers_every_earlier_event_and_the_first_wins(tmp_path: Path) -> None:
    with recording(tmp_path) as (recorder, _):
        recorder.record([spasm(1), spasm(2), spasm(3, kind="cluster")])
        recorder.record([acknowledged(2, 10)])
        later = Transition("acknowledged", "patient", "high", event_id=2, who="second")
        assert recorder.record([TransitionRow(stamp(600), 11, later)], wait_s=5)
        third, second, first = Reader(tmp_path).events()
        assert (first.acknowledged_by, second.acknowledged_by) == ("nurse", "nurse")
        assert third.acknowledged_by is None
        assert Reader(tmp_path).unacknowledged() == Restore(4, 3, is_cluster=True, n_spasms=3)


def test_an_acknowledgement_of_technical_alarms_leaves_the_patient_alone(tmp_path: Path) -> None:
    technical = Transition("acknowledged", "technical", "low", event_id=1, who="nurse")
    with recording(tmp_path) as (recorder, _):
        assert recorder.record([spasm(1), TransitionRow(stamp(), 2, technical)], wait_s=5)
        assert Reader(tmp_path).unacknowledged().event_id == 1


def test_an_escalation_is_kept_with_its_event(tmp_path: Path) -> None:
    escalated = Transition("escalated", "patient", "high", event_id=1)
    with recording(tmp_path) as (recorder, _):
        assert recorder.record([spasm(1), TransitionRow(stamp(), 2, escalated)], wait_s=5)
        assert [event.is_escalated for event in Reader(tmp_path).events()] == [True]


def test_the_latched_alarm_and_the_ids_go_on_after_a_restart(tmp_path: Path) -> None:
    with recording(tmp_path) as (recorder, opened):
        assert opened.restore == Restore(1)
        assert opened.start_reason == "first"
        recorder.record([spasm(1), spasm(2)], wait_s=5)
    with recording(tmp_path, boot_id="b2") as (recorder, opened):
        assert opened.restore == Restore(3, 2, n_spasms=2)
        assert opened.start_reason == "clean"


def test_a_transition_is_logged_once_however_often_it_is_written(tmp_path: Path) -> None:
    with recording(tmp_path, has_outbox=True) as (recorder, _):
        recorder.record([spasm(1)])
        assert recorder.record([spasm(1)], wait_s=5)
        assert len(Reader(tmp_path).transitions()) == 1
        assert len(Reader(tmp_path).outbox()) == 1


def test_the_outbox_is_filled_with_the_transition_and_emptied_by_delivery(tmp_path: Path) -> None:
    with recording(tmp_path, has_outbox=True) as (recorder, _):
        assert recorder.record([spasm(1), decision(1), spasm(2)], wait_s=5)
        first, second = Reader(tmp_path).outbox()
        assert (first.row, second.row) == (spasm(1), spasm(2))
        assert first.message_id < second.message_id
        recorder.delivered(first.message_id)
        assert wait_until(lambda: len(Reader(tmp_path).outbox()) == 1)
    with recording(tmp_path, boot_id="b2", has_outbox=True):
        assert Reader(tmp_path).outbox() == [second]


def test_without_a_broker_nothing_waits_in_the_outbox(tmp_path: Path) -> None:
    with recording(tmp_path) as (recorder, _):
        assert recorder.record([spasm(1)], wait_s=5)
        assert Reader(tmp_path).outbox() == []


def test_many_threads_record_and_every_wait_is_true(tmp_path: Path) -> None:
    results: list[bool] = []
    with recording(tmp_path) as (recorder, _):

        def work(first: int) -> None:
            for event_id in range(first, first + 25):
                is_done = recorder.record([spasm(event_id)], wait_s=10)
                results.append(is_done)

        threads = [threading.Thread(target=work, args=(1 + 25 * n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert results == [True] * 100
        assert len(Reader(tmp_path).events(limit=1000)) == 100
    assert recorder.n_waiting == recorder.n_lost == 0


def test_events_are_paged_newest_first(tmp_path: Path) -> None:
    with recording(tmp_path) as (recorder, _):
        recorder.record([spasm(number) for number in range(1, 8)], wait_s=5)
        reader = Reader(tmp_path)
        assert [event.event_id for event in reader.events(limit=3)] == [7, 6, 5]
        assert [event.event_id for event in reader.events(limit=3, before_id=5)] == [4, 3, 2]
        since_s = spasm(6).stamp.utc_s
        assert [event.event_id for event in reader.events(since_utc_s=since_s)] == [7, 6]
        assert [row.seq for row in reader.transitions(event_id=4)] == [4]


def test_a_row_that_can_never_be_written_holds_up_no_other(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    nan = decision(5)
    broken = type(nan)(nan.stamp, float("nan"), 0.5, 0.5)  # SQLite takes NaN for NULL
    with recording(tmp_path) as (recorder, _):
        recorder.record([decision(4), broken, spasm(1)], wait_s=5)
        assert wait_until(lambda: recorder.n_lost == 1)
        assert len(Reader(tmp_path).decisions(boot_id=BOOT, since_mono_s=0)) == 1
        assert len(Reader(tmp_path).events()) == 1
        assert recorder.conditions == frozenset()
        assert recorder.record([decision(6)], wait_s=5)
        assert wait_until(lambda: Reader(tmp_path).audit())
        assert Reader(tmp_path).audit()[0].detail == "1 DecisionRow"
    assert "DecisionRow cannot be written" in caplog.text


def test_what_is_queued_is_written_by_stop(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, SMALL)
    recorder.open(stamp(), ORIGIN)
    for number in range(1, 1200):
        assert not recorder.record([spasm(number)])
    recorder.start(lambda: None)
    assert recorder.stop(10)
    assert len(Reader(tmp_path).events(limit=-1)) == 1199


def test_the_thread_pulses_while_idle(tmp_path: Path) -> None:
    pulsed = threading.Semaphore(0)
    recorder = Recorder(tmp_path, SMALL)
    recorder.open(stamp(), ORIGIN)
    recorder.start(pulsed.release)
    try:
        assert all(pulsed.acquire(timeout=5) for _ in range(3))
    finally:
        recorder.stop(5)


def test_two_daemons_never_share_a_folder(tmp_path: Path) -> None:
    with (
        recording(tmp_path),
        pytest.raises(UsageError, match=r"in use by edgekit serve \(process \d+\)"),
    ):
        Recorder(tmp_path, SMALL).open(stamp(), ORIGIN)
    with recording(tmp_path, boot_id="b2"):
        pass


def test_files_are_for_their_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    with recording(folder) as (recorder, _):
        recorder.record([spasm(1)], wait_s=5)
        assert wait_until((folder / "reserve.bin").exists)
        assert folder.stat().st_mode & 0o777 == 0o700
        modes = {file.name: oct(file.stat().st_mode & 0o777) for file in folder.iterdir()}
    assert {"events.db", "events.db-wal", "events.db-shm", "event-ids", "lock"} <= set(modes)
    assert set(modes.values()) == {"0o600"}, modes


def test_what_can_wait_is_done_although_rows_never_stop_coming(tmp_path: Path) -> None:
    """Retention and the reserve must not depend on a quiet half second."""
    enough = threading.Event()

    def go_on(recorder: Recorder) -> None:
        while not enough.wait(0.05):
            recorder.record([decision(100)])

    with recording(tmp_path) as (recorder, _):
        busy = threading.Thread(target=go_on, args=(recorder,))
        busy.start()
        try:
            assert wait_until((tmp_path / "reserve.bin").exists, 5.0)
        finally:
            enough.set()
            busy.join()


def test_a_folder_with_other_things_in_it_keeps_its_permissions(tmp_path: Path) -> None:
    """Somebody may name their home."""
    tmp_path.chmod(0o755)
    (tmp_path / "letters").mkdir()
    with recording(tmp_path) as (recorder, _):
        assert recorder.record([spasm(1)], wait_s=5)
    assert tmp_path.stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "events.db").stat().st_mode & 0o777 == 0o600


def test_a_row_that_is_not_committed_for_seconds_is_a_failing_store(tmp_path: Path) -> None:
    """Row 16: a disk that hangs gives no error."""
    now_s = 100.0
    recorder = Recorder(tmp_path, SMALL, clocks=Clocks(mono=lambda: now_s))
    recorder.record([spasm(1)])
    now_s += STUCK_S
    assert recorder.conditions == frozenset()
    now_s += 0.1
    assert recorder.conditions == {Condition.STORE_FAILING}
