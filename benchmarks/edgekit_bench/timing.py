"""Several subjects timed in turns, A B C A B C, so that drift and neighbours hit all alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from edgekit.errors import UsageError
from edgekit.progress import SILENT, Progress

WARMUP_TURNS = 3
MIN_TURNS, MAX_TURNS = 5, 20_000


@dataclass(frozen=True)
class Subject:
    """Something to be timed."""

    name: str
    call: Callable[[], object]
    calls_per_turn: int = 1
    """For calls so short that the cold caches left by the other subjects would decide."""


@dataclass(frozen=True)
class Timed:
    """The durations of one subject; turn i of every subject in a run happened side by side."""

    name: str
    warmup_ms: tuple[float, ...]
    """Kept apart from the samples, in order; the first is the coldest."""
    samples_ms: tuple[float, ...]
    turns_ms: tuple[float, ...]
    """Median call of each turn, for ratios turn by turn."""


def interleave(
    subjects: Sequence[Subject],
    seconds: float,
    *,
    task: str = "timing",
    progress: Progress = SILENT,
    clock: Callable[[], float] = time.perf_counter,
) -> tuple[Timed, ...]:
    """Time all subjects in turns until they have used `seconds` each, on average.

    At least 5 turns are measured, however slow they are.

    Args:
        subjects: At least one.
        seconds: Budget for each subject; a turn that has begun is finished.
        task: What the progress bar is called.
        progress: Draws the bar.
        clock: Seconds, monotonic.

    Raises:
        UsageError: The budget is not positive.
    """
    if seconds <= 0:
        raise UsageError(f"--seconds {seconds:g}: each subject needs a budget above 0")
    warmup = [
        [ms for _ in range(WARMUP_TURNS) for ms in _turn(subject, clock)] for subject in subjects
    ]
    samples: list[list[float]] = [[] for _ in subjects]
    turns: list[list[float]] = [[] for _ in subjects]
    budget = seconds * len(subjects)
    start = clock()
    n_turns = 0
    while n_turns < MIN_TURNS or (clock() - start < budget and n_turns < MAX_TURNS):
        for subject, all_ms, turn_ms in zip(subjects, samples, turns, strict=True):
            durations = _turn(subject, clock)
            all_ms.extend(durations)
            turn_ms.append(median(durations))
        n_turns += 1
        progress.step(task, min(round(clock() - start), round(budget)), round(budget) + 1)
    progress.step(task, round(budget) + 1, round(budget) + 1)
    return tuple(
        Timed(subject.name, tuple(cold), tuple(all_ms), tuple(turn_ms))
        for subject, cold, all_ms, turn_ms in zip(subjects, warmup, samples, turns, strict=True)
    )


def _turn(subject: Subject, clock: Callable[[], float]) -> list[float]:
    durations = []
    for _ in range(subject.calls_per_turn):
        start = clock()
        subject.call()
        durations.append((clock() - start) * 1e3)
    return durations
