"""Row 14: the power is cut at every write; what was acknowledged is there at the next boot."""

from __future__ import annotations

import random
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from store_rows import ORIGIN, spasm, stamp

from edgekit.serve.store.boots import Boot, begin_boot
from edgekit.serve.store.connect import CONNECTION_PRAGMAS, check, open_writer
from edgekit.serve.store.encode import write_row
from edgekit.serve.store.schema import MIGRATIONS

pytest.importorskip("apsw", reason="needs apsw for a disk that loses power")
import apsw  # skipped where it is missing
from power_cut import CuttingDisk, PowerCutError  # it imports apsw

N_EVENTS = 12
N_BOOTS = 2
"""Different leftovers of the same cut."""


@dataclass(frozen=True)
class After:
    """What the next boot found."""

    n_lost: int


def _work(disk: CuttingDisk, database: Path, synchronous: str, acknowledged: list[int]) -> None:
    """Record events as the writer does; on apsw's connection, which takes our disk."""
    connection = apsw.Connection(str(database), vfs=disk.name)
    narrow = _Narrow(connection)
    try:
        for pragma in CONNECTION_PRAGMAS:
            connection.execute(pragma.replace("synchronous = FULL", f"synchronous = {synchronous}"))
        # A small log: checkpoints are among what is cut, though not after every commit.
        connection.execute("PRAGMA wal_autocheckpoint = 30").fetchall()
        for event_id in range(1, N_EVENTS + 1):
            connection.execute("BEGIN IMMEDIATE")
            write_row(narrow, spasm(event_id), has_outbox=True)
            connection.execute("COMMIT")
            acknowledged.append(event_id)
    finally:
        disk.is_off = True  # closing would sync what the cut has left unsynced
        narrow.close()
        connection.close(True)


class _Narrow(sqlite3.Connection):
    """apsw's connection in the shape of sqlite3's that `write_row` uses."""

    def __init__(self, connection: apsw.Connection) -> None:
        super().__init__(":memory:")
        self._real = connection

    def execute(self, sql: str, parameters: Any = ()) -> sqlite3.Cursor:
        self._real.execute(sql, parameters)
        return _Done(self, self._real.changes(), self._real.last_insert_rowid())


class _Done(sqlite3.Cursor):
    def __init__(self, connection: sqlite3.Connection, n_changed: int, row_id: int) -> None:
        super().__init__(connection)
        self._n_changed, self._row_id = n_changed, row_id

    @property
    def rowcount(self) -> int:
        return self._n_changed

    @property
    def lastrowid(self) -> int:
        return self._row_id


@pytest.fixture
def empty(tmp_path: Path) -> bytes:
    """Return a database with tables and one start in it, checkpointed."""
    database = tmp_path / "empty.db"
    connection = open_writer(database)
    begin_boot(connection, Boot(stamp(), 100.0, "first", is_clean=False, origin=ORIGIN))
    connection.close()
    return database.read_bytes()


def _cut(
    tmp_path: Path, empty: bytes, synchronous: str, at: int | None, seed: int
) -> tuple[int, list[After]]:
    """Run with a cut at write `at`; return the number of writes and what the next boots find."""
    work = tmp_path / f"{synchronous}-{at}"
    work.mkdir()
    (work / "events.db").write_bytes(empty)
    disk = CuttingDisk(f"cut-{synchronous}-{at}")
    disk.cut_at = at
    acknowledged: list[int] = []
    try:
        _work(disk, work / "events.db", synchronous, acknowledged)
    except (PowerCutError, apsw.Error):
        assert at is not None
    rng = random.Random(seed)  # noqa: S311  # reproducible
    found = []
    for boot in range(N_BOOTS):
        after = work / f"after-{boot}"
        after.mkdir()
        disk.leave(after, rng)
        found.append(_look(after / "events.db", acknowledged))
    disk.unregister()
    return disk.n_writes, found


def _look(database: Path, acknowledged: list[int]) -> After:
    connection = sqlite3.connect(database)
    try:
        assert check(connection)
        assert connection.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
        for table in ("events", "transitions", "outbox"):
            ids = [row[0] for row in connection.execute(f"SELECT rowid FROM {table}")]  # noqa: S608
            assert sorted(ids) == list(range(1, len(ids) + 1)), f"a hole in {table}"
        return After(len(set(acknowledged) - set(ids)))
    finally:
        connection.close()


def _sweep(tmp_path: Path, empty: bytes, synchronous: str, every: int = 1) -> tuple[int, int]:
    n_writes, _ = _cut(tmp_path, empty, synchronous, None, 0)
    n_cuts = n_with_loss = 0
    for at in range(1, n_writes + 1, every):
        for after in _cut(tmp_path, empty, synchronous, at, at)[1]:
            n_cuts += 1
            n_with_loss += after.n_lost > 0
    return n_cuts, n_with_loss


def test_nothing_acknowledged_is_lost_at_any_write(tmp_path: Path, empty: bytes) -> None:
    """Row 14: power cut at every write point -> 0 lost, 0 corrupt."""
    n_cuts, n_with_loss = _sweep(tmp_path, empty, "FULL")
    assert n_cuts > 100
    assert n_with_loss == 0


def test_the_cut_would_catch_a_store_that_does_not_sync(tmp_path: Path, empty: bytes) -> None:
    """Row 14, planted failure: with synchronous=NORMAL the same cuts lose acknowledged events."""
    n_cuts, n_with_loss = _sweep(tmp_path, empty, "NORMAL", every=4)
    assert n_cuts > 20
    assert n_with_loss > 0
