"""A file of setup's own: recorded first, written then, and only over what is known."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from edgekit import files
from edgekit.setup.changes import MadeFile
from edgekit.setup.journal import JournalFile


def write_recorded(journal: JournalFile, step: str, path: Path, content: bytes) -> None:
    """Write a file; one that setup did not write is copied aside for undo.

    Raises:
        OutputError: It cannot be written; the old file is untouched.
    """
    known = journal.read().file_of(path)
    kept = known.kept if known is not None else _set_aside(journal, step, path)
    change = MadeFile(path=path, sha256=(sha256(content).hexdigest(),), kept=kept)
    journal.record(step, change)
    files.write_bytes(path, content)


def is_as_written(change: MadeFile) -> bool:
    """Tell whether a file still is what setup wrote; a file that is not there is not."""
    return change.path.is_file() and files.sha256(change.path) in change.sha256


def _set_aside(journal: JournalFile, step: str, path: Path) -> Path | None:
    """Copy a file into the journal's folder, its permissions too; return where to."""
    if not path.exists():
        return None
    kept = journal.path.parent / "setup-replaced" / f"{step}-{path.name}"
    digest = files.sha256(path)
    journal.record(step, MadeFile(path=kept, sha256=(digest,)))
    with files.writing(kept):
        content, mode = path.read_bytes(), path.stat().st_mode & 0o777
    files.write_bytes(kept, content, mode=mode)
    return kept
