"""What an error of the store means: a full disk, a damaged file, a bad row, or anything else.

Python 3.10 tells no SQLite error codes, so SQLite's own fixed words are compared.
"""

from __future__ import annotations

import errno
import os
import sqlite3
from enum import Enum
from pathlib import Path

from edgekit.errors import EdgekitError
from edgekit.serve.conditions import Condition

FEW_BYTES = 256 << 10
"""With less free space than this, an input/output error is taken for a full disk."""


class Fault(Enum):
    """What went wrong."""

    DISK_FULL = "disk full"
    DAMAGED = "damaged"
    BAD_ROW = "bad row"
    OTHER = "other"

    @property
    def condition(self) -> Condition:
        """What people are told while it lasts."""
        if self is Fault.DISK_FULL:
            return Condition.DISK_FULL
        return Condition.STORE_FAILING


_BAD_ROWS = (
    sqlite3.IntegrityError,
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,
    sqlite3.DataError,
    OverflowError,
    TypeError,
    ValueError,
)
_DAMAGE = (
    "malformed",
    "file is not a database",
    "unsupported file format",
    "no such table",
    "no such column",
)
READ_ERRORS = (sqlite3.Error, UnicodeDecodeError, EdgekitError)
"""What reading a damaged or locked away database can meet."""
_FULL_ERRORS = (errno.ENOSPC, errno.EDQUOT)


def classify(error: Exception, folder: Path) -> Fault:
    """Return what an error while writing to the store in `folder` means."""
    text = str(error)
    if isinstance(error, UnicodeDecodeError):
        # The text of the schema itself is broken.
        return Fault.DAMAGED
    if isinstance(error, _BAD_ROWS):
        return Fault.BAD_ROW
    if isinstance(error, sqlite3.DatabaseError) and any(words in text for words in _DAMAGE):
        return Fault.DAMAGED
    if "disk is full" in text or (isinstance(error, OSError) and error.errno in _FULL_ERRORS):
        return Fault.DISK_FULL
    if isinstance(error, sqlite3.OperationalError) and "I/O" in text and is_full(folder):
        return Fault.DISK_FULL
    return Fault.OTHER


def is_full(folder: Path) -> bool:
    """Tell whether next to nothing can be written there; False where that cannot be told."""
    try:
        return free_bytes(folder) < FEW_BYTES
    except OSError:
        return False


def free_bytes(folder: Path) -> int:
    """Return the space that this user may still fill.

    Raises:
        OSError: The folder is not there.
    """
    status = os.statvfs(folder)
    return status.f_bavail * status.f_frsize
