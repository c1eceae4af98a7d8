"""The store's folder: which files lie in it, who may read them, and who holds it.

events.db (-wal -shm)        the database
events.corrupt-<utc>.db      a damaged one, set aside
event-ids                    ids up to this number may have been used
reserve.bin                  space that is given back when the disk is full
lock                         held by the daemon that writes
"""

from __future__ import annotations

import fcntl
import os
import time
from dataclasses import dataclass
from pathlib import Path

from edgekit import files
from edgekit.errors import OutputError, UsageError

KEEP_SET_ASIDE = 3
"""Damaged databases beyond so many are deleted, oldest first."""
_COMPANIONS = ("-wal", "-shm", "-journal")


@dataclass(frozen=True)
class StoreFolder:
    """The paths in a store's folder."""

    path: Path

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.path / "events.db"

    @property
    def ids(self) -> Path:
        """The file of the highest event id that may have been used."""
        return self.path / "event-ids"

    @property
    def reserve(self) -> Path:
        """Space that is given back when the disk is full."""
        return self.path / "reserve.bin"

    @property
    def lock(self) -> Path:
        """The file that the writing daemon holds locked."""
        return self.path / "lock"

    def set_aside(self) -> tuple[Path, ...]:
        """Return the damaged databases, oldest first, without their companions."""
        return tuple(sorted(self.path.glob("events.corrupt-*.db")))

    def all_files(self) -> tuple[Path, ...]:
        """Return every file that exists and holds what the store kept, or space for it."""
        databases = (self.database, *self.set_aside())
        unfinished = self.path.glob(f".{self.ids.name}.*.tmp")
        candidates = (*_with_companions(databases), self.ids, *unfinished, self.reserve)
        return tuple(path for path in candidates if path.exists())

    def prepare(self) -> None:
        """Make the folder, for its owner only; one that holds other things stays as it is.

        Raises:
            OSError: It cannot be made.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        # Somebody may have named their home, or /tmp: the files are closed to others anyway.
        if not any(self.path.iterdir()):
            self.path.chmod(0o700)

    def move_aside(self) -> Path:
        """Rename the database and its companions; return the new name.

        Raises:
            OSError: The folder cannot be written.
        """
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        target = self.path / f"events.corrupt-{stamp}.db"
        n = 1
        while target.exists():
            n += 1
            target = self.path / f"events.corrupt-{stamp}-{n}.db"
        for suffix in ("", *_COMPANIONS):
            file = Path(f"{self.database}{suffix}")
            if file.exists():
                file.rename(f"{target}{suffix}")
        for old in _with_companions(self.set_aside()[:-KEEP_SET_ASIDE]):
            old.unlink(missing_ok=True)
        return target

    def known_ids(self) -> int | None:
        """Return the number in the file of event ids; None where there is none or no number."""
        try:
            text = self.ids.read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError):
            return None
        return int(text) if text.strip().isdigit() else None

    def note_ids(self, highest: int) -> None:
        """Write the file of event ids.

        Raises:
            OutputError: It cannot be written; the old one stays.
        """
        files.write_bytes(self.ids, f"{highest}\n".encode())
        with files.writing(self.ids):
            self.ids.chmod(0o600)


class FolderLock:
    """Holds a folder against every other writer, until closed or the process ends."""

    def __init__(self, folder: StoreFolder) -> None:
        """Take the lock.

        Raises:
            UsageError: Another process holds it; the message says which.
            OutputError: The lock file cannot be made.
        """
        with files.writing(folder.lock):
            folder.prepare()
            self._handle = os.open(folder.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(self._handle, 32, 0).decode("ascii", "replace").strip()
            os.close(self._handle)
            raise UsageError(
                f"{folder.path}: in use by edgekit serve (process {holder or 'unknown'}); "
                "stop it first, or name another [store] folder"
            ) from error
        except OSError as error:
            os.close(self._handle)
            raise OutputError(
                f"{folder.lock}: cannot be locked: {files.reason_of(error)}"
            ) from error
        self._sign()

    def close(self) -> None:
        """Let the folder go."""
        os.close(self._handle)

    def _sign(self) -> None:
        """Say who holds it. On a full disk nobody can, and the lock holds all the same."""
        try:
            os.ftruncate(self._handle, 0)
            os.pwrite(self._handle, f"{os.getpid()}\n".encode(), 0)
        except OSError:
            return


def _with_companions(databases: tuple[Path, ...]) -> tuple[Path, ...]:
    return tuple(
        Path(f"{database}{suffix}") for database in databases for suffix in ("", *_COMPANIONS)
    )
