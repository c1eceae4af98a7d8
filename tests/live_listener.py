"""A client of the live stream in a thread of its own: what it heard, and when."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import httpx


@dataclass(frozen=True)
class Heard:
    """One server-sent event."""

    kind: str
    content: dict[str, Any]
    mono_s: float
    """When it arrived."""


class Listener:
    """Listens while it is entered; a server that goes away only ends it."""

    def __init__(self, url: str, *, kinds: tuple[str, ...] = ("transition",)) -> None:
        self._url, self._kinds = url, kinds
        self._heard: list[Heard] = []
        self._is_open = threading.Event()
        self._is_done = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self) -> Listener:
        self._thread.start()
        assert self._is_open.wait(10), "no live stream"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._is_done.set()
        self._thread.join(5)

    @property
    def heard(self) -> tuple[Heard, ...]:
        """Everything so far, of the kinds that were asked for."""
        return tuple(self._heard)

    def spasms(self) -> tuple[Heard, ...]:
        """Transitions that are events: spasms and clusters."""
        return tuple(
            one
            for one in self.heard
            if one.kind == "transition" and one.content["kind"] in ("spasm", "cluster")
        )

    def wait(self, is_enough: Callable[[Listener], bool], *, within_s: float) -> None:
        """Wait until it has heard enough."""
        deadline = time.monotonic() + within_s
        while not is_enough(self):
            assert time.monotonic() < deadline, f"only heard {self.heard[-5:]}"
            time.sleep(0.02)

    def _listen(self) -> None:
        try:
            with httpx.stream("GET", f"{self._url}/api/v1/live", timeout=5.0) as stream:
                self._is_open.set()
                kind = ""
                for line in stream.iter_lines():
                    if self._is_done.is_set():
                        return
                    if line.startswith("event: "):
                        kind = line[7:]
                    elif line.startswith("data: ") and kind in self._kinds:
                        self._heard.append(Heard(kind, json.loads(line[6:]), time.monotonic()))
        except httpx.TransportError:
            # Killed, or told to end: whoever listens looks at what came before.
            return
