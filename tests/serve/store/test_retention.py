from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from sqlite3 import Connection

import pytest
from store_rows import (
    BOOT,
    ORIGIN,
    UTC_S,
    acknowledged,
    decision,
    health,
    landmarks,
    spasm,
    stamp,
    state,
)

from edgekit.serve.settings import StoreSettings
from edgekit.serve.store.boots import Boot, begin_boot, read_boots
from edgekit.serve.store.connect import open_writer
from edgekit.serve.store.encode import write_row
from edgekit.serve.store.retention import DAY_S, TRUST_AFTER_S, TrustedClock, prune, used_bytes
from edgekit.serve.store.rows import Row

SETTINGS = StoreSettings(keep_events_days=90, keep_decisions_days=7, max_mb=16)


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    """Two events a second apart, the first acknowledged, with all that belongs to them."""
    connection = open_writer(tmp_path / "events.db")
    rows: list[Row] = [spasm(1), landmarks(1), acknowledged(1, 10), spasm(2), landmarks(2)]
    for row in [*rows, state(100), decision(100), health(3600)]:
        write_row(connection, row)
    yield connection
    connection.close()


def _counts(connection: Connection) -> dict[str, int]:
    tables = ("events", "landmarks", "transitions", "decisions", "states", "health")
    return {t: connection.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in tables}  # noqa: S608


def _prune_all(connection: Connection, settings: StoreSettings, utc_s: float | None) -> None:
    for _ in range(10_000):
        if not prune(connection, settings, utc_s):
            return
    raise AssertionError("pruning never ends")


def test_nothing_young_is_touched(connection: Connection) -> None:
    before = _counts(connection)
    _prune_all(connection, SETTINGS, UTC_S + 6 * DAY_S)
    assert _counts(connection) == before


def test_decisions_go_first_and_an_unacknowledged_event_never(connection: Connection) -> None:
    _prune_all(connection, SETTINGS, UTC_S + 8 * DAY_S)
    counts = _counts(connection)
    assert (counts["decisions"], counts["events"]) == (0, 2)
    _prune_all(connection, SETTINGS, UTC_S + 1000 * DAY_S)
    assert _counts(connection) == {
        "events": 1,
        "landmarks": 1,
        "transitions": 1,
        "decisions": 0,
        "states": 0,
        "health": 0,
    }
    assert connection.execute("SELECT event_id FROM events").fetchall() == [(2,)]


def test_a_message_in_the_outbox_outlives_its_time(connection: Connection) -> None:
    write_row(connection, replace(spasm(1), seq=77, stamp=stamp(1.0)), has_outbox=True)
    _prune_all(connection, SETTINGS, UTC_S + 1000 * DAY_S)
    assert connection.execute("SELECT count(*) FROM outbox").fetchone() == (1,)


def test_too_much_is_pruned_down_and_the_file_shrinks(
    connection: Connection, tmp_path: Path
) -> None:
    connection.execute("BEGIN")
    for number in range(100_000):
        write_row(connection, decision(float(number)))
    for number in range(3, 300):
        write_row(connection, landmarks(number, n_frames=150))
    connection.execute("COMMIT")
    assert used_bytes(connection) > 16 << 20
    _prune_all(connection, SETTINGS, None)
    assert used_bytes(connection) <= 16 << 20
    counts = _counts(connection)
    assert counts["decisions"] < 100_000
    assert counts["events"] == 2
    for _ in range(40):
        prune(connection, SETTINGS, None)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    assert (tmp_path / "events.db").stat().st_size <= 17 << 20


def test_a_device_that_nobody_acknowledges_does_not_fill_its_disk(connection: Connection) -> None:
    """Every event stays, with the landmarks of the newest; a flapping state is the first to go."""
    connection.execute("BEGIN")
    for number in range(3, 403):
        write_row(connection, replace(spasm(number), seq=number + 100))
        write_row(connection, landmarks(number, n_frames=450))
    for number in range(1000):
        write_row(connection, state(float(number)))
    connection.execute("COMMIT")
    _prune_all(connection, StoreSettings(max_mb=16), None)
    assert used_bytes(connection) <= 16 << 20
    kept = [number for (number,) in connection.execute("SELECT event_id FROM landmarks")]
    assert kept[-50:] == list(range(353, 403))
    assert connection.execute("SELECT count(*) FROM events").fetchone()[0] >= 401


def test_ages_are_judged_only_by_a_clock_that_ran_evenly() -> None:
    """Row 18: a jump into a wrong year must not empty the store."""
    clock = TrustedClock()
    assert not clock.is_trusted(0.0, UTC_S)
    assert not clock.is_trusted(TRUST_AFTER_S - 1, UTC_S + TRUST_AFTER_S - 1)
    assert clock.is_trusted(TRUST_AFTER_S, UTC_S + TRUST_AFTER_S)
    later = 2 * TRUST_AFTER_S
    assert not clock.is_trusted(later, UTC_S + later + 3650 * DAY_S)
    assert clock.is_trusted(2 * later, UTC_S + 2 * later + 3650 * DAY_S)


def test_old_starts_go_but_not_the_last_ones_nor_those_with_events(connection: Connection) -> None:
    """A daemon that fails at each start is started every few seconds, for as long as it takes."""
    for number in range(300):
        when = replace(stamp(), boot_id=f"{number:016x}")
        begin_boot(connection, Boot(when, when.mono_s, "crash", is_clean=False, origin=ORIGIN))
    begin_boot(connection, Boot(stamp(), 0.0, "crash", is_clean=False, origin=ORIGIN))
    for number in range(300, 400):
        when = replace(stamp(), boot_id=f"{number:016x}")
        begin_boot(connection, Boot(when, when.mono_s, "crash", is_clean=False, origin=ORIGIN))
    _prune_all(connection, SETTINGS, UTC_S + 91 * DAY_S)
    kept = [boot.stamp.boot_id for boot in read_boots(connection)]
    assert len(kept) == 101
    assert kept[-1] == BOOT
