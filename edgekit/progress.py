"""How long work reports to whoever started it, without printing itself."""

from __future__ import annotations

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


SILENT = Silent()
