"""Reads the store from any thread, beside a daemon that writes or without one."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edgekit.errors import IntegrityError, UsageError
from edgekit.serve.alarm.events import Restore
from edgekit.serve.store import decode
from edgekit.serve.store.boots import Boot, read_boots
from edgekit.serve.store.connect import open_reader
from edgekit.serve.store.folder import StoreFolder
from edgekit.serve.store.rows import (
    AuditRow,
    DecisionRow,
    HealthRow,
    LandmarksRow,
    TransitionRow,
)
from edgekit.serve.store.seams import OutboxMessage, StoredEvent
from edgekit.serve.store.unacknowledged import read_restore

_ALWAYS = float("-inf")
_EVERY_ID = (1 << 63) - 1


class Reader:
    """A connection for each question: short, so that the log file never grows because of one.

    Every method may raise `UsageError` (no store there, or not for this user) and
    `IntegrityError` (damaged, or of a newer edgekit).
    """

    def __init__(self, folder: Path) -> None:
        self._database = StoreFolder(folder).database

    def events(
        self, *, limit: int = 100, before_id: int | None = None, since_utc_s: float | None = None
    ) -> list[StoredEvent]:
        """Return events, newest first; a limit of -1 returns all."""
        records = self._ask(
            decode.EVENTS + "WHERE event_id < ? AND utc_s >= ? ORDER BY event_id DESC LIMIT ?",
            (_EVERY_ID if before_id is None else before_id, _since(since_utc_s), limit),
        )
        with self._decoding():
            return [decode.event_of(record) for record in records]

    def event(self, event_id: int) -> StoredEvent | None:
        """Return one event."""
        records = self._ask(decode.EVENTS + "WHERE event_id = ?", (event_id,))
        with self._decoding():
            return decode.event_of(records[0]) if records else None

    def landmarks(self, event_id: int) -> LandmarksRow | None:
        """Return the landmarks around an event, where they are kept."""
        records = self._ask(decode.LANDMARKS + "WHERE event_id = ?", (event_id,))
        with self._decoding():
            return decode.landmarks_of(records[0]) if records else None

    def transitions(
        self,
        *,
        limit: int = 200,
        since_utc_s: float | None = None,
        event_id: int | None = None,
    ) -> list[TransitionRow]:
        """Return the alarm log, newest first; with `event_id` only what is about that event."""
        about = "" if event_id is None else "AND event_id = ?"
        records = self._ask(
            f"{decode.TRANSITIONS} WHERE utc_s >= ? {about} ORDER BY id DESC LIMIT ?",
            (_since(since_utc_s), *(() if event_id is None else (event_id,)), limit),
        )
        with self._decoding():
            return [decode.transition_of(record) for record in records]

    def decisions(self, *, boot_id: str, since_mono_s: float) -> list[DecisionRow]:
        """Return kept decisions of one boot, oldest first."""
        records = self._ask(
            decode.DECISIONS + "WHERE boot_id = ? AND mono_s >= ? ORDER BY mono_s, id",
            (boot_id, since_mono_s),
        )
        return [decode.decision_of(record) for record in records]

    def audit(self, *, limit: int = 200) -> list[AuditRow]:
        """Return what people did, newest first."""
        records = self._ask(decode.AUDIT + "ORDER BY id DESC LIMIT ?", (limit,))
        return [decode.audit_of(record) for record in records]

    def health(self, *, since_utc_s: float | None = None) -> list[HealthRow]:
        """Return the hourly rows, oldest first."""
        records = self._ask(
            decode.HEALTH + "WHERE utc_s >= ? ORDER BY id",
            (_since(since_utc_s),),
        )
        return [decode.health_of(record) for record in records]

    def outbox(self, *, limit: int = 100) -> list[OutboxMessage]:
        """Return what waits for the broker, oldest first."""
        records = self._ask(decode.OUTBOX + "ORDER BY message_id LIMIT ?", (limit,))
        with self._decoding():
            return [
                OutboxMessage(int(str(record[0])), decode.transition_of(record[1:]))
                for record in records
            ]

    def unacknowledged(self) -> Restore:
        """Return what the alarm core must restore at start."""
        with self._connected() as connection:
            return read_restore(connection)

    def boots(self) -> list[Boot]:
        """Return the starts of the daemon, newest first."""
        with self._connected() as connection:
            return read_boots(connection)

    def answer_times_s(self, *, since_utc_s: float | None = None) -> list[float]:
        """Return seconds from event to acknowledgement, where both fell in one start."""
        records = self._ask(
            "SELECT acknowledged_mono_s - mono_s FROM events "
            "WHERE acknowledged_boot_id = boot_id AND utc_s >= ? ORDER BY event_id",
            (_since(since_utc_s),),
        )
        return [float(str(record[0])) for record in records]

    def _ask(self, query: str, values: decode.Record) -> list[decode.Record]:
        with self._connected() as connection:
            return decode.rows_of(connection, query, values)

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        try:
            if not self._database.exists():
                raise UsageError(f"no events yet in {self._database.parent}")
            connection = open_reader(self._database)
            try:
                yield connection
            finally:
                connection.close()
        except PermissionError as error:
            raise UsageError(self._not_allowed()) from error
        except sqlite3.OperationalError as error:
            if "unable to open" in str(error):
                raise UsageError(self._not_allowed()) from error
            raise IntegrityError(f"{self._database}: cannot be read: {error}") from error
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            raise IntegrityError(
                f"{self._database}: damaged ({error}); edgekit serve sets it aside at its start"
            ) from error

    @contextmanager
    def _decoding(self) -> Iterator[None]:
        try:
            yield
        except ValueError as error:
            raise IntegrityError(f"{self._database}: damaged: {error}") from error

    def _not_allowed(self) -> str:
        return (
            f"{self._database}: cannot be opened by this user; "
            "run it as the user of edgekit serve, or as root"
        )


def _since(utc_s: float | None) -> float:
    return _ALWAYS if utc_s is None else utc_s
