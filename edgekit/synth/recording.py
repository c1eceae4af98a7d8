"""Long synthetic recordings: ordinary life for minutes, spasms in clusters, every event timed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgekit.errors import UsageError
from edgekit.synth.body import Floats
from edgekit.synth.child import Child, draw_child, vary
from edgekit.synth.cohort import RECORDING, draw_drive, stream
from edgekit.synth.gesture import ORDINARY_KINDS, GestureKind
from edgekit.synth.movement import ease
from edgekit.synth.ordinary import draw_ordinary
from edgekit.synth.scene import Act, Scene, film
from edgekit.synth.sight import draw_sight
from edgekit.synth.spasms import draw_spasm

CLUSTER_EVERY_S = 420.0
"""On average; each recording has at least one cluster."""
MEAN_REST_S = 14.0
"""Mean time between ordinary acts."""


@dataclass(frozen=True)
class RecordingPlan:
    """What fixes a set of recordings. Their children are none of the cohort's."""

    n_recordings: int
    minutes: float = 10.0
    fps: float = 30.0
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be made."""
        if not 0 <= self.n_recordings <= 10_000:
            raise UsageError(f"--recordings {self.n_recordings}: it is between 0 and 10000")
        if not 0.5 <= self.minutes <= 60:
            raise UsageError(f"--minutes {self.minutes:g}: it is between 0.5 and 60")


@dataclass(frozen=True)
class TimedEvent:
    """When something happened; frames count from 0, the last one included."""

    start_frame: int
    end_frame: int
    kind: GestureKind


@dataclass(frozen=True)
class Recording:
    """One long recording with all that happens in it."""

    name: str
    """`recording_{id}`."""
    landmarks: NDArray[np.float32]
    """(T, 33, 5)."""
    events: tuple[TimedEvent, ...]
    """Spasms and hard negatives, in order of time; they never overlap a spasm."""


def make_recordings(plan: RecordingPlan) -> Iterator[Recording]:
    """Yield every recording of a plan."""
    for number in range(1, plan.n_recordings + 1):
        yield make_recording(number, minutes=plan.minutes, fps=plan.fps, seed=plan.seed)


def make_recording(number: int, *, minutes: float, fps: float = 30.0, seed: int = 0) -> Recording:
    """Return the recording with this number; the same arguments give the same recording."""
    rng = stream(seed, 0, RECORDING, number)
    child = draw_child(rng)
    n_frames = round(minutes * 60.0 * fps)
    spasms = _clusters(rng, child, n_frames / fps)
    acts = sorted([*spasms, *_ordinary_life(rng, spasms, n_frames / fps)], key=lambda a: a.start_s)
    pose, drive = _wakefulness(rng, child, np.arange(n_frames) / fps)
    scene = Scene(child, fps, pose, drive, acts, draw_sight(rng, child.quality))
    landmarks = film(rng, scene).astype(np.float32)
    return Recording(f"recording_{number}", landmarks, tuple(_timed(act, fps) for act in acts))


def _clusters(rng: np.random.Generator, child: Child, duration_s: float) -> list[Act]:
    """Spasms in runs of 4 to 14, some 5 to 20 seconds apart, each run fading as it goes."""
    spasms: list[Act] = []
    n_clusters = max(1, round(duration_s / CLUSTER_EVERY_S))
    stretch_s = duration_s / n_clusters
    for cluster in range(n_clusters):
        start_s = (cluster + rng.uniform(0.1, 0.4)) * stretch_s
        for _ in range(int(rng.integers(4, 15))):
            spasm = Act(start_s, draw_spasm(rng, child.spasms))
            if spasm.end_s > min((cluster + 0.98) * stretch_s, duration_s - 1.0):
                break
            spasms.append(spasm)
            start_s = spasm.end_s + rng.uniform(4.0, 18.0)
    return spasms


def _ordinary_life(
    rng: np.random.Generator, spasms: Sequence[Act], duration_s: float
) -> Iterator[Act]:
    """Hard negatives throughout, a second or more away from every spasm and each other."""
    start_s = rng.exponential(MEAN_REST_S)
    while True:
        kind = ORDINARY_KINDS[rng.integers(len(ORDINARY_KINDS))]
        act = Act(start_s, draw_ordinary(rng, kind))
        if act.end_s >= duration_s:
            return
        if all(act.end_s + 1.0 < spasm.start_s or spasm.end_s + 1.0 < start_s for spasm in spasms):
            yield act
        start_s = act.end_s + 1.0 + rng.exponential(MEAN_REST_S)


def _wakefulness(rng: np.random.Generator, child: Child, time_s: Floats) -> tuple[Floats, Floats]:
    """Poses (T, A) and drive (T,): every minute or so the child settles another way."""
    pose = np.broadcast_to(vary(rng, child.rest), (len(time_s), child.rest.size)).copy()
    drive = np.full(len(time_s), draw_drive(rng))
    turn_s = rng.uniform(20.0, 120.0)
    while turn_s < time_s[-1]:
        share = ease((time_s - turn_s) / 3.0)
        pose += share[:, None] * (vary(rng, child.rest) - pose)
        drive += share * (draw_drive(rng) - drive)
        turn_s += rng.uniform(20.0, 120.0)
    return pose, drive


def _timed(act: Act, fps: float) -> TimedEvent:
    first, end = round(act.start_s * fps), round(act.end_s * fps)
    return TimedEvent(first, max(first, end - 1), act.gesture.kind)
