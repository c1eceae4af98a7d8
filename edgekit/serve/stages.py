"""The daemon's threads: each proves that it gets on, and one that ends or hangs ends the daemon."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from edgekit.serve.systemd.watchdog import Watchdog

log = logging.getLogger("edgekit.daemon")

Pulse = Callable[[], None]


class Stages:
    """Starts threads by name, and knows which of them is not well."""

    def __init__(self, watchdog: Watchdog) -> None:
        self._watchdog = watchdog
        self._threads: dict[str, threading.Thread] = {}
        self._failed: dict[str, str] = {}
        self._is_stopping = False

    def start(self, name: str, work: Callable[[Pulse], None]) -> None:
        """Run `work(pulse)` in a thread of its own."""
        thread = threading.Thread(target=self._run, args=(name, work), name=f"edgekit-{name}")
        # A stage that hangs must not keep the process from ending.
        thread.daemon = True
        self._threads[name] = thread
        thread.start()

    def unwell(self, status: str) -> str:
        """Feed the watchdog with `status`; return why the daemon must end, or nothing."""
        for name, why in self._failed.items():
            return f"{name} failed: {why}"
        late = self._watchdog.feed(status)
        return f"{', '.join(late)} hangs" if late else ""

    def stopping(self) -> None:
        """From now on a stage may end."""
        self._is_stopping = True

    def join(self, name: str, timeout_s: float) -> bool:
        """Wait for a stage's end; False when it did not come."""
        thread = self._threads.get(name)
        if thread is None:
            return True
        thread.join(timeout_s)
        if thread.is_alive():
            log.error("%s does not end", name)
        return not thread.is_alive()

    def _run(self, name: str, work: Callable[[Pulse], None]) -> None:
        try:
            work(self._watchdog.pulse(name))
        except BaseException as error:
            log.exception("%s failed", name)
            self._failed[name] = f"{type(error).__name__}: {error}"
        else:
            if not self._is_stopping:
                self._failed[name] = "it ended"
