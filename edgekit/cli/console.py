"""What commands print: results on stdout, progress and warnings on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING

from edgekit.progress import Progress

if TYPE_CHECKING:
    from rich.progress import Progress as RichBars
    from rich.progress import TaskID

PLAIN_LINE_EVERY_S = 5.0


def out(line: str = "") -> None:
    """Print one line of a result."""
    sys.stdout.write(f"{line}\n")


def note(line: str) -> None:
    """Print one line about the work, beside the result."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table; the first column is left-aligned, the others right-aligned."""
    widths = [max(map(len, cells)) for cells in zip(columns, *rows, strict=True)]

    def line(cells: Sequence[str]) -> str:
        first, *others = (
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
        )
        return "  ".join([first, *others]).rstrip()

    if title:
        out(title)
    out(line(columns))
    out("  ".join("-" * width for width in widths))
    for row in rows:
        out(line(row))


@contextmanager
def progress() -> Iterator[Progress]:
    """Yield a listener for long work: bars on a terminal, else a line now and then."""
    if sys.stderr.isatty():
        with _Bars() as bars:
            yield bars
    else:
        yield _Lines()


class _Lines:
    """A line when a task starts and ends, and every few seconds between."""

    def __init__(self) -> None:
        self._last: dict[str, float] = {}

    def step(self, task: str, done: int, total: int) -> None:
        now = time.monotonic()
        is_due = now - self._last.get(task, -PLAIN_LINE_EVERY_S) >= PLAIN_LINE_EVERY_S
        if is_due or done == total:
            self._last[task] = now
            note(f"{task}: {done}/{total}")
        if done == total:
            # A task of the same name that follows begins with a line again.
            del self._last[task]

    def say(self, line: str) -> None:
        note(line)


class _Bars:
    """Rich progress bars, one for each task."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
        from rich.progress import TimeRemainingColumn as Remaining

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Remaining())
        self._bars: RichBars = Progress(*columns, console=Console(stderr=True))
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> _Bars:
        self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bars.stop()

    def step(self, task: str, done: int, total: int) -> None:
        if task not in self._tasks:
            self._tasks[task] = self._bars.add_task(task, total=total)
        self._bars.update(self._tasks[task], completed=done, total=total)

    def say(self, line: str) -> None:
        from rich.text import Text

        self._bars.console.print(Text(line))
