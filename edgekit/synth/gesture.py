"""What a child does once and then is done with: the form that spasms and ordinary acts share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from edgekit.synth.body import Floats
from edgekit.synth.movement import Motion, motion, pulse

SpasmKind = Literal["flexor_spasm", "extensor_spasm", "mixed_spasm"]
OrdinaryKind = Literal[
    "startle",
    "kicking",
    "reaching",
    "handled",
    "camera_bump",
    "tremor",
    "stretching",
    "fussing",
]
GestureKind = SpasmKind | OrdinaryKind
Kind = GestureKind | Literal["quiet"]

SPASM_KINDS: tuple[SpasmKind, ...] = get_args(SpasmKind)
"""The kinds that make a clip's label 1."""
ORDINARY_KINDS: tuple[OrdinaryKind, ...] = get_args(OrdinaryKind)
"""The hard negatives: sudden, large or rhythmic, and no spasm."""
KINDS: tuple[Kind, ...] = (*SPASM_KINDS, *ORDINARY_KINDS, "quiet")


@dataclass(frozen=True)
class Gesture:
    """One act, as a function of time; it adds nothing before 0 and after `duration_s`."""

    kind: GestureKind
    duration_s: float
    move: Callable[[Floats], Motion]
    """Seconds since its start (T,) to what it adds."""


@dataclass(frozen=True)
class Stroke:
    """One change of pose that comes, stays a moment, and goes."""

    change: Floats
    """(A,) radians at its height."""
    start_s: float
    rise_s: float
    hold_s: float
    fall_s: float

    @property
    def end_s(self) -> float:
        """When the child is back where it was."""
        return self.start_s + self.rise_s + self.hold_s + self.fall_s

    def angles(self, time_s: Floats) -> Floats:
        """Return the change of pose over time, (T, A)."""
        height = pulse(time_s - self.start_s, self.rise_s, self.hold_s, self.fall_s)
        return height[:, None] * self.change


def all_strokes(strokes: Sequence[Stroke], time_s: Floats) -> Floats:
    """Return the sum of what `strokes` change over time, (T, A)."""
    return np.asarray(np.sum([stroke.angles(time_s) for stroke in strokes], axis=0))


def from_strokes(kind: GestureKind, strokes: Sequence[Stroke]) -> Gesture:
    """Return the gesture that makes all of `strokes`."""

    def move(time_s: Floats) -> Motion:
        return motion(len(time_s), angles=all_strokes(strokes, time_s))

    return Gesture(kind, max(stroke.end_s for stroke in strokes), move)
