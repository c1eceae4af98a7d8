"""One file that carries a bundle: a plain tar of plain files, read with suspicion.

Written with fixed order, times and owners, so that the same bundle gives the same bytes. The
reader knows the one kind of member that a bundle has and refuses every other: no links, devices,
sparse files, paths, extended headers or compression, so nothing can unfold to more than it is.
Source: POSIX.1-1988 ustar.
"""

from __future__ import annotations

import io
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from edgekit import files
from edgekit.bundle import MANIFEST_FILE, SIGNATURE_FILE, load_bundle
from edgekit.errors import IntegrityError

MAX_MEMBERS = 64
MAX_BYTES = 512 << 20
"""Of all members together; the bundles that edgekit exports are a hundredth of it."""
PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._\-]{0,99}", re.ASCII)
"""A file directly in the bundle."""
_BLOCK = 512
_KINDS = {
    b"1": "a hard link",
    b"2": "a symbolic link",
    b"3": "a device",
    b"4": "a device",
    b"5": "a folder",
    b"6": "a pipe",
    b"S": "a sparse file",
}


@dataclass(frozen=True)
class Member:
    """One file of a bundle on its way to a device; its bytes can be read once, in order."""

    name: str
    n_bytes: int
    stream: BinaryIO


def pack(folder: Path, target: Path) -> int:
    """Write a bundle and its signature, if it has one, as one file; return its size in bytes.

    Raises:
        UsageError: There is no bundle in `folder`.
        IntegrityError: The bundle is damaged.
        OutputError: The archive cannot be written.
    """
    manifest = load_bundle(folder).manifest
    is_signed = (folder / SIGNATURE_FILE).is_file()
    names = (MANIFEST_FILE, *([SIGNATURE_FILE] if is_signed else []), *sorted(manifest.files))
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name in names:
            content = (folder / name).read_bytes()
            header = tarfile.TarInfo(name)
            header.size = len(content)
            archive.addfile(header, io.BytesIO(content))
    files.write_bytes(target, packed.getvalue())
    return len(packed.getvalue())


def members(stream: BinaryIO, name: str) -> Iterator[Member]:
    """Yield the members of an archive; each must be read before the next is asked for.

    Raises:
        IntegrityError: It is truncated, damaged, or holds what no bundle holds.
    """
    while True:
        header = stream.read(_BLOCK)
        if header == bytes(_BLOCK):
            return
        if len(header) < _BLOCK:
            raise IntegrityError(f"{name}: no whole bundle archive; copy it again")
        member = _member(header, stream, name)
        start = stream.tell()
        yield member
        stream.seek(start + -(-member.n_bytes // _BLOCK) * _BLOCK)


def _member(header: bytes, stream: BinaryIO, name: str) -> Member:
    if header[257:262] != b"ustar" or _number(header[148:156]) != _checksum(header):
        raise IntegrityError(f"{name}: damaged, or no bundle archive; copy it again")
    raw = header[:100].rstrip(b"\0")
    kind, shown = header[156:157], raw.decode("ascii", "backslashreplace")
    if kind not in (b"0", b"\0"):
        raise IntegrityError(
            f"{name}: holds {_KINDS.get(kind, 'something else than plain files')} "
            f"({shown[:40]!r}); no bundle does"
        )
    n_bytes = _number(header[124:136])
    if header[345:500].strip(b"\0") or n_bytes is None:
        raise IntegrityError(f"{name}: holds a path or an odd size; no bundle does")
    return Member(shown, n_bytes, stream)


def _number(field: bytes) -> int | None:
    """Read an octal number as ustar writes it; None for anything else."""
    text = field.strip(b" \0")
    return int(text, 8) if re.fullmatch(rb"[0-7]{1,12}", text) else None


def _checksum(header: bytes) -> int:
    return sum(header[:148]) + 8 * ord(" ") + sum(header[156:])
