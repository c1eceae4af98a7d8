"""uvicorn's server with a door of its own, and the proof that its event loop turns."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress

import uvicorn

from edgekit.errors import EdgekitError
from edgekit.serve.http.connections import Reception
from edgekit.serve.http.limits import Limits
from edgekit.serve.http.stream import Hub

log = logging.getLogger("edgekit.http")

_TICKS_A_PULSE = 5
"""uvicorn ticks ten times a second."""
_TICKS_A_RENEWAL = 36_000


class Listening(uvicorn.Server):
    """Serves one listening socket until `should_exit`."""

    def __init__(
        self,
        config: uvicorn.Config,
        limits: Limits,
        tls: ssl.SSLContext | None,
        hub: Hub,
        *,
        renew: Callable[[], None],
        clock: Callable[[], float],
    ) -> None:
        super().__init__(config)
        self._reception = Reception(limits, tls)
        self._hub = hub
        self.pulse: Callable[[], None] = lambda: None
        """Called twice a second while all is well."""
        self._renew = renew
        self._clock = clock
        self._accepting: asyncio.Task[None] | None = None

    @property
    def n_streams(self) -> int:
        """Live streams open now."""
        return self._hub.n_clients

    @property
    def n_connections(self) -> int:
        """Connections open now, TLS handshakes included."""
        return self._reception.n_inside

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Let clients in, one door for all."""
        (listener,) = sockets or []
        loop = asyncio.get_running_loop()
        self.servers = []
        self._hub.start(loop)
        self._accepting = loop.create_task(
            self._reception.accept(listener, self.config, self.server_state)
        )
        self.started = True

    async def on_tick(self, counter: int) -> bool:
        """Prove progress, cut stalled clients, look after the certificate; True to end."""
        if self._accepting is not None and self._accepting.done():
            self._accepting.result()  # raises why: a server that lets nobody in must not go on
        if counter % _TICKS_A_PULSE == 0 and self._hub.is_working():
            self.pulse()
            self._reception.sweep(self.server_state, self._clock())
        if counter % _TICKS_A_RENEWAL == _TICKS_A_RENEWAL - 1:
            try:
                self._renew()
            except EdgekitError as error:
                log.error("the certificate is not renewed: %s", error)  # noqa: TRY400 - one line
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let nobody in, end the streams, then the rest."""
        if self._accepting is not None:
            self._accepting.cancel()
            with suppress(asyncio.CancelledError):
                await self._accepting
        self._hub.close()
        await super().shutdown(sockets)
