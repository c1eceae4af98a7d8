"""Rows on their way to the disk: a bounded queue that loses what matters least first."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from edgekit.serve.store.rows import (
    AuditRow,
    DecisionRow,
    HealthRow,
    LandmarksRow,
    Row,
    StateRow,
    TransitionRow,
)

LOST_FIRST: tuple[type[Row], ...] = (
    DecisionRow,
    LandmarksRow,
    HealthRow,
    StateRow,
    AuditRow,
    TransitionRow,
)
"""What goes first when the queue is full."""
MAX_BATCH = 500
MAX_LANDMARKS = 64
"""Landmarks are large: about 0.3 MB each."""


@dataclass(frozen=True, eq=False)
class Waiting:
    """One row in the queue."""

    ticket: int
    group: int
    """Rows of one call are committed together."""
    since_s: float
    row: Row


class Backlog:
    """The queue. Any thread may add; one thread takes and settles."""

    def __init__(self, max_rows: int, clock: Callable[[], float]) -> None:
        self._max_rows = max_rows
        self._clock = clock
        self._changed = threading.Condition()
        self._rows: OrderedDict[int, Waiting] = OrderedDict()
        self._tickets: dict[type[Row], deque[int]] = {kind: deque() for kind in LOST_FIRST}
        self._next_ticket = self._next_group = 1
        self._settled = 0
        self._is_closed = False
        self._lost: Counter[str] = Counter()

    def add(self, rows: Sequence[Row]) -> int:
        """Queue rows as one group; return the ticket of the last."""
        with self._changed:
            for row in rows:
                self._make_room(type(row))
                self._rows[self._next_ticket] = Waiting(
                    self._next_ticket, self._next_group, self._clock(), row
                )
                self._tickets[type(row)].append(self._next_ticket)
                self._next_ticket += 1
            self._next_group += 1
            self._changed.notify_all()
            return self._next_ticket - 1

    def wait_settled(self, ticket: int, timeout_s: float) -> bool:
        """Wait until everything up to `ticket` is committed; False when that takes longer."""
        with self._changed:
            return self._changed.wait_for(lambda: self._settled >= ticket, timeout_s)

    def peek(self, timeout_s: float) -> list[Waiting]:
        """Return the oldest rows, whole groups, without removing them; wait for some to come."""
        with self._changed:
            if not self._rows and not self._is_closed:
                self._changed.wait(timeout_s)
            batch: list[Waiting] = []
            for waiting in self._rows.values():
                if len(batch) >= MAX_BATCH and waiting.group != batch[-1].group:
                    break
                batch.append(waiting)
            return batch

    def settle(self, batch: Sequence[Waiting]) -> None:
        """Remove rows that are committed, and wake who waits for them."""
        with self._changed:
            for waiting in batch:
                if self._rows.pop(waiting.ticket, None) is not None:
                    # Rows of a kind are settled in order: the oldest ticket is this one.
                    self._tickets[type(waiting.row)].popleft()
            if batch:
                self._settled = max(self._settled, batch[-1].ticket)
            self._changed.notify_all()

    def give_up(self, waiting: Waiting) -> None:
        """Remove a row that can never be committed, and count it as lost."""
        with self._changed:
            if self._rows.pop(waiting.ticket, None) is not None:
                self._tickets[type(waiting.row)].remove(waiting.ticket)
                self._lost[type(waiting.row).__name__] += 1

    def wake(self, *, is_closed: bool = False) -> None:
        """Let `peek` return at once; for good when closed."""
        with self._changed:
            self._is_closed = self._is_closed or is_closed
            self._changed.notify_all()

    @property
    def n_waiting(self) -> int:
        """Rows in the queue."""
        return len(self._rows)

    def lost(self) -> Counter[str]:
        """Return how many rows of each kind were lost so far."""
        with self._changed:
            return Counter(self._lost)

    def oldest_age_s(self) -> float:
        """Return how long the oldest row has waited."""
        with self._changed:
            first = next(iter(self._rows.values()), None)
            return 0.0 if first is None else self._clock() - first.since_s

    def _make_room(self, kind: type[Row]) -> None:
        landmarks = self._tickets[LandmarksRow]
        if kind is LandmarksRow and len(landmarks) >= MAX_LANDMARKS:
            self._lose(LandmarksRow)
        elif len(self._rows) >= self._max_rows:
            self._lose(next(kind for kind in LOST_FIRST if self._tickets[kind]))

    def _lose(self, kind: type[Row]) -> None:
        del self._rows[self._tickets[kind].popleft()]
        self._lost[kind.__name__] += 1
