"""The hard negatives: what a healthy child, an adult or the cot does that looks sudden.

Their size and speed overlap with those of spasms on purpose; what sets a spasm apart is its
shape over time and that trunk, head and limbs take part together.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from edgekit.synth.body import ANGLES, N_ANGLES, Floats, offsets
from edgekit.synth.gesture import Gesture, OrdinaryKind, Stroke, all_strokes, from_strokes
from edgekit.synth.movement import PARTS, Motion, ease, motion, part_weights, pulse

Draw = Callable[[np.random.Generator], Gesture]


def draw_ordinary(rng: np.random.Generator, kind: OrdinaryKind) -> Gesture:
    """Draw one ordinary act of `kind`."""
    return _DRAW[kind](rng)


def _startle(rng: np.random.Generator) -> Gesture:
    """Like the Moro reflex: the arms fly out and open, then come together; the legs hardly move."""
    size = rng.uniform(0.8, 1.6)
    out_s, back_s = rng.uniform((0.1, 0.45), (0.24, 1.0))
    fling = offsets(shoulder_abd=36, shoulder_flex=12, elbow=-38, wrist=-25, neck_flex=-16)
    embrace = offsets(shoulder_abd=-22, shoulder_flex=38, elbow=25)
    flinch = offsets(hip_flex=12, knee=12, trunk_flex=-6)
    uneven = part_weights(1.0, *rng.uniform(0.75, 1.25, 2), *rng.uniform(0.0, 1.5, 2))
    return from_strokes(
        "startle",
        [
            Stroke(size * uneven * (fling + flinch), 0.0, out_s, rng.uniform(0.02, 0.15), back_s),
            Stroke(size * uneven * embrace, out_s + 0.1, back_s, 0.1, rng.uniform(0.5, 1.0)),
        ],
    )


def _kicking(rng: np.random.Generator) -> Gesture:
    """One leg, both in turn, or both at once; a few kicks, while the arms wave along a little."""
    n_kicks = int(rng.integers(1, 6))
    manner = rng.choice(("left", "right", "turns", "both"))
    strokes, start_s = [], 0.0
    for kick in range(n_kicks):
        rise_s, fall_s = rng.uniform((0.09, 0.13), (0.24, 0.4))
        size = rng.uniform(0.8, 1.8)
        thrust = offsets(hip_flex=-26, knee=-52, ankle=12)
        draw_up = offsets(hip_flex=34, knee=36)
        change = size * (thrust if rng.random() < 0.6 else draw_up)
        left = manner in ("left", "both") or (manner == "turns" and kick % 2 == 0)
        right = manner in ("right", "both") or (manner == "turns" and kick % 2 == 1)
        legs = part_weights(0, 0, 0, left, right)
        wave = offsets(
            **{name: rng.normal(0.0, 9.0) for name in ANGLES if "shoulder" in name},
            trunk_side=rng.normal(0.0, 6.0),
            trunk_flex=rng.normal(0.0, 6.0),
            neck_side=rng.normal(0.0, 6.0),
        )
        hold_s = rng.uniform(0.0, 0.2)
        strokes.append(Stroke(legs * change + wave, start_s, rise_s, hold_s, fall_s))
        start_s += rise_s + hold_s + fall_s * rng.uniform(0.5, 1.1)
    return from_strokes("kicking", strokes)


def _reaching(rng: np.random.Generator) -> Gesture:
    """An arm, or both, goes up towards a toy, quickly or slowly, and the eyes follow."""
    size, rise_s = rng.uniform((0.9, 0.16), (1.6, 0.6))
    both = rng.random() < 0.35
    is_left = rng.random() < 0.5
    left, right = float(both or is_left), float(both or not is_left)
    arms = part_weights(1, left, right, 0, 0)
    turn = rng.uniform(5.0, 25.0) * (left - right)
    change = offsets(shoulder_flex=48, shoulder_abd=-16, elbow=-22, neck_twist=turn, neck_flex=16)
    touch = offsets(elbow=14, wrist=18, shoulder_flex=-8)
    hold_s, fall_s = rng.uniform((0.2, 0.4), (1.3, 1.2))
    touches_s = rise_s + rng.uniform(0.0, hold_s, rng.integers(0, 3))
    return from_strokes(
        "reaching",
        [
            Stroke(size * arms * change, 0.0, rise_s, hold_s, fall_s),
            *(Stroke(arms * touch, float(at_s), 0.25, 0.0, 0.25) for at_s in touches_s),
        ],
    )


def _handled(rng: np.random.Generator) -> Gesture:
    """Somebody takes hold of the child, lifts or turns it, and lays it down again."""
    hold_s, move_s, keep_s = rng.uniform((0.2, 0.25, 0.3), (0.7, 0.9, 1.8))
    lift = rng.uniform((-0.06, -0.06, 0.02), (0.06, 0.08, 0.16))
    turn = offsets(
        root_pitch=rng.uniform(-5, 30),
        root_roll=rng.normal(0, 22),
        root_yaw=rng.normal(0, 10),
        trunk_flex=rng.uniform(-6, 24),
        neck_flex=rng.uniform(-20, 20),
        hip_flex=rng.normal(0, 16),
        knee=rng.normal(0, 14),
        shoulder_flex=rng.normal(0, 18),
        shoulder_abd=rng.normal(4, 14),
    )
    jolt = turn * rng.normal(0.0, 0.5, N_ANGLES)
    duration_s = 2.0 * (hold_s + move_s) + keep_s
    strokes = [
        Stroke(turn, hold_s, move_s, keep_s, move_s),
        Stroke(jolt, hold_s + rng.uniform(0.0, move_s), 0.2, 0.1, 0.3),
    ]
    cover = rng.uniform(0.25, 0.9)

    def move(time_s: Floats) -> Motion:
        share = pulse(time_s - hold_s, move_s, keep_s, move_s)
        return motion(
            len(time_s),
            angles=all_strokes(strokes, time_s),
            shift=share[:, None] * lift,
            cover=cover * pulse(time_s, hold_s, duration_s - 2.0 * hold_s, hold_s),
        )

    return Gesture("handled", duration_s, move)


def _camera_bump(rng: np.random.Generator) -> Gesture:
    """The camera is knocked: the picture swings and settles, perhaps somewhere else for a while."""
    knock = rng.normal(0.0, (0.02, 0.02, 0.02))
    swing_hz, settle_s = rng.uniform((2.5, 0.12), (5.0, 0.4))
    stay = rng.normal(0.0, (0.02, 0.02, 0.02))
    keep_s = rng.uniform(0.5, 3.0)
    duration_s = keep_s + 1.2

    def move(time_s: Floats) -> Motion:
        since = np.maximum(time_s, 0.0)
        swing = np.sin(2.0 * np.pi * swing_hz * since) * np.exp(-since / settle_s)
        # Fade out what is left of the swing, so that nothing remains after the end.
        swing *= 1.0 - ease((since - duration_s + 0.5) / 0.5)
        moved = pulse(time_s, 0.15, keep_s, 0.6)
        return motion(len(time_s), shake=swing[:, None] * knock * 1.5 + moved[:, None] * stay)

    return Gesture("camera_bump", duration_s, move)


def _tremor(rng: np.random.Generator) -> Gesture:
    """Jitteriness: a few limbs shake at 4 to 8 Hz."""
    rate_hz, size = rng.uniform((4.0, 3.0), (8.0, 8.0))
    duration_s = rng.uniform(1.0, 3.0)
    taking_part = (rng.random(4) < 0.5).astype(float)
    taking_part[rng.integers(4)] = 1.0
    limbs = part_weights(0.15, *taking_part)
    change = limbs * np.radians(size) * rng.uniform(-1.6, 1.6, N_ANGLES)

    def move(time_s: Floats) -> Motion:
        beat = np.sin(2.0 * np.pi * rate_hz * time_s)
        swell = pulse(time_s, 0.3, duration_s - 0.6, 0.3)
        return motion(len(time_s), angles=(beat * swell)[:, None] * change)

    return Gesture("tremor", duration_s, move)


def _stretching(rng: np.random.Generator) -> Gesture:
    """The whole body stretches or curls up like a spasm, but slowly."""
    size = rng.uniform(0.6, 1.2)
    if rng.random() < 0.6:
        change = offsets(trunk_flex=-16, neck_flex=-20, shoulder_abd=34, shoulder_flex=14)
        change = change + offsets(elbow=-36, hip_flex=-26, knee=-42, ankle=14)
    else:
        change = offsets(trunk_flex=24, neck_flex=22, shoulder_flex=34, elbow=20, hip_flex=36)
    change = size * change * rng.uniform(0.7, 1.3, N_ANGLES)
    rise_s, hold_s, fall_s = rng.uniform((0.55, 0.3, 0.6), (1.5, 1.8, 1.6))
    twist = offsets(trunk_side=rng.normal(0, 7), neck_twist=rng.normal(0, 15))
    return from_strokes("stretching", [Stroke(change + twist, 0.0, rise_s, hold_s, fall_s)])


def _fussing(rng: np.random.Generator) -> Gesture:
    """Cross and crying: every part jerks, each when it likes."""
    duration_s = rng.uniform(1.5, 4.0)
    spread = np.abs(
        offsets(
            trunk_flex=16,
            trunk_side=10,
            trunk_twist=14,
            neck_flex=18,
            neck_side=10,
            neck_twist=28,
            shoulder_flex=28,
            shoulder_abd=22,
            elbow=28,
            hip_flex=26,
            knee=30,
        )
    )
    strokes = []
    for _ in range(int(duration_s * rng.uniform(2.0, 4.5))):
        part = part_weights(*np.eye(len(PARTS))[rng.integers(len(PARTS))])
        rise_s, hold_s, fall_s = rng.uniform((0.12, 0.0, 0.15), (0.35, 0.3, 0.6))
        change = part * spread * rng.uniform(-2.1, 2.1, N_ANGLES)
        strokes.append(Stroke(change, rng.uniform(0.0, duration_s), rise_s, hold_s, fall_s))
    return from_strokes("fussing", strokes)


_DRAW: dict[OrdinaryKind, Draw] = {
    "startle": _startle,
    "kicking": _kicking,
    "reaching": _reaching,
    "handled": _handled,
    "camera_bump": _camera_bump,
    "tremor": _tremor,
    "stretching": _stretching,
    "fussing": _fussing,
}
