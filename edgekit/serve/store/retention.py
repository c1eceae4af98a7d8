"""What is old or too much is deleted: a little at a time, and never an unacknowledged event."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from edgekit.serve.settings import StoreSettings

DAY_S = 86_400.0
BATCH = 500
TRUST_AFTER_S = 3600.0
"""Ages are judged by the wall clock only after it ran evenly for so long: a jump into a wrong
year must not empty the store."""
JUMP_S = 60.0
FULL_SHARE = 0.9
"""Pruning for size goes on down to this share of the limit."""
_PAGES_AT_ONCE = 256

_OLD_DECISIONS = ("decisions", "1")
_OLD_EVENTS = (
    ("landmarks", "event_id NOT IN (SELECT event_id FROM events WHERE acknowledged_by IS NULL)"),
    (
        "transitions",
        "id NOT IN (SELECT transition_id FROM outbox) AND (event_id IS NULL OR event_id NOT IN "
        "(SELECT event_id FROM events WHERE acknowledged_by IS NULL))",
    ),
    ("states", "1"),
    ("audit", "1"),
    ("health", "1"),
    ("events", "acknowledged_by IS NOT NULL"),
    # Events and exports name the start they fell in; the last ones tell how often it crashed.
    (
        "boots",
        "boot_id NOT IN (SELECT boot_id FROM events) "
        "AND number <= (SELECT max(number) - 100 FROM boots)",
    ),
)
_FOR_SIZE = (
    _OLD_DECISIONS,
    _OLD_EVENTS[0],
    # Of alarms that nobody ever acknowledges the newest are enough to review.
    ("landmarks", "event_id NOT IN (SELECT event_id FROM landmarks ORDER BY rowid DESC LIMIT 50)"),
    ("states", "1"),
    _OLD_EVENTS[1],
    ("events", "acknowledged_by IS NOT NULL"),
)
"""In this order, each until there is none of it."""


@dataclass
class TrustedClock:
    """Tells whether the wall clock has run evenly for a while."""

    _offset_s: float | None = None
    _since_mono_s: float = 0.0

    def is_trusted(self, mono_s: float, utc_s: float) -> bool:
        """Take both clocks, and tell whether ages may be judged by the wall clock."""
        offset_s = utc_s - mono_s
        if self._offset_s is None or abs(offset_s - self._offset_s) > JUMP_S:
            self._since_mono_s = mono_s
        self._offset_s = offset_s
        return mono_s - self._since_mono_s >= TRUST_AFTER_S


def prune(connection: sqlite3.Connection, settings: StoreSettings, utc_s: float | None) -> bool:
    """Delete one batch; True when there may be more to delete.

    `utc_s` is None while the wall clock cannot be trusted: then only the size counts.

    Raises:
        sqlite3.Error: Nothing of the batch was deleted.
    """
    n_deleted = 0
    connection.execute("BEGIN IMMEDIATE")
    try:
        if utc_s is not None:
            n_deleted += _prune_old(connection, settings, utc_s)
        if n_deleted == 0 and used_bytes(connection) > _limit(connection, settings):
            n_deleted += _prune_for_size(connection)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    # Only a script runs to its end: it gives an empty row for each page, and `execute` stops there.
    connection.executescript(f"PRAGMA incremental_vacuum({_PAGES_AT_ONCE})")
    return n_deleted > 0


def used_bytes(connection: sqlite3.Connection) -> int:
    """Return the size of what is stored, free pages not counted."""
    pages, free, size = (
        int(connection.execute(f"PRAGMA {name}").fetchone()[0])
        for name in ("page_count", "freelist_count", "page_size")
    )
    return (pages - free) * size


def _limit(connection: sqlite3.Connection, settings: StoreSettings) -> float:
    free = int(connection.execute("PRAGMA freelist_count").fetchone()[0])
    # Free pages tell that pruning is under way: then it goes on to the lower mark.
    return settings.max_mb * (1 << 20) * (FULL_SHARE if free else 1.0)


def _prune_old(connection: sqlite3.Connection, settings: StoreSettings, utc_s: float) -> int:
    before_s = utc_s - settings.keep_decisions_days * DAY_S
    n_deleted = _delete(connection, *_OLD_DECISIONS, before_s)
    before_s = utc_s - settings.keep_events_days * DAY_S
    for table, condition in _OLD_EVENTS:
        n_deleted += _delete(connection, table, condition, before_s)
    return n_deleted


def _prune_for_size(connection: sqlite3.Connection) -> int:
    """Delete the oldest of the first kind that there is."""
    for table, condition in _FOR_SIZE:
        n_deleted = _delete(connection, table, condition, None)
        if n_deleted:
            return n_deleted
    return 0


def _delete(
    connection: sqlite3.Connection, table: str, condition: str, before_s: float | None
) -> int:
    limit = BATCH if table != "landmarks" else BATCH // 50
    is_old = "" if before_s is None else "AND utc_s < ?"
    # Only this module's own words are put together here.
    statement = f"""DELETE FROM {table} WHERE rowid IN (
        SELECT rowid FROM {table} WHERE {condition} {is_old} ORDER BY rowid LIMIT {limit})"""  # noqa: S608
    return connection.execute(statement, () if before_s is None else (before_s,)).rowcount
