"""What root writes into a daemon's folder belongs to the daemon, which is not root."""

from __future__ import annotations

import os
from pathlib import Path

from edgekit import files


def give_to_owner(path: Path, *, like: Path) -> None:
    """Give `path`, and all in it, the owner of `like`; only root can, and only root needs to.

    Raises:
        OutputError: The system refuses.
    """
    if os.geteuid() != 0:
        return
    owner = like.stat()
    with files.writing(path):
        for one in (path, *path.rglob("*")):
            os.chown(one, owner.st_uid, owner.st_gid, follow_symlinks=False)
