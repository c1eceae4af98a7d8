"""A service manager that only listens: the datagrams of sd_notify."""

from __future__ import annotations

import queue
import socket
import threading
import time
from pathlib import Path
from types import TracebackType


class ServiceManager:
    """Owns a notification socket while it is entered, and reads it in a thread of its own."""

    def __init__(self, folder: Path) -> None:
        self._address = folder / "notify"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._messages: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._read, daemon=True)

    def __enter__(self) -> ServiceManager:
        self._socket.bind(str(self._address))
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as own:
            own.sendto(b"", str(self._address))
        self._thread.join(5)
        self._socket.close()

    @property
    def environment(self) -> dict[str, str]:
        """For the service."""
        return {"NOTIFY_SOCKET": str(self._address)}

    def listen(self, seconds: float) -> list[str]:
        """Return what was not taken yet, and what comes within so many seconds."""
        return self._take(time.monotonic() + seconds, None)

    def wait(self, text: str, *, within_s: float) -> list[str]:
        """Return what comes, up to the message that holds `text`."""
        found = self._take(time.monotonic() + within_s, text)
        assert found, f"heard nothing within {within_s} s"
        assert text in found[-1], f"heard only {found}"
        return found

    def _read(self) -> None:
        while message := self._socket.recv(4096):
            self._messages.put(message.decode())

    def _take(self, deadline: float, last: str | None) -> list[str]:
        found: list[str] = []
        while (left_s := deadline - time.monotonic()) > 0:
            try:
                found.append(self._messages.get(timeout=left_s))
            except queue.Empty:
                break
            if last is not None and last in found[-1]:
                break
        return found
