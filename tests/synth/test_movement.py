"""Smooth movement: eased strokes, band-limited noise, limbs that move in waves."""

from __future__ import annotations

import numpy as np
import pytest

from edgekit.synth.body import ANGLES, N_ANGLES
from edgekit.synth.movement import (
    PARTS,
    Temper,
    ease,
    noise,
    part_weights,
    pulse,
    spontaneous,
)

TIME_S = np.arange(3000) / 30.0


def test_ease_starts_and_ends_at_rest() -> None:
    value = ease(np.linspace(-0.5, 1.5, 2001))
    assert value[0] == 0.0
    assert value[-1] == 1.0
    assert (np.diff(value) >= 0.0).all()
    assert np.abs(np.diff(value, n=2)).max() < 1e-5


def test_pulse_rises_holds_and_falls_when_told() -> None:
    time_s = np.array([-0.1, 0.0, 0.1, 0.2, 0.5, 1.0, 1.5])
    value = pulse(time_s, 0.2, 0.3, 1.0)
    np.testing.assert_allclose(value, [0.0, 0.0, 0.5, 1.0, 1.0, 0.5, 0.0], atol=1e-12)


def test_noise_has_unit_spread_and_keeps_to_its_band() -> None:
    value = noise(np.random.default_rng(0), TIME_S, 40, 0.5, 2.0)
    assert value.shape == (3000, 40)
    assert value.std() == pytest.approx(1.0, abs=0.05)
    power = (np.abs(np.fft.rfft(value * np.hanning(3000)[:, None], axis=0)) ** 2).sum(axis=1)
    hertz = np.fft.rfftfreq(3000, 1 / 30.0)
    outside = power[(hertz < 0.4) | (hertz > 2.1)].sum()
    assert outside < 0.001 * power.sum()


def test_a_lively_child_moves_more_and_a_quick_one_faster() -> None:
    def moved(amplitude: float, tempo: float, drive: float) -> tuple[float, float]:
        temper = Temper(amplitude, tempo)
        angles = spontaneous(np.random.default_rng(1), TIME_S, temper, drive).angles
        return float(angles.std()), float(np.abs(np.diff(angles, axis=0)).mean() / angles.std())

    size, speed = moved(1.0, 1.0, 1.0)
    assert moved(2.0, 1.0, 1.0)[0] == pytest.approx(2.0 * size)
    assert moved(1.0, 1.0, 0.5)[0] == pytest.approx(0.5 * size)
    assert moved(1.0, 2.0, 1.0)[1] > 1.5 * speed


def test_part_weights_reach_their_part_only() -> None:
    weights = part_weights(*(float(part == "left arm") for part in PARTS))
    assert weights.shape == (N_ANGLES,)
    chosen = {name for name, weight in zip(ANGLES, weights, strict=True) if weight}
    assert chosen == {f"left_{n}" for n in ("elbow", "wrist", *_shoulder())}


def _shoulder() -> tuple[str, ...]:
    return ("shoulder_flex", "shoulder_abd", "shoulder_rot")
