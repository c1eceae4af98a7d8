"""What is said over one open connection: a greeting, the state, the transitions, answers."""

from __future__ import annotations

import logging
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from edgekit.errors import DataError, EdgekitError
from edgekit.serve.live import Commands, Identity, Live, Outcome, Snapshot
from edgekit.serve.mqtt.connection import Answered, Connection, Heard
from edgekit.serve.mqtt.deliveries import Deliveries
from edgekit.serve.mqtt.discovery import discovery_payload
from edgekit.serve.mqtt.orders import carry_out, parse_order, result_payload
from edgekit.serve.mqtt.payloads import OFFLINE, ONLINE, event_payload, state_payload
from edgekit.serve.mqtt.standing import Standing
from edgekit.serve.mqtt.topics import Topics
from edgekit.serve.settings import MqttSettings

log = logging.getLogger("edgekit.mqtt")

STATE_EVERY_S = 5.0
FRESH_S = 3.0
"""An older snapshot is not sent: its core may be dead, and its age must show."""
KEPT_FREE = 4
"""Of the messages in flight, for the state and other things than transitions."""
REFUSED_PAUSE_S = 5.0
BIRTH_DELAY_S = 2.0
"""At most: a fleet does not answer Home Assistant's start all at once."""
MAX_ORDERS = 8


@dataclass(frozen=True)
class Parts:
    """What a conversation needs, the same for every connection."""

    settings: MqttSettings
    live: Live
    commands: Commands
    topics: Topics
    deliveries: Deliveries
    standing: Standing
    clock: Callable[[], float]


@dataclass(frozen=True)
class Saying:
    """One message on its way."""

    topic: str
    payload: bytes = b""
    is_retained: bool = False
    key: str = ""
    """Of a transition."""


