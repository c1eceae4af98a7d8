"""Spasms as the model has them: trunk, head and limbs contract together, hold, and relax slowly.

What is modelled after descriptions of infantile spasms: flexor, extensor and mixed forms; an
onset of a quarter of a second or less; 0.5 to 2 s in all; runs of them. The numbers are round
figures chosen for a test bed, not estimates from patients.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgekit.synth.body import Floats, offsets
from edgekit.synth.gesture import SPASM_KINDS, Gesture, SpasmKind, Stroke, from_strokes
from edgekit.synth.movement import PARTS, part_weights

MAX_LAG_S = 0.06
"""The parts of the body start within this time of each other."""
MILD_SHARE = 0.15
"""Share of spasms that are hard to tell even when one knows."""

_FLEX_AXIS = offsets(trunk_flex=34, neck_flex=34)
_FLEX_ARMS = offsets(shoulder_flex=44, shoulder_abd=12, elbow=22, wrist=15)
_FLEX_LEGS = offsets(hip_flex=48, hip_abd=-6, knee=28)
_EXTEND_AXIS = offsets(trunk_flex=-22, neck_flex=-30)
_EXTEND_ARMS = offsets(shoulder_abd=42, shoulder_flex=24, elbow=-50, wrist=-15)
_EXTEND_LEGS = offsets(hip_flex=-40, knee=-58, ankle=20)

_FORMS: dict[SpasmKind, Floats] = {
    "flexor_spasm": _FLEX_AXIS + _FLEX_ARMS + _FLEX_LEGS,
    "extensor_spasm": _EXTEND_AXIS + _EXTEND_ARMS + _EXTEND_LEGS,
    "mixed_spasm": _FLEX_AXIS + 0.6 * _FLEX_ARMS + 0.4 * _EXTEND_ARMS + _EXTEND_LEGS,
}


@dataclass(frozen=True)
class SpasmStyle:
    """What one child's spasms have in common."""

    amplitude: float
    """1 is a typical, clear spasm."""
    kind_shares: tuple[float, float, float]
    """How often they are flexor, extensor, mixed."""
    parts: tuple[float, float, float]
    """How much axis, arms and legs take part."""
    lean: float
    """From -1 (right side only) to 1 (left side only)."""


def draw_style(rng: np.random.Generator) -> SpasmStyle:
    """Draw a child's way of having spasms."""
    shares = rng.dirichlet((2.0, 1.0, 1.5))
    return SpasmStyle(
        amplitude=float(rng.uniform(0.8, 1.25)),
        kind_shares=(float(shares[0]), float(shares[1]), float(shares[2])),
        parts=(
            float(rng.uniform(0.8, 1.2)),
            float(rng.uniform(0.7, 1.2)),
            float(rng.uniform(0.6, 1.2)),
        ),
        lean=float(np.clip(rng.normal(0.0, 0.2), -0.5, 0.5)),
    )


def draw_spasm(
    rng: np.random.Generator, style: SpasmStyle, kind: SpasmKind | None = None
) -> Gesture:
    """Draw one spasm of a child; of `kind`, or of the kinds that this child has."""
    if kind is None:
        kind = SPASM_KINDS[rng.choice(len(SPASM_KINDS), p=style.kind_shares)]
    amplitude = style.amplitude * rng.uniform(0.7, 1.35)
    if rng.random() < MILD_SHARE:
        amplitude *= rng.uniform(0.25, 0.6)
    rise_s, hold_s, fall_s = rng.uniform((0.10, 0.15, 0.35), (0.27, 0.75, 0.85))
    axis, arms, legs = style.parts * rng.uniform(0.75, 1.25, 3)
    left, right = 1.0 + style.lean, 1.0 - style.lean
    shares = (axis, arms * left, arms * right, legs * left, legs * right)
    strokes = []
    for share, only in zip(shares, np.eye(len(PARTS)), strict=True):
        lag_s = rng.uniform(0.0, MAX_LAG_S)
        pace = rng.uniform(0.9, 1.1)
        change = amplitude * share * part_weights(*only) * _FORMS[kind]
        strokes.append(Stroke(change, lag_s, rise_s * pace, hold_s, fall_s * pace))
    return from_strokes(kind, strokes)
