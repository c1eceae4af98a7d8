"""Files and directories that appear whole or not at all.

A result is written under a temporary name beside its place, flushed to the disk and renamed.
A killed process leaves the old result, or none; at worst a hidden `.<name>.<id>.tmp` beside it.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edgekit.errors import OutputError

_REASONS = {
    errno.ENOSPC: "the disk is full; free some space and run it again",
    errno.EDQUOT: "the disk quota is used up; free some space and run it again",
    errno.EACCES: "no permission to write there; choose another place or change its owner",
    errno.EPERM: "no permission to write there; choose another place or change its owner",
    errno.EROFS: "the file system is read-only; choose another place",
    errno.ENOTDIR: "a part of the path is a file; choose another place",
    errno.EEXIST: "a part of the path is a file; choose another place",
}


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn an operating-system error on the way to `path` into one clear `OutputError`."""
    try:
        yield
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {reason_of(error)}") from error


def reason_of(error: OSError) -> str:
    """Return what an operating-system error means for its user, with the cure where known."""
    return _REASONS.get(error.errno or 0, error.strerror or str(error))


def write_bytes(path: Path, content: bytes, *, mode: int | None = None) -> None:
    """Replace `path` by `content` atomically; folders above it are made.

    `mode` are its permissions, as in 0o600 for a secret; else those of any new file.

    Raises:
        OutputError: The disk is full, or writing is not allowed; the old file is untouched.
    """
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fchmod(file.fileno(), 0o666 & ~_umask() if mode is None else mode)
                os.fsync(file.fileno())
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)


def write_text(path: Path, content: str) -> None:
    """Replace `path` by `content` in UTF-8 atomically, as `write_bytes` does."""
    write_bytes(path, content.encode())


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Yield an empty folder that takes the place of `path` when the block ends well.

    An existing folder at `path` is replaced, in two renames that need no disk space; should the
    process die between them, the old one is found again under `.<name>.old`, and `recover`
    puts it back. When the block raises, nothing at `path` has changed.
    """
    old = path.parent / f".{path.name}.old"
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        recover(path)
        fresh = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp"))
        fresh.chmod(0o777 & ~_umask())
        try:
            yield fresh
            for file in sorted(fresh.rglob("*")):
                _sync(file)
            _sync_folder(fresh)
            if path.exists():
                path.rename(old)
            fresh.rename(path)
        except BaseException:
            shutil.rmtree(fresh, ignore_errors=True)
            recover(path)
            raise
        _sync_folder(path.parent)
        shutil.rmtree(old, ignore_errors=True)


def recover(path: Path) -> None:
    """Put back the folder that an interrupted `new_folder(path)` had moved aside."""
    old = path.parent / f".{path.name}.old"
    if not old.is_dir():
        return
    if path.exists():
        shutil.rmtree(old, ignore_errors=True)
    else:
        old.rename(path)


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes as 64 hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def _sync(path: Path) -> None:
    if path.is_dir():
        _sync_folder(path)
        return
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _sync_folder(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current
