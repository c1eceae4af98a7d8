"""A store in memory with the outbox of the real one, and rows to put there."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from edgekit.errors import IntegrityError
from edgekit.serve.alarm.events import Restore, Transition
from edgekit.serve.conditions import Condition
from edgekit.serve.live import TransitionMessage
from edgekit.serve.store.rows import (
    AuditRow,
    DecisionRow,
    HealthRow,
    LandmarksRow,
    Row,
    Stamp,
    TransitionRow,
)
from edgekit.serve.store.seams import OutboxMessage, StoredEvent

BOOT_ID = "00c0ffee00c0ffee"


def transition_row(seq: int, transition: Transition | None = None) -> TransitionRow:
    """Return one possible spasm, or another transition."""
    return TransitionRow(
        Stamp(BOOT_ID, float(seq), 1_700_000_000.0 + seq),
        seq,
        transition or Transition("spasm", "patient", "high", event_id=seq, t_s=2.0, n_spasms=1),
        probability=0.9,
        threshold=0.5,
    )


def message(seq: int, *, is_stored: bool = True) -> TransitionMessage:
    """Return what the core announces."""
    return TransitionMessage(transition_row(seq), is_stored)


class FakeStore:
    """Writing and reading side in one; keeps transitions until they are delivered."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rows: dict[int, TransitionRow] = {}
        self._next_id = 1
        self.n_told = 0
        """Calls of `delivered`."""
        self.is_broken = False
        """Reading it fails."""
        self.is_forgetful = True
        """False: it cannot remove what was delivered."""
        self.ever_stored: set[int] = set()
        """Numbers of all transitions that were ever in the outbox."""

    @property
    def waiting(self) -> list[int]:
        """Numbers of the transitions that are in the outbox."""
        with self._lock:
            return [row.seq for row in self._rows.values()]

    def record(self, rows: Sequence[Row], *, wait_s: float = 0.0) -> bool:
        with self._lock:
            for row in rows:
                if isinstance(row, TransitionRow):
                    self._rows[self._next_id] = row
                    self._next_id += 1
                    self.ever_stored.add(row.seq)
        return True

    def delivered(self, message_id: int) -> None:
        with self._lock:
            self.n_told += 1
            if self.is_forgetful:
                self._rows.pop(message_id, None)

    def outbox(self, *, limit: int = 100) -> list[OutboxMessage]:
        if self.is_broken:
            raise IntegrityError("events.db: damaged")
        with self._lock:
            return [OutboxMessage(number, row) for number, row in self._rows.items()][:limit]

    @property
    def conditions(self) -> frozenset[Condition]:
        return frozenset()

    @property
    def n_waiting(self) -> int:
        return 0

    def events(
        self, *, limit: int = 100, before_id: int | None = None, since_utc_s: float | None = None
    ) -> list[StoredEvent]:
        return []

    def event(self, event_id: int) -> StoredEvent | None:
        return None

    def landmarks(self, event_id: int) -> LandmarksRow | None:
        return None

    def transitions(
        self, *, limit: int = 200, since_utc_s: float | None = None
    ) -> list[TransitionRow]:
        return []

    def decisions(self, *, boot_id: str, since_mono_s: float) -> list[DecisionRow]:
        return []

    def audit(self, *, limit: int = 200) -> list[AuditRow]:
        return []

    def health(self, *, since_utc_s: float | None = None) -> list[HealthRow]:
        return []

    def unacknowledged(self) -> Restore:
        return Restore(1)
