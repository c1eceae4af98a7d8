"""Subjects take turns, warm-up stays apart, and the budget ends the run."""

from __future__ import annotations

import pytest
from edgekit_bench.timing import MIN_TURNS, WARMUP_TURNS, Subject, interleave

from edgekit.errors import UsageError


class Desk:
    """A clock that only work moves, and a list of who worked."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.worked: list[str] = []

    def clock(self) -> float:
        return self.now_s

    def subject(self, name: str, *durations_s: float, calls_per_turn: int = 1) -> Subject:
        """Return a subject that takes the given durations, then the last one for ever."""
        left = list(durations_s)

        def work() -> None:
            self.worked.append(name)
            self.now_s += left.pop(0) if len(left) > 1 else left[0]

        return Subject(name, work, calls_per_turn)


def test_subjects_take_turns_after_the_warm_up() -> None:
    desk = Desk()

    interleave([desk.subject("A", 0.1), desk.subject("B", 0.2)], 1.0, clock=desk.clock)

    assert desk.worked[: 2 * WARMUP_TURNS] == ["A"] * WARMUP_TURNS + ["B"] * WARMUP_TURNS
    assert desk.worked[2 * WARMUP_TURNS :] == ["A", "B"] * (len(desk.worked) // 2 - WARMUP_TURNS)


def test_warm_up_is_in_no_sample() -> None:
    desk = Desk()
    (found,) = interleave([desk.subject("A", 9.0, 5.0, 4.0, 0.5)], 3.0, clock=desk.clock)

    assert found.warmup_ms == pytest.approx((9000.0, 5000.0, 4000.0))
    assert found.samples_ms == pytest.approx((500.0,) * 6)


def test_the_budget_is_shared_by_all_subjects() -> None:
    desk = Desk()
    fast, slow = interleave(
        [desk.subject("fast", 0.01), desk.subject("slow", 0.09)], 1.0, clock=desk.clock
    )

    assert len(fast.samples_ms) == len(slow.samples_ms)
    assert sum(fast.samples_ms) + sum(slow.samples_ms) == pytest.approx(2000.0, abs=100.0)


def test_a_slow_subject_is_still_measured_a_few_times() -> None:
    desk = Desk()
    (found,) = interleave([desk.subject("glacier", 60.0)], 0.001, clock=desk.clock)

    assert len(found.samples_ms) == MIN_TURNS


def test_a_turn_of_several_calls_gives_a_sample_each_and_one_median() -> None:
    desk = Desk()
    subject = desk.subject("A", *[1.0] * WARMUP_TURNS * 3, 9.0, 3.0, 2.0, calls_per_turn=3)

    (found,) = interleave([subject], 0.001, clock=desk.clock)

    assert found.samples_ms[:3] == pytest.approx((9000.0, 3000.0, 2000.0))
    assert found.turns_ms[0] == pytest.approx(3000.0)
    assert len(found.turns_ms) == MIN_TURNS


def test_progress_ends_full() -> None:
    class Bar:
        last = (0, 1)

        def step(self, task: str, done: int, total: int) -> None:
            self.last = (done, total)

        def say(self, line: str) -> None:
            raise AssertionError(line)

    desk, bar = Desk(), Bar()
    interleave([desk.subject("A", 0.1)], 1.0, clock=desk.clock, progress=bar)

    assert bar.last[0] == bar.last[1]


def test_a_budget_of_nothing_is_refused() -> None:
    with pytest.raises(UsageError, match="--seconds 0"):
        interleave([Subject("A", lambda: None)], 0.0)
