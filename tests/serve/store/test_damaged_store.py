"""Row 17: bits flip in the database: it starts, sets the old file aside, and says so."""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path

import pytest
from store_rows import ORIGIN, SMALL, decision, recording, spasm, stamp, wait_until

from edgekit.errors import IntegrityError
from edgekit.serve.conditions import Condition
from edgekit.serve.store.boots import Boot
from edgekit.serve.store.folder import KEEP_SET_ASIDE, StoreFolder
from edgekit.serve.store.keeper import Clocks, Keeper
from edgekit.serve.store.reader import Reader


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A store with 300 events, the last unacknowledged."""
    with recording(tmp_path) as (recorder, _):
        for number in range(1, 301):
            recorder.record([spasm(number), decision(number)])
    return tmp_path


def _damage(database: Path, offset: int, content: bytes) -> None:
    with database.open("r+b") as file:
        file.seek(offset)
        file.write(content)


def test_a_broken_header_is_set_aside_and_ids_go_on(folder: Path) -> None:
    """Row 17: starts, old file set aside, TA; no event id is used twice."""
    _damage(folder / "events.db", 0, b"no database at all")
    with recording(folder, boot_id="b2") as (recorder, opened):
        assert recorder.conditions == {Condition.STORE_REPLACED}
        assert opened.start_reason == "crash"
        assert opened.restore.next_event_id > 300
        assert opened.restore.next_event_id < 300 + 130
        assert len(list(folder.glob("events.corrupt-*.db"))) == 1
        next_id = opened.restore.next_event_id
        assert recorder.record([spasm(next_id)], wait_s=5)
        assert Reader(folder).audit()[0].what == "store replaced"
        recorder.acknowledge_replaced()
        assert recorder.conditions == frozenset()
    with recording(folder, boot_id="b3") as (recorder, opened):
        assert opened.restore.next_event_id == next_id + 1
        assert recorder.conditions == frozenset()


def test_damage_beside_the_events_saves_the_latched_alarm(folder: Path) -> None:
    """Row 17: what can still be read of the latched alarm is latched again."""
    size = (folder / "events.db").stat().st_size
    # The last pages belong to what was written last; one of them is not the events' own.
    for page in range(size // 4096 - 1, 0, -1):
        copy = folder.parent / f"copy-{page}"
        copy.mkdir()
        (copy / "events.db").write_bytes((folder / "events.db").read_bytes())
        _damage(copy / "events.db", page * 4096, bytes(64))
        with recording(copy, boot_id="b2") as (recorder, opened):
            if recorder.conditions and opened.restore.event_id == 300:
                assert opened.restore.next_event_id > 300
                assert [event.event_id for event in Reader(copy).events()] == [300]
                return
    pytest.fail("no page could be damaged that left the alarm readable")


@pytest.mark.parametrize("seed", range(12))
def test_flipped_bits_never_stop_a_start(folder: Path, seed: int) -> None:
    """Row 17: 200 flipped bits anywhere -> it starts, and records; damage it finds is a TA."""
    rng = random.Random(seed)  # noqa: S311  # reproducible
    content = bytearray((folder / "events.db").read_bytes())
    for _ in range(200):
        content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    (folder / "events.db").write_bytes(content)
    with recording(folder, boot_id="b2") as (recorder, opened):
        assert Condition.STORE_REPLACED in recorder.conditions
        assert opened.restore.next_event_id > 300
        assert recorder.record([spasm(opened.restore.next_event_id)], wait_s=5)


def test_damage_found_while_running_is_replaced(folder: Path) -> None:
    """Row 17: SQLite finds the damage in the middle of the night."""
    keeper = Keeper(StoreFolder(folder), SMALL, Clocks(), has_outbox=True)
    boot = Boot(stamp(boot_id="b2"), 100.0, "first", is_clean=False, origin=ORIGIN)
    keeper.open(boot)
    try:
        keeper.commit([spasm(301, boot_id="b2")], ())
        (sent,) = Reader(folder).outbox()
        assert keeper.mend(sqlite3.DatabaseError("database disk image is malformed"))
        assert keeper.take_replacement() is not None
        assert keeper.take_replacement() is None
        assert keeper.conditions == {Condition.STORE_REPLACED}
        keeper.commit([spasm(302, boot_id="b2")], ())
        assert [event.event_id for event in Reader(folder).events()] == [302, 301]
        # A late delivery of the old message must not remove a new one.
        assert Reader(folder).outbox()[0].message_id > sent.message_id
    finally:
        keeper.close(is_clean=True)


def test_a_database_that_is_deleted_under_the_daemon_is_begun_again(folder: Path) -> None:
    with recording(folder, boot_id="b2") as (recorder, _):
        for suffix in ("", "-wal", "-shm"):
            Path(f"{folder}/events.db{suffix}").unlink()
        assert recorder.record([spasm(301)], wait_s=5)
        assert wait_until(lambda: recorder.conditions == {Condition.STORE_REPLACED})
        assert [event.event_id for event in Reader(folder).events()] == [301]


def test_so_many_damaged_files_are_kept_and_no_more(folder: Path) -> None:
    for number in range(KEEP_SET_ASIDE + 2):
        (folder / "events.db").write_bytes(b"damaged" * 1000)
        with recording(folder, boot_id=f"c{number}"):
            pass
    assert len(list(folder.glob("events.corrupt-*.db"))) == KEEP_SET_ASIDE


def test_a_reader_says_damaged_in_one_line(folder: Path) -> None:
    (folder / "events.db").write_bytes(b"damaged" * 1000)
    with pytest.raises(IntegrityError, match=r"events\.db: damaged") as told:
        Reader(folder).events()
    assert "\n" not in str(told.value)
