"""Connections to the database: one that writes through to the disk, any number that only read."""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path
from urllib.parse import quote

from edgekit.serve.store.faults import is_full
from edgekit.serve.store.schema import MIGRATIONS, migrate, require_known

CHECK_S = 2.0
"""Looking for damage at the start takes so long at most: watching must begin soon."""
BUSY_S = 2.0
WAL_PAGES = 1000
"""A checkpoint after so many pages of 4 KiB ..."""
WAL_PAGES_WHEN_FULL = 16
WAL_LIMIT_BYTES = 8 << 20
"""... and a log that grew beyond this is cut back."""
CONNECTION_PRAGMAS = (
    # Before the first table is made: it cannot be changed later.
    "PRAGMA auto_vacuum = INCREMENTAL",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",
    f"PRAGMA wal_autocheckpoint = {WAL_PAGES}",
    f"PRAGMA journal_size_limit = {WAL_LIMIT_BYTES}",
)
"""What every writing connection is told."""
_FIRST = ("events", "transitions", "outbox", "boots")
"""Checked with their indexes, before the large tables."""
_THEN = ("audit", "health", "states", "landmarks", "decisions")


def open_writer(path: Path) -> sqlite3.Connection:
    """Open the database for writing, make or migrate its tables, and look for damage.

    Every commit reaches the disk before it returns (`synchronous=FULL`).

    Raises:
        IntegrityError: A newer edgekit wrote it.
        sqlite3.Error: It cannot be opened, or is damaged.
        OSError: The file cannot be made.
    """
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    path.chmod(0o600)
    _require_sane_header(path)
    connection = sqlite3.connect(
        path, timeout=BUSY_S, isolation_level=None, check_same_thread=False
    )
    try:
        require_known(connection, str(path), len(MIGRATIONS))
        for pragma in CONNECTION_PRAGMAS:
            connection.execute(pragma)
        migrate(connection, str(path))
        check(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def check(connection: sqlite3.Connection, limit_s: float = CHECK_S) -> bool:
    """Look for damage; False when time ran out before everything was seen.

    Raises:
        sqlite3.DatabaseError: The file is damaged.
    """
    deadline = time.monotonic() + limit_s
    connection.set_progress_handler(lambda: int(time.monotonic() > deadline), 10_000)
    try:
        for table in _FIRST:
            _require_ok(connection, f"PRAGMA integrity_check({table})")
        for table in _THEN:
            _require_ok(connection, f"PRAGMA quick_check({table})")
    except sqlite3.OperationalError as error:
        if str(error) != "interrupted":
            raise
        return False
    finally:
        connection.set_progress_handler(None, 0)
    return True


def open_reader(path: Path) -> sqlite3.Connection:
    """Open the database for reading, beside a daemon that writes or without one.

    Raises:
        IntegrityError: A newer edgekit wrote it.
        sqlite3.Error: It cannot be opened, or is damaged.
    """
    try:
        return _read_only(path, "mode=ro")
    except sqlite3.OperationalError as error:
        # On a disk that is read-only or full the index of the log cannot be made. What was
        # checkpointed can be read without it; nobody can write there just now.
        if "locked" in str(error) or not _is_unwritable(path.parent):
            raise
        return _read_only(path, "mode=ro&immutable=1")


def _read_only(path: Path, how: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"file:{quote(str(path.absolute()))}?{how}", uri=True, timeout=BUSY_S, isolation_level=None
    )
    try:
        require_known(connection, str(path), len(MIGRATIONS))
    except BaseException:
        connection.close()
        raise
    return connection


def _is_unwritable(folder: Path) -> bool:
    return not os.access(folder, os.W_OK) or is_full(folder)


def _require_sane_header(path: Path) -> None:
    """Refuse file format versions that SQLite would silently take for read-only."""
    with path.open("rb") as file:
        header = file.read(20)
    if len(header) == 20 and max(header[18:]) > 2:
        raise sqlite3.DatabaseError(f"malformed: file format {tuple(header[18:])}")


def _require_ok(connection: sqlite3.Connection, pragma: str) -> None:
    found = connection.execute(pragma).fetchone()
    if found is not None and found[0] != "ok":
        raise sqlite3.DatabaseError(f"database disk image is malformed: {found[0]}")
