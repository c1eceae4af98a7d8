"""Spasms and ordinary acts: what each adds, when, and that nothing is left afterwards."""

from __future__ import annotations

import numpy as np
import pytest

from edgekit.synth.body import ANGLES, Floats
from edgekit.synth.gesture import (
    KINDS,
    ORDINARY_KINDS,
    SPASM_KINDS,
    Gesture,
    GestureKind,
    OrdinaryKind,
    SpasmKind,
)
from edgekit.synth.movement import Motion
from edgekit.synth.ordinary import draw_ordinary
from edgekit.synth.spasms import MAX_LAG_S, draw_spasm, draw_style

GESTURES: tuple[GestureKind, ...] = (*SPASM_KINDS, *ORDINARY_KINDS)
ONE_STYLE = draw_style(np.random.default_rng(3))
FINE_HZ = 240.0


def draw(kind: GestureKind, seed: int) -> Gesture:
    rng = np.random.default_rng(seed)
    for spasm in SPASM_KINDS:
        if kind == spasm:
            return draw_spasm(rng, ONE_STYLE, spasm)
    for ordinary in ORDINARY_KINDS:
        if kind == ordinary:
            return draw_ordinary(rng, ordinary)
    raise AssertionError(kind)


def times(gesture: Gesture) -> Floats:
    return np.arange(-0.5, gesture.duration_s + 0.5, 1.0 / FINE_HZ)


def size(motion: Motion) -> Floats:
    """All that a motion adds, as one number a frame."""
    parts = (motion.angles, motion.shift, motion.shake, motion.cover[:, None])
    return np.asarray(sum(np.abs(part).sum(axis=1) for part in parts))


def test_the_kinds_are_the_issues_and_no_two_alike() -> None:
    assert set(SPASM_KINDS) == {"flexor_spasm", "extensor_spasm", "mixed_spasm"}
    assert {"startle", "kicking", "reaching", "handled", "camera_bump", "tremor"} <= set(
        ORDINARY_KINDS
    )
    assert len(set(KINDS)) == len(KINDS) == len(SPASM_KINDS) + len(ORDINARY_KINDS) + 1


@pytest.mark.parametrize("kind", GESTURES)
@pytest.mark.parametrize("seed", range(5))
def test_a_gesture_does_something_and_leaves_nothing(kind: GestureKind, seed: int) -> None:
    gesture = draw(kind, seed)
    time_s = times(gesture)
    added = size(gesture.move(time_s))
    outside = (time_s <= 0.0) | (time_s >= gesture.duration_s)
    assert gesture.kind == kind
    assert added.max() > 0.01
    np.testing.assert_allclose(added[outside], 0.0, atol=1e-9)


@pytest.mark.parametrize("kind", GESTURES)
def test_a_gesture_never_jumps(kind: GestureKind) -> None:
    for seed in range(10):
        gesture = draw(kind, seed)
        angles = gesture.move(times(gesture)).angles
        # Half a turn a second in the joints is quick, forty times that a jump.
        assert np.abs(np.diff(angles, axis=0)).max() * FINE_HZ < 40.0


@pytest.mark.parametrize("kind", SPASM_KINDS)
def test_a_spasm_lasts_half_a_second_to_two_with_a_quick_onset(kind: SpasmKind) -> None:
    for seed in range(40):
        spasm = draw(kind, seed)
        time_s = times(spasm)
        height = size(spasm.move(time_s))
        half = time_s[height > height.max() / 2]
        assert 0.5 <= spasm.duration_s <= 2.1
        assert half[0] < 0.30
        # It comes faster than it goes.
        assert spasm.duration_s - half[-1] > half[0]


@pytest.mark.parametrize("kind", SPASM_KINDS)
def test_trunk_head_and_limbs_take_part_together(kind: SpasmKind) -> None:
    for seed in range(20):
        spasm = draw(kind, seed)
        time_s = times(spasm)
        angles = np.abs(spasm.move(time_s).angles)
        names = ("trunk_flex", "neck_flex", "left_elbow", "right_elbow", "left_hip_flex")
        onsets = []
        for name in names:
            course = angles[:, ANGLES.index(name)]
            assert course.max() > np.radians(0.5), name
            onsets.append(time_s[np.argmax(course > course.max() / 2)])
        assert max(onsets) - min(onsets) < MAX_LAG_S + 0.04


def test_flexors_flex_and_extensors_extend() -> None:
    trunk, hip = ANGLES.index("trunk_flex"), ANGLES.index("left_hip_flex")

    def height(kind: SpasmKind) -> Floats:
        spasm = draw(kind, 1)
        angles = spasm.move(times(spasm)).angles
        return np.asarray(angles[np.abs(angles).sum(axis=1).argmax()])

    assert height("flexor_spasm")[[trunk, hip]].min() > 0.0
    assert height("extensor_spasm")[[trunk, hip]].max() < 0.0
    mixed = height("mixed_spasm")
    assert mixed[trunk] > 0.0 > mixed[hip]


@pytest.mark.parametrize(
    ("kind", "field"), [("handled", "cover"), ("handled", "shift"), ("camera_bump", "shake")]
)
def test_what_is_not_the_childs_own_movement(kind: OrdinaryKind, field: str) -> None:
    gesture = draw(kind, 2)
    assert np.abs(getattr(gesture.move(times(gesture)), field)).max() > 0.005


def test_a_camera_bump_moves_no_child() -> None:
    gesture = draw("camera_bump", 0)
    assert not gesture.move(times(gesture)).angles.any()


def test_tremor_is_fast_and_small() -> None:
    for seed in range(10):
        gesture = draw("tremor", seed)
        angles = gesture.move(times(gesture)).angles
        course = angles[:, np.abs(angles).max(axis=0).argmax()]
        power = np.abs(np.fft.rfft(course)) ** 2
        peak_hz = np.fft.rfftfreq(len(course), 1 / FINE_HZ)[power.argmax()]
        assert 3.5 <= peak_hz <= 8.5
        assert np.abs(angles).max() < np.radians(15)
