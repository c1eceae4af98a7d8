"""The excerpt around an event holds what was seen, on the bundle's grid, and nothing grows."""

from __future__ import annotations

import numpy as np

from edgekit.serve.review import MAX_FRAMES_PER_S, ReviewBuffer
from edgekit.serve.watch.seen import Observation

FPS = 30.0


def seen(number: int, *, fps: float = FPS) -> Observation:
    landmarks = np.full((33, 5), number, dtype=np.float32)
    return Observation(number, number / fps, number / fps, landmarks, None)


def test_an_excerpt_comes_when_the_time_after_has_passed() -> None:
    buffer = ReviewBuffer(before_s=2.0, after_s=1.0, fps=FPS)
    for number in range(151):
        buffer.add(seen(number))
        if number == 120:
            buffer.mark(7, 4.0)
        finished = buffer.take_finished()
        assert bool(finished) == (number == 150)
    (excerpt,) = finished
    assert excerpt.event_id == 7
    assert excerpt.landmarks.shape == (91, 33, 5)
    np.testing.assert_array_equal(excerpt.landmarks[:, 0, 0], np.arange(60, 151))


def test_what_is_known_is_kept_when_the_daemon_ends() -> None:
    buffer = ReviewBuffer(before_s=2.0, after_s=5.0, fps=FPS)
    for number in range(61):
        buffer.add(seen(number))
    buffer.mark(1, 2.0)
    assert buffer.take_finished() == []
    (excerpt,) = buffer.take_finished(is_ending=True)
    assert len(excerpt.landmarks) == 61


def test_a_source_that_begins_again_does_not_mix_its_times() -> None:
    buffer = ReviewBuffer(before_s=2.0, after_s=5.0, fps=FPS)
    for number in range(100):
        buffer.add(seen(number))
    buffer.mark(1, 99 / FPS)
    buffer.add(seen(0))
    assert buffer.take_finished() == []
    buffer.add(seen(1))
    assert buffer.take_finished(is_ending=True) == []


def test_memory_is_bounded_whatever_the_source_does() -> None:
    buffer = ReviewBuffer(before_s=1.0, after_s=1.0, fps=FPS)
    for number in range(5000):
        buffer.add(seen(number, fps=10_000.0))
        buffer.mark(number, number / 10_000.0)
    assert len(buffer._frames) <= 4 * MAX_FRAMES_PER_S  # noqa: SLF001 -- the bound itself
    assert len(buffer.take_finished(is_ending=True)) <= ReviewBuffer.MAX_PENDING
