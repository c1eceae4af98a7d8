"""A watching side that is well until a test changes it, and what the judge says meanwhile."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from edgekit.runtime.detector import Judgement
from edgekit.serve.conditions import Condition, WatchState, state_of
from edgekit.serve.health.judge import HealthJudge
from edgekit.serve.health.pose_model import ExpectedPose
from edgekit.serve.settings import WatchSettings
from edgekit.serve.watch.seen import ChildFacts, Judged, Observation, Picture

GRID_FPS = 30.0
WINDOW_S = 5.0
HOP_S = 0.5
ROOM = Picture(brightness=0.5, contrast=0.16, is_same=False)
RUNNING = ChildFacts("running", "", 0, 0, None, "", 150.0, "mediapipe 1.2.2", "ab" * 32)
NOBODY = np.full((33, 5), np.nan, np.float32)


def make_judge(
    settings: WatchSettings | None = None,
    expected: ExpectedPose | None = None,
    started_mono_s: float = 0.0,
) -> HealthJudge:
    """Return a judge for a bundle of 30 frames a second."""
    return HealthJudge(
        settings or WatchSettings(),
        grid_fps=GRID_FPS,
        expected=expected or ExpectedPose(),
        started_mono_s=started_mono_s,
    )


def body(n: int, visibility: float = 0.9) -> NDArray[np.float32]:
    """Return a whole person in frame `n`, moving a little."""
    landmarks = np.full((33, 5), 0.5, np.float32)
    landmarks[:, 0] += np.float32(0.001 * (n % 100))
    landmarks[:, 3:] = visibility
    return landmarks


def judgement(probability: float | None = 0.1, seen_share: float = 1.0) -> Judgement:
    """Return what became of one window."""
    is_positive = None if probability is None else probability >= 0.5
    return Judgement(0.0, seen_share, probability, is_positive, None)


@dataclass
class Bedside:
    """Time goes in frames; every attribute may be changed between two `run`s."""

    judge: HealthJudge
    now: float = 0.0
    fps: float = GRID_FPS
    has_frames: bool = True
    picture: Picture | None = ROOM
    landmarks: Callable[[int], NDArray[np.float32]] = body
    answer: Callable[[], Judgement | None] = judgement
    hop_s: float = HOP_S
    latency_s: float = 0.05
    """From the capture of a window's newest frame to its decision."""
    facts: ChildFacts = RUNNING
    warm_up_s: float = WINDOW_S
    history: list[tuple[float, frozenset[Condition]]] = field(default_factory=list)
    n_frames: int = 0
    _next_window_s: float = 0.0

    def run(self, seconds: float) -> Bedside:
        """Let so much time go by; the judge is asked ten times a second."""
        self.history.clear()
        end, next_frame, next_question = self.now + seconds, self.now, self.now
        next_facts = self.now
        while self.now < end:
            if self.now >= next_facts:
                self.judge.take(self.facts)
                next_facts += 0.5
            if self.has_frames and self.now >= next_frame:
                self._film()
                next_frame += 1 / self.fps
            if self.now >= next_question:
                self.history.append((self.now, self.judge.conditions(self.now)))
                next_question += 0.1
            self.now = round(self.now + 0.01, 6)
        return self

    def _film(self) -> None:
        self.n_frames += 1
        seen = Observation(
            self.n_frames, self.now, self.now, self.landmarks(self.n_frames), self.picture
        )
        self.judge.take(seen)
        self.facts = replace(self.facts, last_answer_mono_s=self.now)
        if self.now >= max(self.warm_up_s, self._next_window_s):
            self._next_window_s = self.now + self.hop_s
            answer = self.answer()
            error = "" if answer is not None else "the model failed"
            self.judge.take(Judged(self.now, answer, error, self.now, self.latency_s))

    @property
    def conditions(self) -> frozenset[Condition]:
        """What the judge said last."""
        return self.history[-1][1]

    def seconds_to(self, condition: Condition) -> float:
        """Return how long after the beginning of the last `run` the condition was first said."""
        for at, conditions in self.history:
            if condition in conditions:
                return at - self.history[0][0]
        raise AssertionError(f"never said: {condition}; last: {self.conditions}")

    def changes(self, condition: Condition) -> int:
        """Return how often the condition came or went in the last `run`."""
        said = [condition in conditions for _, conditions in self.history]
        return sum(a != b for a, b in itertools.pairwise(said))

    def states(self) -> list[WatchState]:
        """Return the states of the last `run`, each once, in order."""
        found: list[WatchState] = []
        for _, conditions in self.history:
            state = state_of(conditions)
            if not found or found[-1] != state:
                found.append(state)
        return found


def watching(settings: WatchSettings | None = None) -> Bedside:
    """Return a bedside that is armed."""
    bedside = Bedside(make_judge(settings))
    bedside.run(10.0)
    assert bedside.conditions == frozenset(), bedside.conditions
    return bedside
