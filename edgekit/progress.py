"""How long work reports to whoever started it, without printing itself."""

from __future__ import annotations

import logging
from typing import Protocol


class Progress(Protocol):
    """The listener of long work: the CLI draws a bar, a test listens to nothing."""

    def step(self, task: str, done: int, total: int) -> None:
        """`done` of `total` units of `task` are finished; called again and again."""

    def say(self, line: str) -> None:
        """Report one fact in one line: what was written, chosen, warned of."""


class Silent:
    """Listens to nothing."""

    def step(self, task: str, done: int, total: int) -> None:
        """Ignore."""

    def say(self, line: str) -> None:
        """Ignore."""


class Logged:
    """Logs what is said as warnings, which Python shows even where no log was set up."""

    def step(self, task: str, done: int, total: int) -> None:
        """Ignore."""

    def say(self, line: str) -> None:
        """Log it."""
        logging.getLogger("edgekit").warning("%s", line)


SILENT = Silent()
LOGGED = Logged()
"""For work of which something must be heard even when nobody listens."""
