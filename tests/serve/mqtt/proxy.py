"""A TCP proxy that spoils a connection: slow, half-open, cut."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress


class FaultProxy:
    """Forwards to a port on loopback, in a thread of its own. The faults may change at any time."""

    def __init__(self, target_port: int) -> None:
        self.delay_s = 0.0
        """Each piece that a broker or client sends arrives so much later."""
        self.is_half_open = False
        """Connections are accepted and stay, but nothing comes through."""
        self._n_connections = self._n_frozen = 0
        self.port = 0
        self._target_port = target_port
        self._loop = asyncio.new_event_loop()
        self._is_ready = threading.Event()
        self._is_over = asyncio.Event()
        self._open: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=[self._serve()])
        self._thread.start()
        assert self._is_ready.wait(5.0)

    def freeze(self) -> None:
        """Let nothing through any more on the present connections; new ones work."""
        self._n_frozen = self._n_connections

    def cut(self) -> None:
        """Break all connections."""
        self._loop.call_soon_threadsafe(self._cut)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._is_over.set)
        self._thread.join(5.0)
        assert not self._thread.is_alive()
        self._loop.close()

    def _cut(self) -> None:
        for task in self._open:
            task.cancel()

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._is_ready.set()
        await self._is_over.wait()
        server.close()
        self._cut()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._n_connections += 1
        task = asyncio.create_task(self._join(reader, writer, self._n_connections))
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def _join(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int
    ) -> None:
        with suppress(OSError, asyncio.CancelledError):
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target_port)
            try:
                await asyncio.gather(
                    self._pump(reader, far_writer, number), self._pump(far_reader, writer, number)
                )
            finally:
                far_writer.close()
        writer.close()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int
    ) -> None:
        while piece := await reader.read(65536):
            await asyncio.sleep(self.delay_s)
            while self.is_half_open or number <= self._n_frozen:
                await asyncio.sleep(0.05)
            writer.write(piece)
            await writer.drain()
        raise ConnectionResetError
