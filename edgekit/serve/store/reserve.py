"""Space held back for bad days: on a full disk even DELETE fails, so some must be given back."""

from __future__ import annotations

import os
from pathlib import Path

from edgekit.serve.store.faults import free_bytes


class Reserve:
    """A file that only takes up space."""

    def __init__(self, path: Path, size_mb: int) -> None:
        self._path = path
        self._size_bytes = size_mb << 20

    @property
    def is_held(self) -> bool:
        """Tell whether the file is there, whole."""
        try:
            return self._path.stat().st_size >= self._size_bytes
        except OSError:
            return False

    def hold(self) -> bool:
        """Take the space where there is twice as much; True when it is held.

        Raises:
            OSError: The folder cannot be written, or somebody else took the space.
        """
        if self.is_held:
            return True
        if free_bytes(self._path.parent) < 2 * self._size_bytes:
            return False
        handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.posix_fallocate(handle, 0, self._size_bytes)
        except OSError:
            self._path.unlink()
            raise
        finally:
            os.close(handle)
        return True

    def give_back(self) -> bool:
        """Free the space; False when there was nothing to free.

        Raises:
            OSError: The folder cannot be written.
        """
        try:
            self._path.unlink()
        except FileNotFoundError:
            return False
        return True
