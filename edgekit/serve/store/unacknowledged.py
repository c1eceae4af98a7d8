"""What the alarm core must restore at start, also from a database that is damaged."""

from __future__ import annotations

import logging
import sqlite3
from dataclasses import dataclass, replace

from edgekit.serve.alarm.events import Restore
from edgekit.serve.store.connect import open_reader
from edgekit.serve.store.decode import Record
from edgekit.serve.store.faults import READ_ERRORS
from edgekit.serve.store.folder import StoreFolder
from edgekit.serve.store.schema import MIGRATIONS, version_of

log = logging.getLogger("edgekit.store")

ID_BLOCK = 64
"""The file of event ids is written once for so many."""
_WHOLE_EVENT = "SELECT * FROM events WHERE event_id = ?"


def highest_id(connection: sqlite3.Connection, table: str) -> int:
    """Return the highest id that a table has ever had."""
    found = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,))
    return int((found.fetchone() or (0,))[0])


def continue_ids(connection: sqlite3.Connection, table: str, highest: int) -> None:
    """Let a table's next id be above `highest`."""
    if highest > highest_id(connection, table):
        connection.execute("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
        connection.execute(
            "INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table, highest)
        )


def read_restore(connection: sqlite3.Connection) -> Restore:
    """Return the newest event that nobody acknowledged, and the next event id.

    Raises:
        sqlite3.Error: The database is damaged.
    """
    next_id = highest_id(connection, "events") + 1
    newest = connection.execute(
        """SELECT event_id, n_spasms, (SELECT max(kind = 'cluster') FROM events
            WHERE acknowledged_by IS NULL)
        FROM events WHERE acknowledged_by IS NULL ORDER BY event_id DESC LIMIT 1"""
    ).fetchone()
    if newest is None:
        return Restore(next_id)
    event_id, n_spasms, is_cluster = newest
    return Restore(next_id, int(event_id), bool(is_cluster), int(n_spasms))


@dataclass(frozen=True)
class Salvage:
    """What could be saved from a damaged database."""

    highest_event_id: int
    event: Record | None
    """The newest event that nobody acknowledged, all columns."""


def salvage(folder: StoreFolder, utc_s: float) -> Salvage:
    """Save the latched alarm and the event ids from a database that is about to be set aside.

    No event id is used twice. Where neither the database nor the file of ids can tell how far
    they went, they go on from the seconds since 1970, which no count of events reaches.
    """
    known = folder.known_ids()
    try:
        connection = open_reader(folder.database)
    except READ_ERRORS:
        return Salvage(_fallback(known, utc_s), None)
    try:
        restore = read_restore(connection)
        is_todays = version_of(connection) == len(MIGRATIONS)
        whole = connection.execute(_WHOLE_EVENT, (restore.event_id,)) if is_todays else None
        event = whole.fetchone() if whole else None
        return Salvage(max(restore.next_event_id - 1, known or 0), event)
    except READ_ERRORS as error:
        log.warning("%s: nothing could be saved from it: %s", folder.database, error)
        return Salvage(_fallback(known, utc_s), None)
    finally:
        connection.close()


def without_database(folder: StoreFolder, utc_s: float) -> Restore:
    """Return what to restore when the database cannot be opened at all just now."""
    try:
        connection = open_reader(folder.database)
    except READ_ERRORS:
        return Restore(_fallback(folder.known_ids(), utc_s) + 1)
    try:
        restore = read_restore(connection)
    except READ_ERRORS:
        return Restore(_fallback(folder.known_ids(), utc_s) + 1)
    finally:
        connection.close()
    # The log may hold more events than could be read, but no more ids than were noted.
    return replace(restore, next_event_id=max(restore.next_event_id, (folder.known_ids() or 0) + 1))


def _fallback(known: int | None, utc_s: float) -> int:
    return int(utc_s) if known is None else known
