"""Which transitions the broker has yet to acknowledge: those heard live first, then the outbox's.

What happens now is sent from memory, stored or not, so neither a failing disk nor last night's
backlog delays an alarm; the outbox has what memory has not. A row leaves it only after the broker's
acknowledgement. For one thread.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass

from edgekit.serve.live import TransitionMessage
from edgekit.serve.mqtt.payloads import key_of
from edgekit.serve.store.rows import TransitionRow
from edgekit.serve.store.seams import OutboxMessage, Reading, Recording

MAX_FRESH = 256
MAX_READ = 64
MAX_REMEMBERED = 1024
LOOK_EVERY_S = 5.0
"""Rows may be committed long after they were announced, so the outbox is read now and then."""
LOOK_SOON_S = 0.05
"""After an acknowledgement: several of them are noted at once."""
TELL_AGAIN_S = 5.0


@dataclass(frozen=True)
class Parcel:
    """One transition on its way."""

    key: str
    row: TransitionRow
    is_stored: bool


class Deliveries:
    """What waits, what is on its way, and what has arrived but is still in the outbox."""

    def __init__(self, reader: Reading, recording: Recording) -> None:
        self._reader = reader
        self._recording = recording
        self._fresh: deque[Parcel] = deque()
        self._backlog: deque[Parcel] = deque()
        self._in_flight: dict[str, Parcel] = {}
        self._pending: set[str] = set()
        """Keys of the three above."""
        self._arrived: OrderedDict[str, float | None] = OrderedDict()
        """Acknowledged, with when the store was told to forget it."""
        self.look_due_s = 0.0
        """When the outbox is to be read, on the monotonic clock."""
        self.n_dropped = 0
        """Transitions that were never stored and are given up, for want of memory."""

    @property
    def n_in_flight(self) -> int:
        """Sent, and not acknowledged yet."""
        return len(self._in_flight)

    def hear(self, message: TransitionMessage) -> None:
        """Take a transition that has just happened."""
        key = key_of(message.row)
        if key not in self._pending and key not in self._arrived:
            self._fresh.append(Parcel(key, message.row, message.is_stored))
            self._pending.add(key)
            self._trim()

    def look(self, now_s: float) -> None:
        """Read the outbox: take what is new, and let the store forget what has arrived.

        Raises:
            EdgekitError: The store cannot be read; it is tried again later.
        """
        self.look_due_s = now_s + LOOK_EVERY_S
        limit = MAX_READ + len(self._arrived)
        messages = self._reader.outbox(limit=limit)
        for message in messages:
            key = key_of(message.row)
            if key in self._arrived:
                self._tell(key, message, now_s)
            elif key not in self._pending and len(self._backlog) < MAX_READ:
                self._backlog.append(Parcel(key, message.row, is_stored=True))
                self._pending.add(key)

    def next(self) -> Parcel | None:
        """Return what is to be sent next and count it as sent; None when nothing waits."""
        if not self._fresh and not self._backlog:
            return None
        parcel = (self._fresh or self._backlog).popleft()
        self._in_flight[parcel.key] = parcel
        return parcel

    def acknowledged(self, key: str, now_s: float) -> None:
        """The broker has it."""
        if self._in_flight.pop(key, None) is None:
            return
        self._pending.discard(key)
        self._arrived[key] = None
        while len(self._arrived) > MAX_REMEMBERED:
            self._arrived.popitem(last=False)
        self.look_due_s = min(self.look_due_s, now_s + LOOK_SOON_S)

    def refused(self, key: str) -> None:
        """The broker does not want it now: it waits again, ahead of the others."""
        parcel = self._in_flight.pop(key, None)
        if parcel is not None:
            self._fresh.appendleft(parcel)

    def disconnected(self) -> None:
        """What was on its way is sent again; the broker may have got it, so ids tell doubles."""
        self._fresh.extendleft(reversed(self._in_flight.values()))
        self._in_flight.clear()
        self._trim()
        self.look_due_s = 0.0

    def _trim(self) -> None:
        """Keep the memory bounded: first those go that the outbox has anyway."""
        while len(self._fresh) > MAX_FRESH:
            safe = (index for index, parcel in enumerate(self._fresh) if parcel.is_stored)
            index = next(safe, 0)
            lost = self._fresh[index]
            del self._fresh[index]
            self._pending.discard(lost.key)
            self.n_dropped += not lost.is_stored

    def _tell(self, key: str, message: OutboxMessage, now_s: float) -> None:
        told_s = self._arrived[key]
        if told_s is None or now_s - told_s >= TELL_AGAIN_S:
            self._recording.delivered(message.message_id)
            self._arrived[key] = now_s
