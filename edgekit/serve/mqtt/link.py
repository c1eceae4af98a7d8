"""The link to a broker: one thread that dials, speaks, and dials again.

It waits on its subscription to the live state; the network's thread wakes it there. Nothing that a
broker does reaches the core: what does not get through stays in the outbox.
"""

from __future__ import annotations

import logging
import queue
import random
import threading
import time
from collections.abc import Callable

from edgekit.errors import UsageError
from edgekit.serve.conditions import Condition
from edgekit.serve.live import Commands, Live, Message, TransitionMessage
from edgekit.serve.mqtt.broker import broker_of
from edgekit.serve.mqtt.connection import (
    Answered,
    Caller,
    Closed,
    Connection,
    Heard,
    Opened,
    Signal,
)
from edgekit.serve.mqtt.conversation import Conversation, Parts
from edgekit.serve.mqtt.deliveries import Deliveries
from edgekit.serve.mqtt.payloads import OFFLINE
from edgekit.serve.mqtt.standing import Standing
from edgekit.serve.mqtt.topics import topics_of
from edgekit.serve.settings import MqttSettings
from edgekit.serve.store.seams import Reading, Recording

log = logging.getLogger("edgekit.mqtt")

PATIENCE_S = 0.25
RETRY_S = (0.5, 15.0)
"""First and longest wait before dialling again; each is shortened at random by up to a half."""
STEADY_S = 10.0
"""A connection that lasted so long is followed by a quick retry."""
STALLED_S = 20.0
"""A connection without an acknowledgement for so long is given up."""
MAX_HEARD = 64
"""What others said and nobody has looked at yet; more is dropped."""
GOODBYE_S = 2.0


class MqttLink:
    """Sends the state and every transition to a broker, and takes orders where allowed."""

    def __init__(
        self,
        settings: MqttSettings,
        live: Live,
        *,
        reader: Reading,
        recording: Recording,
        commands: Commands,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Check everything that can be checked without a network.

        Raises:
            UsageError: The settings name no broker, or a file that cannot be read.
        """
        self._broker = broker_of(settings)
        topics = topics_of(settings, live.identity.device)
        subscription = live.subscribe()
        if subscription is None:
            raise UsageError("[mqtt] too many subscribers to the live state")
        self._subscription = subscription
        self._live = live
        self._clock = clock
        self._caller = Caller(f"edgekit-{live.identity.device}", topics.availability, OFFLINE)
        self._deliveries = Deliveries(reader, recording)
        self._standing = Standing(str(self._broker), clock)
        self._parts = Parts(
            settings, live, commands, topics, self._deliveries, self._standing, clock
        )
        self._signals: queue.SimpleQueue[tuple[Connection, Signal]] = queue.SimpleQueue()
        self._connection: Connection | None = None
        self._conversation: Conversation | None = None
        self._opened_s = 0.0
        self._dial_due_s = 0.0
        self._retry_s = RETRY_S[0]
        self._is_stopping = threading.Event()
        self._is_idle = threading.Event()
        self._is_idle.set()

    @property
    def conditions(self) -> frozenset[Condition]:
        """`BROKER_AWAY` while it is; safe in any thread."""
        return frozenset({Condition.BROKER_AWAY} if self._standing.is_away else ())

    @property
    def n_dropped(self) -> int:
        """Transitions that were neither stored nor sent, and are given up for want of memory."""
        return self._deliveries.n_dropped

    def run(self, pulse: Callable[[], None]) -> None:
        """Work until stopped; may be called again after it failed."""
        self._is_idle.clear()
        try:
            while not self._is_stopping.is_set():
                pulse()
                self._take(self._subscription.take(self._patience_s()))
                self._work()
            self._leave(pulse)
        finally:
            self._hang_up()
            self._is_idle.set()

    def stop(self, timeout_s: float) -> None:
        """Say that we go offline, and end the thread."""
        self._is_stopping.set()
        self._subscription.wake()
        if not self._is_idle.wait(timeout_s):
            log.warning("%s: no goodbye within %g s", self._broker, timeout_s)
        self._live.drop(self._subscription)

    def _patience_s(self) -> float:
        """Until the next thing that time alone brings; what is overdue waits for something else."""
        talk = self._conversation
        dues_s = [self._dial_due_s] if talk is None else talk.dues_s
        left_s = [due_s - self._clock() for due_s in dues_s]
        if talk is not None and talk.has_orders:
            return 0.0
        return min([left for left in left_s if left > 0] + [PATIENCE_S])

    def _take(self, message: Message | None) -> None:
        if isinstance(message, TransitionMessage):
            self._deliveries.hear(message)

    def _work(self) -> None:
        self._react()
        if self._connection is None and self._clock() >= self._dial_due_s:
            self._connection = Connection(self._broker, self._caller, self._post)
        if self._conversation is not None:
            self._conversation.tick()
            if self._conversation.stalled_s >= STALLED_S:
                self._ended(Closed("no answer any more", is_refusal=False))

    def _post(self, connection: Connection, signal: Signal) -> None:
        """Take a signal, in the network's thread."""
        if isinstance(signal, Heard) and self._signals.qsize() >= MAX_HEARD:
            log.warning("message on %s dropped: too many at once", signal.topic)
            return
        self._signals.put((connection, signal))
        self._subscription.wake()

    def _react(self) -> None:
        while not self._signals.empty():
            connection, signal = self._signals.get()
            if connection is self._connection:
                self._handle(connection, signal)

    def _handle(self, connection: Connection, signal: Signal) -> None:
        if isinstance(signal, Opened):
            self._opened_s = self._clock()
            self._conversation = Conversation(self._parts, connection, signal.max_in_flight)
        elif isinstance(signal, Closed):
            self._ended(signal)
        elif self._conversation is not None and isinstance(signal, Answered):
            self._conversation.answered(signal)
        elif self._conversation is not None and isinstance(signal, Heard):
            self._conversation.heard(signal)

    def _ended(self, closed: Closed) -> None:
        now_s = self._clock()
        was_steady = self._conversation is not None and now_s - self._opened_s >= STEADY_S
        wait_s = RETRY_S[0] if was_steady else self._retry_s
        self._retry_s = min(wait_s * 2, RETRY_S[1])
        jitter = random.uniform(0.5, 1.0)  # noqa: S311 - it only spreads the load of a fleet
        self._dial_due_s = now_s + wait_s * jitter
        self._standing.closed(closed.reason, is_refusal=closed.is_refusal)
        self._hang_up()

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = self._conversation = None
        self._deliveries.disconnected()

    def _leave(self, pulse: Callable[[], None]) -> None:
        """Say goodbye on an open connection, and wait a moment for what is on its way."""
        if self._conversation is None or self._connection is None:
            return
        self._conversation.tick()
        self._conversation.say_goodbye()
        self._conversation.tick()
        end_s = self._clock() + GOODBYE_S
        while self._conversation is not None and self._conversation.n_waiting:
            if self._clock() >= end_s:
                break
            pulse()
            self._subscription.take(PATIENCE_S)
            self._react()
            if self._conversation is not None:
                self._conversation.tick()
        if self._connection is not None:
            self._connection.close(timeout_s=0.5)
