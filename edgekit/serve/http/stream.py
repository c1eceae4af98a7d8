"""The live stream: one pump thread brings the core's messages to all clients of the event loop.

Each message becomes JSON once. A client that is too slow loses messages, transitions last, and is
told how many; `state` goes out every second even when the core says nothing.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from pydantic import BaseModel
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from edgekit.serve.http.replies import (
    LostReply,
    PoseReply,
    decision_reply,
    points,
    transition_reply,
)
from edgekit.serve.live import DecisionMessage, Live, Message, PoseMessage, Snapshot

MAX_WAITING = 256
"""Events of one client."""
STATE_EVERY_S = 1.0
_PUMP_WAIT_S = 0.25


@dataclass(frozen=True)
class Event:
    """One server-sent event."""

    text: bytes
    is_transition: bool = False


def event(kind: str, reply: BaseModel) -> bytes:
    """Return a server-sent event of a kind."""
    return f"event: {kind}\ndata: {reply.model_dump_json()}\n\n".encode()


class Client:
    """One stream's bounded queue; on the event loop only."""

    def __init__(self) -> None:
        self._waiting: deque[Event] = deque()
        self._n_lost = 0
        self._is_ready = asyncio.Event()

    def put(self, item: Event) -> None:
        """Add an event; a full queue loses its oldest, transitions last."""
        if len(self._waiting) >= MAX_WAITING:
            self._lose_one()
        self._waiting.append(item)
        self._is_ready.set()

    def lose(self, n: int) -> None:
        """Note that messages were lost on the way here."""
        self._n_lost += n

    def wake(self) -> None:
        """Let the reader look around."""
        self._is_ready.set()

    async def take_all(self, timeout_s: float) -> bytes:
        """Return what waits, at once or as soon as it comes; empty after `timeout_s`."""
        if not self._is_ready.is_set():
            try:
                await asyncio.wait_for(self._is_ready.wait(), timeout_s)
            except asyncio.TimeoutError:
                return b""
        self._is_ready.clear()
        texts = [item.text for item in self._waiting]
        self._waiting.clear()
        if self._n_lost:
            texts.append(event("lost", LostReply(n=self._n_lost)))
            self._n_lost = 0
        return b"".join(texts)

    def _lose_one(self) -> None:
        self._n_lost += 1
        for index, item in enumerate(self._waiting):
            if not item.is_transition:
                del self._waiting[index]
                return
        self._waiting.popleft()


class Hub:
    """All streams of a server."""

    def __init__(
        self,
        live: Live,
        state: Callable[[], BaseModel],
        clock: Callable[[], float],
        *,
        n_streams: int,
    ) -> None:
        self._live = live
        self._state = state
        self._clock = clock
        self._n_streams = n_streams
        self._clients: set[Client] = set()
        self._is_closing = threading.Event()
        self._pump: threading.Thread | None = None

    @property
    def n_clients(self) -> int:
        """Streams open now."""
        return len(self._clients)

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to bring messages to this loop."""
        self._pump = threading.Thread(
            target=self._bring, args=(loop,), name="http-pump", daemon=True
        )
        self._pump.start()

    def is_working(self) -> bool:
        """Return whether messages are still brought."""
        return self._pump is not None and self._pump.is_alive()

    def close(self) -> None:
        """End all streams and the pump; from the event loop, and it waits a moment."""
        self._is_closing.set()
        for client in self._clients:
            client.wake()
        if self._pump is not None:
            self._pump.join(2 * _PUMP_WAIT_S)

    def enter(self) -> Client | None:
        """Return a new client, or None when there are too many."""
        if len(self._clients) >= self._n_streams:
            return None
        client = Client()
        self._clients.add(client)
        return client

    async def stream(self, client: Client, is_good: Callable[[], bool]) -> AsyncIterator[bytes]:
        """Yield a client's events until it is no longer good, or the server stops."""
        state_due_s = self._clock()
        while is_good() and not self._is_closing.is_set():
            if self._clock() >= state_due_s:
                state_due_s = self._clock() + STATE_EVERY_S
                yield event("state", self._state())
            waiting = await client.take_all(max(state_due_s - self._clock(), 0.0))
            if waiting:
                yield waiting

    def leave(self, client: Client) -> None:
        """Forget a client."""
        self._clients.discard(client)

    def _bring(self, loop: asyncio.AbstractEventLoop) -> None:
        subscription = self._live.subscribe()
        if subscription is None:
            raise RuntimeError("live: no room for the page's stream")
        with subscription:
            n_lost = 0
            while not self._is_closing.is_set():
                message = subscription.take(_PUMP_WAIT_S)
                if message is None or not self._clients:
                    continue
                newly_lost, n_lost = subscription.n_lost - n_lost, subscription.n_lost
                loop.call_soon_threadsafe(self._hand_out, self._encoded(message), newly_lost)

    def _encoded(self, message: Message) -> Event:
        if isinstance(message, Snapshot):
            return Event(event("state", self._state()))
        if isinstance(message, PoseMessage):
            return Event(event("pose", PoseReply(t_s=message.t_s, xyv=points(message.xyv))))
        if isinstance(message, DecisionMessage):
            return Event(event("decision", decision_reply(message)))
        return Event(event("transition", transition_reply(message)), is_transition=True)

    def _hand_out(self, item: Event, n_lost: int) -> None:
        for client in self._clients:
            client.lose(n_lost)
            client.put(item)


class LiveResponse(StreamingResponse):
    """A stream that counts its client out, also when the client goes before the first event."""

    def __init__(self, hub: Hub, client: Client, is_good: Callable[[], bool]) -> None:
        headers = {"x-accel-buffering": "no"}
        super().__init__(hub.stream(client, is_good), 200, headers, "text/event-stream")
        self._hub, self._client = hub, client

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the stream."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._hub.leave(self._client)
