"""Everything that the store kept, deleted; tokens, certificate and settings stay."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edgekit import files
from edgekit.serve.store.folder import FolderLock, StoreFolder


@dataclass(frozen=True)
class Removed:
    """One file that is gone."""

    path: Path
    n_bytes: int


def what_is_kept(folder: Path) -> list[Removed]:
    """Return what `wipe` would remove now."""
    return [Removed(path, path.stat().st_size) for path in StoreFolder(folder).all_files()]


def wipe(folder: Path) -> list[Removed]:
    """Delete every file of the store: whole files, so that no page of one is left in another.

    Raises:
        UsageError: A daemon writes to this folder.
        OutputError: A file cannot be deleted; those before it are gone.
    """
    store = StoreFolder(folder)
    if not folder.is_dir():
        return []
    lock = FolderLock(store)
    try:
        removed = what_is_kept(folder)
        for one in removed:
            with files.writing(one.path):
                one.path.unlink()
    finally:
        lock.close()
    return removed
