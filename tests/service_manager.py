"""A service manager that only listens: the datagrams of sd_notify, with their times."""

from __future__ import annotations

import socket
import time
from pathlib import Path
from types import TracebackType


class ServiceManager:
    """Owns a notification socket while it is entered."""

    def __init__(self, folder: Path) -> None:
        self._address = folder / "notify"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.heard: list[tuple[float, str]] = []
        """Monotonic time at which it was read, and the message."""

    def __enter__(self) -> ServiceManager:
        self._socket.bind(str(self._address))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._socket.close()

    @property
    def environment(self) -> dict[str, str]:
        """For the service."""
        return {"NOTIFY_SOCKET": str(self._address)}

    def listen(self, seconds: float) -> list[str]:
        """Return what comes within so many seconds."""
        return self._take(time.monotonic() + seconds, None)

    def wait(self, text: str, *, within_s: float) -> list[str]:
        """Return what comes, up to the message that holds `text`."""
        found = self._take(time.monotonic() + within_s, text)
        assert found, f"heard nothing within {within_s} s"
        assert text in found[-1], f"heard only {found}"
        return found

    def _take(self, deadline: float, last: str | None) -> list[str]:
        found: list[str] = []
        while (left_s := deadline - time.monotonic()) > 0:
            self._socket.settimeout(left_s)
            try:
                message = self._socket.recv(4096).decode()
            except TimeoutError:
                break
            self.heard.append((time.monotonic(), message))
            found.append(message)
            if last is not None and last in message:
                break
        return found
