"""What the routes work with."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel, TypeAdapter
from starlette.responses import Response

from edgekit.serve.http.access import Access
from edgekit.serve.http.state_reply import StateReply
from edgekit.serve.http.stream import Hub
from edgekit.serve.live import Commands, Live
from edgekit.serve.store.seams import Reading

T = TypeVar("T")


@dataclass(frozen=True)
class Parts:
    """The daemon, as the routes see it."""

    live: Live
    reader: Reading
    commands: Commands
    access: Access
    hub: Hub
    state: Callable[[], StateReply]
    clock: Callable[[], float]
    reading: Executor
    """Its threads wait for the store, so that the event loop never does ..."""
    asking: Executor
    """... and these for the core: an acknowledgement never queues behind a long list."""

    async def read(self, call: Callable[[], T]) -> T:
        """Return what a call finds in the store."""
        return await asyncio.get_running_loop().run_in_executor(self.reading, call)

    async def ask(self, call: Callable[[], T]) -> T:
        """Return what the core answers."""
        return await asyncio.get_running_loop().run_in_executor(self.asking, call)


def as_json(reply: BaseModel) -> Response:
    """Return a reply; what is no number becomes null."""
    return Response(reply.model_dump_json(), media_type="application/json")


def as_json_of(adapter: TypeAdapter[T], value: T) -> Response:
    """Return one of the daemon's dataclasses as it is."""
    return Response(adapter.dump_json(value), media_type="application/json")
