"""Tables into rows. What cannot be a row of ours is an error, never a guess."""

from __future__ import annotations

import sqlite3
import zlib
from typing import cast

import numpy as np

from edgekit.serve.alarm.events import Transition
from edgekit.serve.conditions import Condition
from edgekit.serve.store.rows import (
    AuditRow,
    DecisionRow,
    HealthRow,
    LandmarksRow,
    Stamp,
    TransitionRow,
)
from edgekit.serve.store.seams import StoredEvent

EVENTS = (
    "SELECT boot_id, mono_s, utc_s, event_id, kind, t_s, priority, probability, threshold, "
    "n_spasms, acknowledged_by, acknowledged_utc_s, is_escalated, "
    "EXISTS (SELECT 1 FROM landmarks l WHERE l.event_id = events.event_id) FROM events "
)
TRANSITIONS = (
    "SELECT boot_id, mono_s, utc_s, seq, kind, latch, priority, event_id, condition, who, t_s, "
    "seconds, n_spasms, probability, threshold FROM transitions "
)
OUTBOX = (
    "SELECT message_id, boot_id, mono_s, utc_s, seq, kind, latch, priority, event_id, condition, "
    "who, t_s, seconds, n_spasms, probability, threshold "
    "FROM outbox JOIN transitions ON transitions.id = outbox.transition_id "
)
DECISIONS = "SELECT boot_id, mono_s, utc_s, t_s, probability, seen_share FROM decisions "
LANDMARKS = (
    "SELECT boot_id, mono_s, utc_s, event_id, fps, n_frames, n_landmarks, n_values, deflated "
    "FROM landmarks "
)
AUDIT = "SELECT boot_id, mono_s, utc_s, who, what, detail FROM audit "
HEALTH = (
    "SELECT boot_id, mono_s, utc_s, period_s, uptime_s, n_child_restarts, n_frames, n_decisions, "
    "blind_s, worst_latency_s, rss_mb, child_rss_mb, temperature_c, start_reason FROM health "
)

Record = tuple[object, ...]


def transition_of(record: Record) -> TransitionRow:
    """Return the transition in a record of `TRANSITIONS`.

    Raises:
        ValueError: It holds a condition that is not known.
    """
    boot_id, mono_s, utc_s, seq, *about, probability, threshold = record
    kind, latch, priority, event_id, condition, who, t_s, seconds, n_spasms = about
    transition = Transition(
        kind=cast("str", kind),  # type: ignore[arg-type]  # only our own words are written
        latch=cast("str", latch),  # type: ignore[arg-type]  # likewise
        priority=cast("str", priority),  # type: ignore[arg-type]  # likewise
        event_id=cast("int | None", event_id),
        condition=None if condition is None else Condition(condition),
        who=cast("str | None", who),
        t_s=cast("float | None", t_s),
        seconds=cast("float | None", seconds),
        n_spasms=cast("int | None", n_spasms),
    )
    return TransitionRow(
        stamp_of(boot_id, mono_s, utc_s),
        cast("int", seq),
        transition,
        probability=cast("float | None", probability),
        threshold=cast("float | None", threshold),
    )


def event_of(record: Record) -> StoredEvent:
    """Return the event in a record of `EVENTS`.

    Raises:
        ValueError: It is neither a spasm nor a cluster.
    """
    boot_id, mono_s, utc_s, event_id, kind, *values = record
    if kind not in ("spasm", "cluster"):
        raise ValueError(f"event {event_id} is of an unknown kind: {kind!r}")
    t_s, priority, probability, threshold, n_spasms, who, when_s, *flags = values
    is_escalated, has_landmarks = map(bool, flags)
    return StoredEvent(
        event_id=cast("int", event_id),
        kind="spasm" if kind == "spasm" else "cluster",
        stamp=stamp_of(boot_id, mono_s, utc_s),
        t_s=cast("float", t_s),
        priority=cast("str", priority),  # type: ignore[arg-type]  # only our own words are written
        probability=cast("float | None", probability),
        threshold=cast("float | None", threshold),
        n_spasms=cast("int", n_spasms),
        acknowledged_by=cast("str | None", who),
        acknowledged_utc_s=cast("float | None", when_s),
        is_escalated=is_escalated,
        has_landmarks=has_landmarks,
    )


def landmarks_of(record: Record) -> LandmarksRow:
    """Return the landmarks in a record of `LANDMARKS`.

    Raises:
        ValueError: The array is not of the size that its row tells.
    """
    boot_id, mono_s, utc_s, event_id, fps, *shape, deflated = record
    sizes = cast("list[int]", shape)
    n_bytes = 4 * int(np.prod(sizes))
    try:
        # One byte more than is right tells that there is more, and no bomb can go off.
        content = zlib.decompressobj().decompress(cast("bytes", deflated), n_bytes + 1)
    except zlib.error as error:
        raise ValueError(f"landmarks of event {event_id}: {error}") from error
    if len(content) != n_bytes:
        raise ValueError(f"landmarks of event {event_id} are not of size {sizes}")
    landmarks = np.frombuffer(content, dtype="<f4").reshape(sizes).astype(np.float32)
    stamp = stamp_of(boot_id, mono_s, utc_s)
    return LandmarksRow(stamp, cast("int", event_id), cast("float", fps), landmarks)


def decision_of(record: Record) -> DecisionRow:
    """Return the decision in a record of `DECISIONS`."""
    boot_id, mono_s, utc_s, t_s, probability, seen_share = record
    return DecisionRow(
        stamp_of(boot_id, mono_s, utc_s),
        cast("float", t_s),
        cast("float | None", probability),
        cast("float", seen_share),
    )


def audit_of(record: Record) -> AuditRow:
    """Return the audit line in a record of `AUDIT`."""
    boot_id, mono_s, utc_s, who, what, detail = record
    return AuditRow(stamp_of(boot_id, mono_s, utc_s), str(who), str(what), str(detail))


def health_of(record: Record) -> HealthRow:
    """Return the hourly row in a record of `HEALTH`."""
    return HealthRow(stamp_of(*record[:3]), *record[3:])  # type: ignore[arg-type]  # as written


def stamp_of(boot_id: object, mono_s: object, utc_s: object) -> Stamp:
    """Return the stamp that every row begins with."""
    return Stamp(cast("str", boot_id), cast("float", mono_s), cast("float", utc_s))


def rows_of(connection: sqlite3.Connection, query: str, values: Record = ()) -> list[Record]:
    """Run a query and return its records."""
    return connection.execute(query, values).fetchall()
