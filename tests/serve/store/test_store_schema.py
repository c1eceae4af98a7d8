from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from store_rows import ORIGIN, SMALL, recording, spasm, stamp

from edgekit.errors import IntegrityError
from edgekit.serve.conditions import Condition
from edgekit.serve.store.connect import open_writer
from edgekit.serve.store.reader import Reader
from edgekit.serve.store.recorder import Recorder
from edgekit.serve.store.schema import MIGRATIONS, migrate, version_of


def _planted(folder: Path, version: int) -> None:
    with recording(folder) as (recorder, _):
        assert recorder.record([spasm(1)], wait_s=5)
    connection = sqlite3.connect(folder / "events.db", isolation_level=None)
    connection.execute(f"PRAGMA user_version = {version}")
    connection.close()


def test_an_empty_file_becomes_todays_schema(tmp_path: Path) -> None:
    (tmp_path / "events.db").touch()
    connection = open_writer(tmp_path / "events.db")
    assert version_of(connection) == len(MIGRATIONS)
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def test_an_older_file_gets_only_what_it_lacks_and_keeps_its_rows(tmp_path: Path) -> None:
    _planted(tmp_path, len(MIGRATIONS))
    connection = sqlite3.connect(tmp_path / "events.db", isolation_level=None)
    newer = (*MIGRATIONS, lambda c: c.execute("ALTER TABLE events ADD COLUMN ward TEXT") and None)
    migrate(connection, "events.db", newer)
    assert version_of(connection) == len(newer)
    assert connection.execute("SELECT event_id, ward FROM events").fetchall() == [(1, None)]
    connection.close()


def test_a_migration_that_fails_changes_nothing(tmp_path: Path) -> None:
    _planted(tmp_path, len(MIGRATIONS))
    connection = sqlite3.connect(tmp_path / "events.db", isolation_level=None)
    broken = (
        *MIGRATIONS,
        lambda c: c.execute("ALTER TABLE events ADD COLUMN ward TEXT") and None,
        lambda c: c.execute("ALTER TABLE nothing ADD COLUMN ward TEXT") and None,
    )
    with pytest.raises(sqlite3.OperationalError):
        migrate(connection, "events.db", broken)
    assert version_of(connection) == len(MIGRATIONS)
    with pytest.raises(sqlite3.OperationalError, match="no such column"):
        connection.execute("SELECT ward FROM events")
    connection.close()


def test_a_newer_schema_is_refused_and_left_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    _planted(tmp_path, 99)
    before = (tmp_path / "events.db").read_bytes()
    with pytest.raises(IntegrityError, match="schema 99 is newer than this edgekit knows"):
        Reader(tmp_path).events()
    recorder = Recorder(tmp_path, SMALL)
    opened = recorder.open(stamp(boot_id="b2"), ORIGIN)
    assert recorder.conditions == {Condition.STORE_FAILING}
    assert opened.restore.next_event_id > 1
    recorder.stop(1)
    assert (tmp_path / "events.db").read_bytes() == before
    assert "install the newer edgekit again" in caplog.text