class Conversation:
    """For the link's thread only."""

    def __init__(self, parts: Parts, connection: Connection, max_in_flight: int) -> None:
        self._parts = parts
        self._connection = connection
        self._max_in_flight = max_in_flight
        self._max_events = max(max_in_flight - KEPT_FREE, 1)
        self._queue: deque[Saying] = deque()
        self._waiting: dict[int, Saying] = {}
        """Without an answer, by its number."""
        self._is_leaving = False
        self._orders: deque[bytes] = deque()
        self._shown: object = None
        self._state_due_s = self._events_due_s = 0.0
        self._discovery_due_s: float | None = None
        self._moved_s = parts.clock()
        self._greet()

    @property
    def n_waiting(self) -> int:
        """Messages not sent, or without an answer."""
        return len(self._queue) + len(self._waiting)

    @property
    def dues_s(self) -> list[float]:
        """When `tick` has something to do, on the monotonic clock."""
        dues = [self._state_due_s, self._events_due_s, self._parts.deliveries.look_due_s]
        return dues if self._discovery_due_s is None else [*dues, self._discovery_due_s]

    @property
    def has_orders(self) -> bool:
        """Whether orders wait: they are carried out one at a time."""
        return bool(self._orders)

    @property
    def stalled_s(self) -> float:
        """Seconds that something waits for an answer and none comes."""
        return self._parts.clock() - self._moved_s if self._waiting else 0.0

    def tick(self) -> None:
        """Say what is due."""
        if not self._is_leaving:
            self._think(self._parts.clock())
        self._flush()

    def _think(self, now_s: float) -> None:
        self._send_events(now_s)
        if self._discovery_due_s is not None and now_s >= self._discovery_due_s:
            self._introduce()
        self._show_state(now_s)
        if self._orders:
            self._obey(self._orders.popleft())

    def answered(self, answer: Answered) -> None:
        """Take the broker's answer to a message."""
        said = self._waiting.pop(answer.mid, None)
        if said is None:
            return
        parts, now_s, topic = self._parts, self._parts.clock(), said.topic
        self._moved_s = now_s
        if answer.refusal:
            is_vital = topic not in (parts.topics.discovery, parts.topics.birth)
            parts.standing.refused(topic, answer.refusal, is_vital=is_vital)
            parts.deliveries.refused(said.key)
            self._events_due_s = now_s + REFUSED_PAUSE_S
            return
        parts.standing.accepted(topic, n_left=self.n_waiting)
        parts.deliveries.acknowledged(said.key, now_s)

    def heard(self, message: Heard) -> None:
        """Take what others said."""
        topics = self._parts.topics
        if message.topic == topics.birth and message.payload == ONLINE:
            wait_s = random.uniform(0, BIRTH_DELAY_S)  # noqa: S311 - it only spreads the load
            self._discovery_due_s = self._parts.clock() + wait_s
        elif message.topic == topics.command and self._parts.settings.is_commanded:
            if len(self._orders) >= MAX_ORDERS:
                log.warning("order dropped: %d others wait", MAX_ORDERS)
            else:
                self._orders.append(message.payload)

    def say_goodbye(self) -> None:
        """Tell everybody that we leave."""
        self._queue.append(Saying(self._parts.topics.availability, OFFLINE, is_retained=True))
        self._is_leaving = True

    def _greet(self) -> None:
        settings, topics = self._parts.settings, self._parts.topics
        if settings.is_home_assistant:
            self._subscribe(topics.birth)
        if settings.is_commanded:
            self._subscribe(topics.command)
        self._introduce()

    def _introduce(self) -> None:
        self._discovery_due_s = None
        topics, identity = self._parts.topics, self._parts.live.identity
        if self._parts.settings.is_home_assistant:
            payload = discovery_payload(identity, topics)
            self._queue.append(Saying(topics.discovery, payload, is_retained=True))
        self._queue.append(Saying(topics.availability, ONLINE, is_retained=True))
        self._shown = None

    def _send_events(self, now_s: float) -> None:
        deliveries = self._parts.deliveries
        if now_s >= deliveries.look_due_s:
            try:
                deliveries.look(now_s)
            except EdgekitError as error:
                log.warning("outbox: %s", error)
        if now_s < self._events_due_s:
            return
        while deliveries.n_in_flight < self._max_events and (parcel := deliveries.next()):
            payload = event_payload(self._identity.device, parcel.row, is_stored=parcel.is_stored)
            self._queue.append(Saying(self._parts.topics.event, payload, key=parcel.key))

    def _show_state(self, now_s: float) -> None:
        snapshot = self._parts.live.snapshot
        if snapshot is None or now_s - snapshot.mono_s > FRESH_S:
            return
        shown = _what_matters(snapshot)
        if shown == self._shown and now_s < self._state_due_s:
            return
        topic = self._parts.topics.state
        if any(said.topic == topic for said in (*self._queue, *self._waiting.values())):
            return  # one at a time: a slow broker gets the newest, not all of them
        payload = state_payload(self._identity, snapshot)
        self._queue.append(Saying(topic, payload, is_retained=True))
        self._shown = shown
        self._state_due_s = now_s + STATE_EVERY_S

    def _obey(self, payload: bytes) -> None:
        order = None
        try:
            order = parse_order(payload)
            outcome = carry_out(order, self._parts.commands)
        except DataError as error:
            outcome = Outcome(is_done=False, text=f"refused: {error}")
        log.info("order over MQTT: %s", outcome.text)
        self._queue.append(Saying(self._parts.topics.result, result_payload(order, outcome)))

    def _subscribe(self, topic: str) -> None:
        self._sent(self._connection.subscribe(topic), Saying(topic))

    def _flush(self) -> None:
        while self._queue and len(self._waiting) < self._max_in_flight:
            said = self._queue.popleft()
            mid = self._connection.publish(said.topic, said.payload, is_retained=said.is_retained)
            self._sent(mid, said)

    def _sent(self, mid: int | None, said: Saying) -> None:
        if mid is None:
            return  # the connection has just ended: what became of it is told next
        if not self._waiting:
            self._moved_s = self._parts.clock()
        self._waiting[mid] = said
        self._parts.standing.sent()

    @property
    def _identity(self) -> Identity:
        return self._parts.live.identity


def _what_matters(snapshot: Snapshot) -> object:
    """Return what is told at once when it changes; figures wait for their turn."""
    return (
        snapshot.state,
        snapshot.conditions,
        snapshot.patient,
        snapshot.sound,
        snapshot.pause_left_s > 0,
    )
