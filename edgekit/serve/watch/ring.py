"""Landmarks from the pose process to the daemon: shared memory without a name, and a doorbell.

A slot is taken only when its number and its checksum fit: Python has no memory barriers, and an
ARM processor may show stores in another order. No picture ever enters it. The memory is sealed
against being cut shorter, so that a broken child cannot crash its reader.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import select
import struct
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgekit.serve.watch.seen import Picture
from edgekit.serve.watch.slots import (
    FACTS_BYTES,
    FRAME_BYTES,
    RingFacts,
    SeenFrame,
    pack_facts,
    pack_frame,
    unpack_facts,
    unpack_frame,
)

N_SLOTS = 512
"""17 s at 30 frames a second."""

_COUNTER = struct.Struct("Q")  # native: one store, never half of one
_CHECK = struct.Struct("=I")

_AT_WRITTEN, _AT_READ, _AT_FACTS, _AT_SLOTS = 0, 64, 128, 1024
_SLOT_BYTES = 1536
_N_TRIES = 3  # a store may become visible a moment after its number does


class _Memory:
    """The bytes, from either side."""

    def __init__(self, memory_fd: int, bell_fd: int, n_slots: int) -> None:
        self.memory_fd, self.bell_fd, self.n_slots = memory_fd, bell_fd, n_slots
        self.bytes = mmap.mmap(memory_fd, _AT_SLOTS + n_slots * _SLOT_BYTES)

    def counter(self, at: int) -> int:
        return int(_COUNTER.unpack_from(self.bytes, at)[0])

    def count(self, at: int, value: int) -> None:
        _COUNTER.pack_into(self.bytes, at, value)

    def put(self, at: int, content: bytes) -> None:
        self.bytes[at : at + _CHECK.size + len(content)] = (
            _CHECK.pack(zlib.crc32(content)) + content
        )

    def get(self, at: int, n_bytes: int) -> bytes | None:
        """Return checked bytes, or None when they are torn."""
        raw = self.bytes[at : at + _CHECK.size + n_bytes]
        content = raw[_CHECK.size :]
        return content if _CHECK.unpack_from(raw)[0] == zlib.crc32(content) else None

    def slot(self, seq: int) -> int:
        return _AT_SLOTS + (seq % self.n_slots) * _SLOT_BYTES

    def close(self) -> None:
        self.bytes.close()
        os.close(self.memory_fd)
        os.close(self.bell_fd)


class RingReader:
    """The daemon's side; makes the memory. Not for several threads."""

    def __init__(self, n_slots: int = N_SLOTS) -> None:
        memory_fd = os.memfd_create("edgekit-watch", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        os.ftruncate(memory_fd, _AT_SLOTS + n_slots * _SLOT_BYTES)
        fcntl.fcntl(
            memory_fd,
            fcntl.F_ADD_SEALS,
            fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL,
        )
        bell_fd = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._memory = _Memory(memory_fd, bell_fd, n_slots)
        self._bell = select.poll()
        self._bell.register(bell_fd, select.POLLIN)
        self._facts = RingFacts()
        self.n_lost = 0
        """Frames that were overwritten before they were read."""
        self.n_torn = 0
        """Slots that did not hold what they should."""

    @property
    def fds(self) -> tuple[int, int]:
        """Memory and doorbell, for the child to inherit."""
        return self._memory.memory_fd, self._memory.bell_fd

    @property
    def n_slots(self) -> int:
        """How many frames it holds."""
        return self._memory.n_slots

    def wait(self, timeout_s: float) -> None:
        """Return when the child has rung, or after `timeout_s`."""
        if self._bell.poll(timeout_s * 1000):
            os.eventfd_read(self._memory.bell_fd)

    def read(self) -> list[SeenFrame]:
        """Return the frames since the last call, oldest first."""
        written, read = self._memory.counter(_AT_WRITTEN), self._memory.counter(_AT_READ)
        oldest = max(read, written - self._memory.n_slots)
        self.n_lost += oldest - read
        frames = [frame for seq in range(oldest, written) if (frame := self._take(seq))]
        self._memory.count(_AT_READ, max(read, written))
        return frames

    def facts(self) -> RingFacts:
        """Return what the child last said of itself."""
        content = self._memory.get(_AT_FACTS, FACTS_BYTES)
        if content is not None:
            self._facts = unpack_facts(content)
        return self._facts

    def close(self) -> None:
        """Give the memory back; a child that still has it writes to nobody."""
        self._memory.close()

    def _take(self, seq: int) -> SeenFrame | None:
        for _ in range(_N_TRIES):
            content = self._memory.get(self._memory.slot(seq), FRAME_BYTES)
            if content is None:
                continue
            frame = unpack_frame(content)
            if frame is not None and frame.seq == seq:
                return frame
        self.n_torn += 1
        return None


class RingWriter:
    """The child's side. Not for several threads."""

    def __init__(self, memory_fd: int, bell_fd: int, n_slots: int) -> None:
        self._memory = _Memory(memory_fd, bell_fd, n_slots)
        self._n_written = 0

    @property
    def has_room(self) -> bool:
        """Whether a frame can be written without losing one that was not read."""
        return self._n_written - self._memory.counter(_AT_READ) < self._memory.n_slots

    def write(
        self,
        t_s: float,
        captured_mono_s: float,
        landmarks: NDArray[np.floating[Any]],
        picture: Picture | None,
    ) -> None:
        """Hand one frame over; the oldest is lost when there is no room."""
        content = pack_frame(self._n_written, t_s, captured_mono_s, landmarks, picture)
        self._memory.put(self._memory.slot(self._n_written), content)
        self._n_written += 1
        self._memory.count(_AT_WRITTEN, self._n_written)
        self.ring()

    def tell(self, facts: RingFacts) -> None:
        """Replace what the child says of itself."""
        self._memory.put(_AT_FACTS, pack_facts(facts))

    def ring(self) -> None:
        """Wake the reader."""
        os.eventfd_write(self._memory.bell_fd, 1)

    def close(self) -> None:
        """Give the memory back."""
        self._memory.close()
