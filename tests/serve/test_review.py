"""The excerpt around an event is cut when the seconds after it have passed, from the one grid."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edgekit.serve.review import Review
from edgekit.serve.watch.grid import WindowGrid

FPS = 30.0


class Filmed:
    """A grid of frames, each full of its own number."""

    def __init__(self) -> None:
        self.grid = WindowGrid(FPS, 32, 15)
        self.review = Review(self.recent, before_s=2.0, after_s=1.0)

    def recent(self, seconds: float, end_s: float) -> NDArray[np.float32]:
        return self.grid.recent(seconds, end_s=end_s)

    def film(self, first: int, last: int) -> None:
        for number in range(first, last):
            self.grid.add(number / FPS, np.full((33, 5), number, dtype=np.float32))


def test_an_excerpt_comes_when_the_time_after_has_passed() -> None:
    filmed = Filmed()
    filmed.film(0, 121)
    filmed.review.mark(7, 4.0)
    assert filmed.review.take_finished(120 / FPS) == []
    filmed.film(121, 170)
    (excerpt,) = filmed.review.take_finished(169 / FPS)
    assert excerpt.event_id == 7
    np.testing.assert_array_equal(excerpt.landmarks[:, 0, 0], np.arange(61, 151))
    assert filmed.review.take_finished(169 / FPS) == []


def test_what_is_known_is_kept_when_the_daemon_ends() -> None:
    filmed = Filmed()
    filmed.film(0, 61)
    filmed.review.mark(1, 2.0)
    (excerpt,) = filmed.review.take_finished(2.0, is_ending=True)
    assert excerpt.landmarks[-1, 0, 0] == 60


def test_a_source_that_begins_again_does_not_mix_its_times() -> None:
    filmed = Filmed()
    filmed.film(0, 100)
    filmed.review.mark(1, 99 / FPS)
    filmed.film(0, 2)
    assert filmed.review.take_finished(1 / FPS) == []
    assert filmed.review.take_finished(1 / FPS, is_ending=True) == []


def test_a_flood_of_events_is_bounded() -> None:
    filmed = Filmed()
    filmed.film(0, 200)
    for number in range(1000):
        filmed.review.mark(number, 3.0)
    assert len(filmed.review.take_finished(199 / FPS, is_ending=True)) == Review.MAX_PENDING
