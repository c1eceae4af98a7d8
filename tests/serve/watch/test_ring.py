"""The shared memory: exact, bounded, and never fooled by half a frame."""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from edgekit.serve.watch.ring import RingReader, RingWriter
from edgekit.serve.watch.seen import Picture
from edgekit.serve.watch.slots import RingFacts

N = 8


@pytest.fixture
def reader() -> Iterator[RingReader]:
    ring = RingReader(N)
    yield ring
    ring.close()


@pytest.fixture
def writer(reader: RingReader) -> Iterator[RingWriter]:
    memory_fd, bell_fd = (os.dup(fd) for fd in reader.fds)
    ring = RingWriter(memory_fd, bell_fd, N)
    yield ring
    ring.close()


def landmarks(seed: int, dtype: type[np.floating] = np.float32) -> np.ndarray:
    values = np.random.default_rng(seed).normal(size=(33, 5)).astype(dtype)
    values[seed % 33] = np.nan
    return values


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("picture", [None, Picture(0.5, 0.25, is_same=True)])
def test_a_frame_comes_out_as_it_went_in(
    reader: RingReader, writer: RingWriter, dtype: type[np.floating], picture: Picture | None
) -> None:
    values = landmarks(1, dtype)
    writer.write(1 / 3, 2 / 3, values, picture)
    (frame,) = reader.read()
    assert (frame.seq, frame.t_s, frame.captured_mono_s) == (0, 1 / 3, 2 / 3)
    assert frame.picture == picture
    assert frame.landmarks.dtype == dtype
    assert frame.landmarks.tobytes() == values.tobytes()


def test_frames_come_once_and_in_order(reader: RingReader, writer: RingWriter) -> None:
    found = []
    for n in range(50):
        writer.write(float(n), 0.0, landmarks(n), None)
        if n % 3 == 0:
            found += [frame.seq for frame in reader.read()]
    found += [frame.seq for frame in reader.read()]
    assert found == list(range(50))
    assert (reader.n_lost, reader.n_torn, reader.read()) == (0, 0, [])


def test_a_slow_reader_loses_the_oldest_and_counts_them(
    reader: RingReader, writer: RingWriter
) -> None:
    for n in range(N + 5):
        assert writer.has_room == (n < N)
        writer.write(float(n), 0.0, landmarks(n), None)
    assert [frame.seq for frame in reader.read()] == list(range(5, N + 5))
    assert reader.n_lost == 5
    assert writer.has_room


@pytest.mark.parametrize("at", [0, 3, 4, 12, 30, 700, 1300])
def test_a_torn_slot_is_no_frame(reader: RingReader, writer: RingWriter, at: int) -> None:
    """Garbage in the ring is not taken for landmarks, wherever in the slot it is."""
    for n in range(3):
        writer.write(float(n), 0.0, landmarks(n), None)
    with mmap.mmap(reader.fds[0], 0) as memory:
        memory[1024 + 1536 + at] ^= 0x40
    assert [frame.seq for frame in reader.read()] == [0, 2]
    assert reader.n_torn == 1


def test_a_slot_of_another_round_is_no_frame(reader: RingReader, writer: RingWriter) -> None:
    """A whole frame that is not the one whose turn it is: the reader was overtaken."""
    for n in range(2):
        writer.write(float(n), 0.0, landmarks(n), None)
    with mmap.mmap(reader.fds[0], 0) as memory:
        memory[1024 : 1024 + 1536] = memory[1024 + 1536 : 1024 + 2 * 1536]
    assert [frame.seq for frame in reader.read()] == [1]
    assert reader.n_torn == 1


def test_a_time_that_is_no_time_is_no_frame(reader: RingReader, writer: RingWriter) -> None:
    writer.write(np.nan, 0.0, landmarks(0), None)
    writer.write(0.0, np.inf, landmarks(0), None)
    assert reader.read() == []
    assert reader.n_torn == 2


def test_a_mad_counter_neither_hangs_nor_fools_the_reader(
    reader: RingReader, writer: RingWriter
) -> None:
    writer.write(0.0, 0.0, landmarks(0), None)
    with mmap.mmap(reader.fds[0], 0) as memory:
        memory[0:8] = b"\xff" * 7 + b"\x0f"
    assert reader.read() == []


def test_facts_come_whole_and_texts_are_cut_between_letters(
    reader: RingReader, writer: RingWriter
) -> None:
    assert reader.facts().status is None
    facts = RingFacts(
        "no_source", "ü" * 300 + "\nmore", 1.5, 2.5, 3.5, 81.25, 7, "fake 1", "ab" * 32
    )
    writer.tell(facts)
    found = reader.facts()
    assert found.reason == "ü" * 120
    assert found.model_sha256 == "ab" * 32
    assert (found.status, found.beat_mono_s, found.n_dropped) == ("no_source", 1.5, 7)


def test_torn_facts_leave_those_before(reader: RingReader, writer: RingWriter) -> None:
    writer.tell(RingFacts("running"))
    assert reader.facts().status == "running"
    with mmap.mmap(reader.fds[0], 0) as memory:
        memory[140] ^= 1
    assert reader.facts().status == "running"


def test_nobody_can_cut_the_memory_from_under_the_reader(reader: RingReader) -> None:
    with pytest.raises(PermissionError):
        os.ftruncate(reader.fds[0], 0)


def test_the_doorbell_wakes_and_falls_silent(reader: RingReader, writer: RingWriter) -> None:
    writer.ring()
    writer.ring()
    reader.wait(60)
    with pytest.raises(BlockingIOError):
        os.eventfd_read(reader.fds[1])
    reader.wait(0.001)


def test_a_ring_leaves_no_descriptor() -> None:
    before = n_descriptors()
    for _ in range(20):
        RingReader(N).close()
    assert n_descriptors() == before


def n_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))
