"""The way back: exactly what setup made is removed, and what somebody changed since is kept."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from edgekit import files
from edgekit.setup.changes import Change, MadeFile, MadeFolder
from edgekit.setup.write import is_as_written


def revert(changes: Sequence[Change]) -> tuple[str, ...]:
    """Take back files and folders, newest first.

    Returns:
        What was removed, put back or kept, a line each.

    Raises:
        OutputError: No right to remove something; what was done so far stays done.
    """
    done: list[str] = []
    needed = {
        change.kept for change in changes if isinstance(change, MadeFile) and _is_alien(change)
    }
    for change in reversed(changes):
        if isinstance(change, MadeFile) and change.path in needed:
            done.append(f"kept: {change.path}, what stood there before setup")
        elif isinstance(change, MadeFile):
            done.extend(_revert_file(change))
        elif isinstance(change, MadeFolder):
            done.extend(_revert_folder(change.path))
    return tuple(done)


def _is_alien(change: MadeFile) -> bool:
    return change.path.exists() and not is_as_written(change)


def _revert_file(change: MadeFile) -> Iterator[str]:
    path = change.path
    with files.writing(path):
        _clear_unfinished(path)
        if _is_alien(change):
            yield f"kept: {path}, changed since setup wrote it"
        elif change.kept is not None and change.kept.is_file():
            mode = change.kept.stat().st_mode & 0o777
            files.write_bytes(path, change.kept.read_bytes(), mode=mode)
            yield f"put back: {path}"
        elif path.exists():
            path.unlink()
            yield f"removed: {path}"


def _revert_folder(path: Path) -> Iterator[str]:
    with files.writing(path):
        _clear_unfinished(path)
        if not path.is_dir():
            return
        inside = sorted(entry.name for entry in path.iterdir())
        if inside:
            yield f"kept: {path}, which holds {inside[0]}{' and more' if inside[1:] else ''}"
            return
        path.rmdir()
        yield f"removed: {path}"


def _clear_unfinished(path: Path) -> None:
    """Remove what a killed process left beside a path that it was writing."""
    if not path.parent.is_dir():
        return
    for left in path.parent.glob(f".{path.name}.*.tmp"):
        if left.is_dir():
            shutil.rmtree(left)
        else:
            left.unlink()
