"""A disk that loses power: a SQLite VFS that knows what was synced, and what may be torn."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from pathlib import Path

import apsw

SECTOR = 512


class PowerCutError(Exception):
    """The power went away at this write."""


@dataclass
class FileImage:
    """What of a file has surely reached the disk, and the writes that may have."""

    synced: bytes = b""
    pending: list[tuple[int, bytes | None]] = field(default_factory=list)
    """Offset and content; None cuts the file there."""

    def after_cut(self, rng: random.Random) -> bytes:
        """Return the file after the cut: any subset of the unsynced sectors is on the disk."""
        content = bytearray(self.synced)
        for offset, data in self.pending:
            if data is None:
                if rng.random() < 0.5:
                    del content[offset:]
                continue
            for start in range(0, len(data), SECTOR):
                if rng.random() < 0.5:
                    piece = data[start : start + SECTOR]
                    end = offset + start + len(piece)
                    content.extend(bytes(max(end - len(content), 0)))
                    content[offset + start : end] = piece
        return bytes(content)


class CuttingDisk(apsw.VFS):
    """Passes everything on to the real disk, until write number `cut_at`."""

    def __init__(self, name: str) -> None:
        self.files: dict[str, FileImage] = {}
        self.name = name
        self.n_writes = 0
        self.cut_at: int | None = None
        self.is_off = False
        """The power is gone: what is written from now on is not remembered."""
        super().__init__(name, "")

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> _File:  # noqa: N802
        return _File(self, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802
        self.tick()
        if not self.is_off:
            self.files.pop(filename, None)
        super().xDelete(filename, syncdir)

    def tick(self) -> None:
        """Count a write; raise when the power goes away before it."""
        if self.is_off:
            return
        self.n_writes += 1
        if self.cut_at is not None and self.n_writes >= self.cut_at:
            self.is_off = True
            raise PowerCutError

    def leave(self, folder: Path, rng: random.Random) -> None:
        """Write the files as the next boot finds them; the shared index is never on the disk."""
        for name, image in self.files.items():
            if not name.endswith("-shm"):
                (folder / Path(name).name).write_bytes(image.after_cut(rng))


class _File(apsw.VFSFile):
    def __init__(
        self, disk: CuttingDisk, name: str | apsw.URIFilename | None, flags: list[int]
    ) -> None:
        path = name.filename() if isinstance(name, apsw.URIFilename) else str(name)
        self._path, self._disk = Path(path), disk
        self._image = disk.files.setdefault(path, FileImage(self._now()))
        super().__init__("", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        self._disk.tick()
        self._remember(offset, bytes(data))
        super().xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        self._disk.tick()
        self._remember(newsize, None)
        super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:  # noqa: N802
        self._disk.tick()
        super().xSync(flags)
        if not self._disk.is_off:
            self._image.synced = self._now()
            self._image.pending.clear()

    def _remember(self, offset: int, data: bytes | None) -> None:
        if not self._disk.is_off:
            self._image.pending.append((offset, data))

    def _now(self) -> bytes:
        return self._path.read_bytes() if self._path.exists() else b""
