"""A writer for small FlatBuffers that may point into a file that follows them unchanged.

Reference: the FlatBuffers binary format. Offsets to tables, vectors and strings are unsigned and
count forward from where they stand, so a new root written in front of an old file reaches every
part of it, and not one byte of the old file has to move against its neighbours.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

ALIGNMENT = 64
"""What is written is padded to this, so that the old file keeps every alignment it had."""

HEADER_BYTES = 8
"""The offset of the root table, then the four letters that name the kind of file."""


@dataclass(frozen=True)
class Old:
    """Something at `position` of the old file."""

    position: int


@dataclass(frozen=True)
class Blob:
    """A vector of scalars or a string: `count` items in `content`, which starts aligned to 16."""

    count: int
    content: bytes


@dataclass(frozen=True)
class Offsets:
    """A vector of tables."""

    items: Sequence[Old | Blob | Offsets | Table]


@dataclass(frozen=True)
class Table:
    """A table: for each slot that is set, an unsigned number of up to 32 bits, or what it holds."""

    slots: Mapping[int, int | Old | Blob | Offsets | Table]


Part = Old | Blob | Offsets | Table


def floats(*values: float) -> Blob:
    """Return a vector of 32-bit floats."""
    return Blob(len(values), struct.pack(f"<{len(values)}f", *values))


def string(text: str) -> Blob:
    """Return a string; its count leaves the closing zero out."""
    return Blob(len(text.encode()), text.encode() + b"\0")


def serialise(root: Table, identifier: bytes) -> bytes:
    """Return the FlatBuffer of `root`, padded to `ALIGNMENT`.

    Positions in the old file are counted from the end of what is returned.
    """
    out = bytearray(HEADER_BYTES)
    out[4:8] = identifier
    waiting: list[tuple[int, Part]] = [(0, root)]
    into_old: list[tuple[int, Old]] = []
    while waiting:
        at, part = waiting.pop(0)
        if isinstance(part, Old):
            into_old.append((at, part))
            continue
        position, held = _append(out, part)
        struct.pack_into("<I", out, at, position - at)
        waiting += held
    _pad(out, ALIGNMENT)
    for at, old in into_old:
        struct.pack_into("<I", out, at, len(out) + old.position - at)
    return bytes(out)


def _append(out: bytearray, part: Table | Blob | Offsets) -> tuple[int, list[tuple[int, Part]]]:
    """Write one part; return where it is, and which of its offsets wait for what they point to."""
    if isinstance(part, Table):
        return _append_table(out, part)
    if isinstance(part, Blob):
        _pad(out, 16, ahead=4)
        out += struct.pack("<I", part.count) + part.content
        return len(out) - len(part.content) - 4, []
    _pad(out, 4)
    position = len(out)
    out += struct.pack("<I", len(part.items)) + bytes(4 * len(part.items))
    return position, [(position + 4 + 4 * n, item) for n, item in enumerate(part.items)]


def _append_table(out: bytearray, table: Table) -> tuple[int, list[tuple[int, Part]]]:
    """Write a vtable and, right behind it, its table with four bytes for each slot that is set."""
    n_slots = max(table.slots) + 1
    _pad(out, 4, ahead=4 + 2 * n_slots)
    start, position = len(out), len(out) + 4 + 2 * n_slots
    out += bytes(4 + 2 * n_slots + 4 + 4 * len(table.slots))
    struct.pack_into("<HH", out, start, 4 + 2 * n_slots, 4 + 4 * len(table.slots))
    struct.pack_into("<i", out, position, position - start)
    held: list[tuple[int, Part]] = []
    for n, (slot, value) in enumerate(sorted(table.slots.items())):
        struct.pack_into("<H", out, start + 4 + 2 * slot, 4 + 4 * n)
        at = position + 4 + 4 * n
        if isinstance(value, int):
            struct.pack_into("<I", out, at, value)
        else:
            held.append((at, value))
    return position, held


def _pad(out: bytearray, alignment: int, *, ahead: int = 0) -> None:
    """Append zeros until what follows in `ahead` bytes is aligned."""
    out += bytes(-(len(out) + ahead) % alignment)


def read_root(data: bytes) -> dict[int, int]:
    """Return where in `data` the root table holds each slot that is set."""
    table = _unsigned(data, 0)
    vtable = table - struct.unpack_from("<i", data, table)[0]
    (size,) = struct.unpack_from("<H", data, vtable)
    offsets = struct.unpack_from(f"<{(size - 4) // 2}H", data, vtable + 4)
    return {slot: table + offset for slot, offset in enumerate(offsets) if offset}


def follow(data: bytes, at: int) -> int:
    """Return the position that the offset at `at` points to."""
    return at + _unsigned(data, at)


def items(data: bytes, at: int) -> list[Old]:
    """Return the tables of the vector that the offset at `at` points to."""
    vector = follow(data, at)
    first = vector + 4
    return [Old(follow(data, first + 4 * n)) for n in range(_unsigned(data, vector))]


def number(data: bytes, at: int) -> int:
    """Return the unsigned 32-bit number at `at`."""
    return _unsigned(data, at)


def _unsigned(data: bytes, at: int) -> int:
    (value,) = struct.unpack_from("<I", data, at)
    return int(value)
