"""The tables, and how a file of an older schema becomes one of today's.

`PRAGMA user_version` holds the schema's version. Each migration leads from its place in
`MIGRATIONS` to the next; all that are due run in one transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence

from edgekit.errors import IntegrityError

Migration = Callable[[sqlite3.Connection], None]

ABSURD = 10_000
"""No schema will ever have this version: the file's header is damaged."""
_STAMP = "boot_id TEXT NOT NULL, mono_s REAL NOT NULL, utc_s REAL NOT NULL"

_TABLES = (
    f"""CREATE TABLE boots (
        number INTEGER PRIMARY KEY AUTOINCREMENT, {_STAMP}, alive_mono_s REAL NOT NULL,
        start_reason TEXT NOT NULL, is_clean INTEGER NOT NULL DEFAULT 0,
        device TEXT NOT NULL, version TEXT NOT NULL, bundle_sha256 TEXT NOT NULL,
        is_live INTEGER NOT NULL, is_synthetic INTEGER NOT NULL, UNIQUE (boot_id))""",
    f"""CREATE TABLE events (
        event_id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, {_STAMP},
        t_s REAL NOT NULL, priority TEXT NOT NULL, probability REAL, threshold REAL,
        n_spasms INTEGER NOT NULL, is_escalated INTEGER NOT NULL DEFAULT 0,
        acknowledged_by TEXT, acknowledged_boot_id TEXT, acknowledged_mono_s REAL,
        acknowledged_utc_s REAL)""",
    "CREATE INDEX events_unacknowledged ON events (event_id) WHERE acknowledged_by IS NULL",
    f"""CREATE TABLE transitions (
        id INTEGER PRIMARY KEY AUTOINCREMENT, {_STAMP}, seq INTEGER NOT NULL,
        kind TEXT NOT NULL, latch TEXT NOT NULL, priority TEXT NOT NULL, event_id INTEGER,
        condition TEXT, who TEXT, t_s REAL, seconds REAL, n_spasms INTEGER,
        probability REAL, threshold REAL, UNIQUE (boot_id, seq))""",
    "CREATE INDEX transitions_of_event ON transitions (event_id) WHERE event_id IS NOT NULL",
    """CREATE TABLE outbox (
        message_id INTEGER PRIMARY KEY AUTOINCREMENT,
        transition_id INTEGER NOT NULL UNIQUE REFERENCES transitions (id) ON DELETE CASCADE)""",
    f"""CREATE TABLE states (
        id INTEGER PRIMARY KEY, {_STAMP}, state TEXT NOT NULL, conditions TEXT NOT NULL)""",
    f"""CREATE TABLE decisions (
        id INTEGER PRIMARY KEY, {_STAMP}, t_s REAL NOT NULL, probability REAL,
        seen_share REAL NOT NULL)""",
    "CREATE INDEX decisions_of_boot ON decisions (boot_id, mono_s)",
    f"""CREATE TABLE landmarks (
        event_id INTEGER PRIMARY KEY, {_STAMP}, fps REAL NOT NULL, n_frames INTEGER NOT NULL,
        n_landmarks INTEGER NOT NULL, n_values INTEGER NOT NULL, deflated BLOB NOT NULL)""",
    f"""CREATE TABLE audit (
        id INTEGER PRIMARY KEY, {_STAMP}, who TEXT NOT NULL, what TEXT NOT NULL,
        detail TEXT NOT NULL)""",
    f"""CREATE TABLE health (
        id INTEGER PRIMARY KEY, {_STAMP}, period_s REAL NOT NULL, uptime_s REAL NOT NULL,
        n_child_restarts INTEGER NOT NULL, n_frames INTEGER NOT NULL,
        n_decisions INTEGER NOT NULL, blind_s REAL NOT NULL, worst_latency_s REAL NOT NULL,
        rss_mb REAL NOT NULL, child_rss_mb REAL NOT NULL, temperature_c REAL,
        start_reason TEXT, UNIQUE (boot_id, mono_s))""",
)


def _make_tables(connection: sqlite3.Connection) -> None:
    for statement in _TABLES:
        connection.execute(statement)


MIGRATIONS: tuple[Migration, ...] = (_make_tables,)


def version_of(connection: sqlite3.Connection) -> int:
    """Return the schema version of an open database; 0 when it is new."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def require_known(connection: sqlite3.Connection, named: str, newest: int) -> int:
    """Return the schema version of a database.

    Raises:
        IntegrityError: A newer edgekit wrote it.
        sqlite3.DatabaseError: The version is none.
    """
    version = version_of(connection)
    if not 0 <= version < ABSURD:
        raise sqlite3.DatabaseError(f"malformed: schema version {version}")
    if version > newest:
        raise IntegrityError(
            f"{named}: schema {version} is newer than this edgekit knows ({newest}); "
            "install the newer edgekit again, or name another [store] folder"
        )
    return version


def migrate(
    connection: sqlite3.Connection, named: str, migrations: Sequence[Migration] = MIGRATIONS
) -> None:
    """Bring a database to the newest schema, whole or not at all.

    Raises:
        IntegrityError: A newer edgekit wrote it.
        sqlite3.Error: A migration failed; the file is as it was.
    """
    version = require_known(connection, named, len(migrations))
    if version == len(migrations):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        for migration in migrations[version:]:
            migration(connection)
        connection.execute(f"PRAGMA user_version = {len(migrations)}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
