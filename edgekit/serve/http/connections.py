"""Who gets a connection, and how long a slow client may hold one.

asyncio would accept every socket and wait a minute for its TLS handshake: enough to use up the
daemon's file handles, and with them the camera and the store. Here a crowd is refused at the door.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections import Counter
from contextlib import suppress
from http import HTTPStatus
from typing import Any

from uvicorn import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from edgekit.serve.http.addresses import client_key
from edgekit.serve.http.limits import Limits

log = logging.getLogger("edgekit.http")

HANDSHAKE_S = 5.0
_PAUSE_S = 0.5
_BUSY = (
    b"HTTP/1.1 %d %s\r\ncontent-type: application/json\r\nretry-after: 5\r\n"
    b'connection: close\r\ncontent-length: 32\r\n\r\n{"error":"too many connections"}'
)


class Door:
    """Counts connections, in all and by address."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._inside: Counter[str] = Counter()

    def enter(self, address: str) -> int:
        """Let a client in and return 0, else the HTTP status of the refusal."""
        if self._inside.total() >= self._limits.n_connections:
            return 503
        if self._inside[address] >= self._limits.n_per_address:
            return 429
        self._inside[address] += 1
        return 0

    @property
    def n_inside(self) -> int:
        """Connections open now."""
        return self._inside.total()

    def leave(self, address: str) -> None:
        """Count a client out."""
        self._inside[address] -= 1
        if self._inside[address] <= 0:
            del self._inside[address]


class Connection(H11Protocol):
    """One client's connection, cut when it stalls."""

    def __init__(self, config: Config, state: ServerState, door: Door, address: str) -> None:
        super().__init__(config=config, server_state=state, app_state={})
        self._door = door
        self._address = address
        self._is_inside = True
        self._idle_since_s: float | None = None
        self._stalled_since_s: float | None = None

    def leave(self) -> None:
        """Count it out, once."""
        if self._is_inside:
            self._is_inside = False
            self._door.leave(self._address)

    def connection_lost(self, exc: Exception | None) -> None:
        """Count it out."""
        super().connection_lost(exc)
        self.leave()

    def cut_if_stalled(self, now_s: float, limits: Limits) -> None:
        """End it when no request comes, or nobody takes the answer."""
        self._idle_since_s = None if self._is_answering() else self._idle_since_s or now_s
        is_stalled = self.transport.is_closing() or self.flow.write_paused
        self._stalled_since_s = (self._stalled_since_s or now_s) if is_stalled else None
        if _is_over(self._idle_since_s, limits.head_s, now_s) or _is_over(
            self._stalled_since_s, limits.stalled_s, now_s
        ):
            self.transport.abort()

    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete


class Reception:
    """Accepts connections, as one task of the server's loop."""

    def __init__(self, limits: Limits, tls: ssl.SSLContext | None) -> None:
        self._limits = limits
        self._tls = tls
        self._door = Door(limits)
        self._handshakes: set[asyncio.Task[None]] = set()

    @property
    def n_inside(self) -> int:
        """Connections open now, TLS handshakes included."""
        return self._door.n_inside

    async def accept(self, listener: socket.socket, config: Config, state: ServerState) -> None:
        """Let clients in until cancelled."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                try:
                    client, peer = await loop.sock_accept(listener)
                except OSError as error:
                    # No file handles left, or the client has gone: others come later.
                    log.warning("no connection: %s", error.strerror)
                    await asyncio.sleep(_PAUSE_S)
                else:
                    self._receive(client, peer, config, state)
        finally:
            for handshake in self._handshakes:
                handshake.cancel()

    def sweep(self, state: ServerState, now_s: float) -> None:
        """Cut the connections that stall; called about twice a second."""
        for connection in list(state.connections):
            if isinstance(connection, Connection):
                connection.cut_if_stalled(now_s, self._limits)

    def _receive(
        self, client: socket.socket, peer: tuple[Any, ...], config: Config, state: ServerState
    ) -> None:
        address = client_key(str(peer[0]))
        refusal = self._door.enter(address)
        if refusal:
            self._refuse(client, refusal)
            return
        connection = Connection(config, state, self._door, address)
        task = asyncio.get_running_loop().create_task(self._greet(client, connection))
        self._handshakes.add(task)
        task.add_done_callback(self._handshakes.discard)

    async def _greet(self, client: socket.socket, connection: Connection) -> None:
        loop = asyncio.get_running_loop()
        patience = HANDSHAKE_S if self._tls else None
        try:
            await loop.connect_accepted_socket(
                lambda: connection, client, ssl=self._tls, ssl_handshake_timeout=patience
            )
        except OSError:
            connection.leave()  # no TLS, a refused certificate, or gone: the client's business

    def _refuse(self, client: socket.socket, status: int) -> None:
        with client, suppress(OSError):  # it may have gone already
            if self._tls is None:
                client.send(_BUSY % (status, HTTPStatus(status).phrase.encode()))
                client.shutdown(socket.SHUT_WR)


def _is_over(since_s: float | None, limit_s: float, now_s: float) -> bool:
    return since_s is not None and now_s - since_s >= limit_s
