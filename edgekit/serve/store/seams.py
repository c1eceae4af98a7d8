"""How the rest of the daemon writes to the store and reads from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from edgekit.serve.alarm.events import Restore
from edgekit.serve.conditions import Condition, Priority
from edgekit.serve.store.rows import (
    AuditRow,
    DecisionRow,
    HealthRow,
    LandmarksRow,
    Row,
    Stamp,
    TransitionRow,
)


class Recording(Protocol):
    """The writing side: one thread, which commits what it is given and never loses an event."""

    def record(self, rows: Sequence[Row], *, wait_s: float = 0.0) -> bool:
        """Queue rows for one transaction; True when it was committed within `wait_s`.

        False means late or failing: the rows stay queued, and the caller announces all the same.
        Never raises, never blocks for longer than `wait_s`.
        """

    def delivered(self, message_id: int) -> None:
        """Remove a message from the outbox: the broker has acknowledged it."""

    @property
    def conditions(self) -> frozenset[Condition]:
        """`DISK_FULL`, `STORE_FAILING`, `STORE_REPLACED`, while they hold."""

    @property
    def n_waiting(self) -> int:
        """Rows not committed yet."""


@dataclass(frozen=True)
class OutboxMessage:
    """A transition that the broker has not acknowledged yet."""

    message_id: int
    """Rises in the order of the transitions."""
    row: TransitionRow


@dataclass(frozen=True)
class StoredEvent:
    """A possible spasm or cluster, with what became of it."""

    event_id: int
    kind: Literal["spasm", "cluster"]
    stamp: Stamp
    t_s: float
    priority: Priority
    probability: float | None
    threshold: float | None
    n_spasms: int
    acknowledged_by: str | None
    acknowledged_utc_s: float | None
    is_escalated: bool
    has_landmarks: bool


class Reading(Protocol):
    """The reading side; safe in any thread, and it never waits for a writer."""

    def events(
        self, *, limit: int = 100, before_id: int | None = None, since_utc_s: float | None = None
    ) -> list[StoredEvent]:
        """Return events, newest first."""

    def event(self, event_id: int) -> StoredEvent | None:
        """Return one event."""

    def landmarks(self, event_id: int) -> LandmarksRow | None:
        """Return the landmarks around an event, where they are kept."""

    def transitions(
        self, *, limit: int = 200, since_utc_s: float | None = None
    ) -> list[TransitionRow]:
        """Return the alarm log, newest first."""

    def decisions(self, *, boot_id: str, since_mono_s: float) -> list[DecisionRow]:
        """Return kept decisions of one boot, oldest first."""

    def audit(self, *, limit: int = 200) -> list[AuditRow]:
        """Return what people did, newest first."""

    def health(self, *, since_utc_s: float | None = None) -> list[HealthRow]:
        """Return the hourly rows, oldest first."""

    def outbox(self, *, limit: int = 100) -> list[OutboxMessage]:
        """Return what waits for the broker, oldest first."""

    def unacknowledged(self) -> Restore:
        """Return what the alarm core must restore at start."""
