"""What setup did to the machine, as its journal keeps it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from edgekit.records import Frozen


class MadeFolder(Frozen):
    """A folder that was not there before."""

    kind: Literal["folder"] = "folder"
    path: Path


class MadeFile(Frozen):
    """A file that setup wrote."""

    kind: Literal["file"] = "file"
    path: Path
    sha256: tuple[str, ...]
    """Of everything that setup ever wrote there: recorded before it is written, so either the
    newest or the one before is true after a power cut."""
    kept: Path | None = None
    """Copy of the file that stood there before; None when there was none."""


class MadeService(Frozen):
    """The systemd service; its files are recorded beside it."""

    kind: Literal["service"] = "service"


Change = Annotated[MadeFolder | MadeFile | MadeService, Field(discriminator="kind")]
