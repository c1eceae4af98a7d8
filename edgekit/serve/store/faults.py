"""What an error of the store means: a full disk, a damaged file, a bad row, or anything else.

Python 3.10 tells no SQLite error codes, so SQLite's own fixed words are compared.
"""

from __future__ import annotations

import errno
import os
import sqlite3
from enum import Enum
from pathlib import Path

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
        is_full = self is Fault.DISK_FULL
        return Condition.DISK_FULL if is_full else Condition.STORE_FAILING


_BAD_ROWS = (
    sqlite3.IntegrityError,
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,
    sqlite3.DataError,
    OverflowError,
    TypeError,
    ValueError,
)
_DAMAGE = ("malformed", "file is not a database", "no such table", "no such column")
_FULL_ERRORS = (errno.ENOSPC, errno.EDQUOT)


def classify(error: Exception, folder: Path) -> Fault:
    """Return what an error while writing to the store in `folder` means."""
    text = str(error)
    if isinstance(error, _BAD_ROWS):
        return Fault.BAD_ROW
    if isinstance(error, sqlite3.DatabaseError) and any(words in text for words in _DAMAGE):
        return Fault.DAMAGED
    if "disk is full" in text or (isinstance(error, OSError) and error.errno in _FULL_ERRORS):
        return Fault.DISK_FULL
    if isinstance(error, sqlite3.OperationalError) and "I/O" in text and _is_full(folder):
        return Fault.DISK_FULL
    return Fault.OTHER


def _is_full(folder: Path) -> bool:
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
