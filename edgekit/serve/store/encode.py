"""Rows into tables. A transition that begins, ends or escalates an alarm changes its event too."""

from __future__ import annotations

import logging
import sqlite3
import zlib

import numpy as np

from edgekit.serve.store.rows import (
    AuditRow,
    DecisionRow,
    HealthRow,
    LandmarksRow,
    Row,
    Stamp,
    StateRow,
    TransitionRow,
)

log = logging.getLogger("edgekit.store")

Value = str | int | float | bytes | None
_DEFLATE_LEVEL = 1
"""Fast: a Pi has better things to do, and half the size is worth it."""


def write_row(connection: sqlite3.Connection, row: Row, *, has_outbox: bool = False) -> None:
    """Write one row within the caller's transaction. Writing a transition again changes nothing.

    Raises:
        sqlite3.Error: It cannot be written.
    """
    values: tuple[Value, ...]
    if isinstance(row, TransitionRow):
        _transition(connection, row, has_outbox=has_outbox)
    elif isinstance(row, StateRow):
        conditions = " ".join(condition.value for condition in row.conditions)
        values = (*_stamp(row.stamp), row.state.value, conditions)
        _insert(connection, "states", "boot_id mono_s utc_s state conditions", values)
    elif isinstance(row, DecisionRow):
        values = (*_stamp(row.stamp), row.t_s, row.probability, row.seen_share)
        columns = "boot_id mono_s utc_s t_s probability seen_share"
        _insert(connection, "decisions", columns, values)
    elif isinstance(row, LandmarksRow):
        _landmarks(connection, row)
    elif isinstance(row, AuditRow):
        values = (*_stamp(row.stamp), row.who, row.what, row.detail)
        _insert(connection, "audit", "boot_id mono_s utc_s who what detail", values)
    else:
        _health(connection, row)


def _stamp(stamp: Stamp) -> tuple[str, float, float]:
    return stamp.boot_id, stamp.mono_s, stamp.utc_s


def _insert(
    connection: sqlite3.Connection,
    table: str,
    columns: str,
    values: tuple[Value, ...],
    *,
    on_conflict: str = "ABORT",
) -> bool:
    names = columns.split()
    marks = ", ".join("?" * len(names))
    # Table and columns are this module's own words, never a caller's.
    statement = f"INSERT OR {on_conflict} INTO {table} ({', '.join(names)}) VALUES ({marks})"  # noqa: S608
    return connection.execute(statement, values).rowcount == 1


def _transition(connection: sqlite3.Connection, row: TransitionRow, *, has_outbox: bool) -> None:
    about = row.transition
    is_new = connection.execute(
        """INSERT INTO transitions (boot_id, mono_s, utc_s, seq, kind, latch, priority, event_id,
            condition, who, t_s, seconds, n_spasms, probability, threshold)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (boot_id, seq) DO NOTHING""",
        (
            *_stamp(row.stamp),
            row.seq,
            about.kind,
            about.latch,
            about.priority,
            about.event_id,
            about.condition.value if about.condition else None,
            about.who,
            about.t_s,
            about.seconds,
            about.n_spasms,
            row.probability,
            row.threshold,
        ),
    )
    # A commit that failed may have reached the disk all the same; then it is tried twice.
    if is_new.rowcount != 1:
        return
    if has_outbox:
        _insert(connection, "outbox", "transition_id", (is_new.lastrowid,))
    _change_event(connection, row)


def _change_event(connection: sqlite3.Connection, row: TransitionRow) -> None:
    about = row.transition
    if about.event_id is None or about.latch != "patient":
        return
    if about.kind in ("spasm", "cluster"):
        columns = "event_id kind boot_id mono_s utc_s t_s priority probability threshold n_spasms"
        values = (about.event_id, about.kind, *_stamp(row.stamp), about.t_s or 0.0, about.priority)
        measured = (row.probability, row.threshold, about.n_spasms or 1)
        if not _insert(connection, "events", columns, (*values, *measured), on_conflict="IGNORE"):
            log.error("event %d is in the store already; its transition is logged", about.event_id)
    elif about.kind == "acknowledged":
        connection.execute(
            """UPDATE events SET acknowledged_by = ?, acknowledged_boot_id = ?,
                acknowledged_mono_s = ?, acknowledged_utc_s = ?
            WHERE event_id <= ? AND acknowledged_by IS NULL""",
            (about.who or "unknown", *_stamp(row.stamp), about.event_id),
        )
    elif about.kind == "escalated":
        connection.execute(
            "UPDATE events SET is_escalated = 1 WHERE event_id = ?", (about.event_id,)
        )


def _landmarks(connection: sqlite3.Connection, row: LandmarksRow) -> None:
    data = np.ascontiguousarray(row.landmarks, dtype="<f4")
    n_frames, n_landmarks, n_values = data.shape
    columns = "event_id boot_id mono_s utc_s fps n_frames n_landmarks n_values deflated"
    shape = (row.fps, n_frames, n_landmarks, n_values)
    deflated = zlib.compress(data.tobytes(), _DEFLATE_LEVEL)
    values = (row.event_id, *_stamp(row.stamp), *shape, deflated)
    _insert(connection, "landmarks", columns, values, on_conflict="REPLACE")


def _health(connection: sqlite3.Connection, row: HealthRow) -> None:
    columns = (
        "boot_id mono_s utc_s period_s uptime_s n_child_restarts n_frames n_decisions blind_s "
        "worst_latency_s rss_mb child_rss_mb temperature_c start_reason"
    )
    counts = (row.period_s, row.uptime_s, row.n_child_restarts, row.n_frames, row.n_decisions)
    times = (row.blind_s, row.worst_latency_s, row.rss_mb, row.child_rss_mb, row.temperature_c)
    values = (*_stamp(row.stamp), *counts, *times, row.start_reason)
    _insert(connection, "health", columns, values, on_conflict="REPLACE")
