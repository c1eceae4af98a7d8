"""What a step of setup is: a look, a deed, and the way back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from edgekit.pose.models import PoseModel
from edgekit.progress import SILENT, Progress
from edgekit.setup.changes import Change
from edgekit.setup.journal import JournalFile
from edgekit.setup.site import Site

State = Literal["open", "done", "there", "left", "skipped"]


@dataclass(frozen=True)
class Outcome:
    """How a step stands."""

    state: State
    """`open`: to be done. `done`: just now. `there`: done before. `left`: it cannot be done here
    and now, and the text names the cure. `skipped`: as was wished."""
    text: str
    """One line: what is so, or what would be done."""
    lines: tuple[str, ...] = ()
    """More of it, for people."""


@dataclass(frozen=True)
class Wishes:
    """What the user asked for."""

    bundle: Path | None = None
    """Folder of a bundle to import."""
    source: str | None = None
    """Camera or recording to watch; None keeps what was wished before, or the first camera."""
    port: int | None = None
    """Of the page; None keeps what was wished before, or the usual one."""
    user: str | None = None
    """Whom the service runs as; None: a user that exists only while it runs."""
    measure_s: float = 1.0
    """Seconds that the measurement of each way to run the model may take."""
    replaces_settings: bool = False
    """A settings file that setup did not write may be replaced; undo brings it back."""


@dataclass(frozen=True)
class Context:
    """All that a step works with."""

    site: Site
    wishes: Wishes
    pose_model: PoseModel
    progress: Progress = SILENT
    service_answers_within_s: float = 30.0
    """A service that was just started loads its model first."""
    may_replace: Callable[[Path], bool] = lambda _path: False
    """Asks whether a user's file may be replaced; without anybody to ask it may not."""

    @property
    def journal(self) -> JournalFile:
        """The journal of this site."""
        return JournalFile(self.site.journal)


@dataclass(frozen=True)
class Step:
    """One step; what it changed is in the journal under its name."""

    name: str
    purpose: str
    look: Callable[[Context], Outcome]
    """How it stands: `open`, `there` or `left`. Changes nothing."""
    do: Callable[[Context], Outcome]
    """Called when it is open. Records every change before it is made."""
    undo: Callable[[Context, Sequence[Change]], tuple[str, ...]]
    """Takes the changes back, newest first; returns what it did and what it kept, a line each."""
