"""The parts of the judgement, and its limits against real and made-up pictures."""

from __future__ import annotations

import numpy as np
import pytest
from health_reports import body
from numpy.typing import NDArray

from edgekit.serve.conditions import Condition
from edgekit.serve.health.body import LIMBS, limb_share
from edgekit.serve.health.frame_rate import FrameRate
from edgekit.serve.health.lasting import Lasting
from edgekit.serve.health.picture import PictureHealth
from edgekit.serve.watch.picture import PictureWatch
from edgekit.serve.watch.seen import Observation


def test_a_sign_lasts_before_it_counts_and_stays_away_before_it_is_withdrawn() -> None:
    sign = Lasting(clear_s=2.0)
    said = [
        sign.update(t_s, is_bad=is_bad, raise_s=1.0)
        for t_s, is_bad in (
            *((0.0, True), (0.5, False), (1.0, True), (1.9, True), (2.0, True)),
            *((3.0, False), (4.0, True), (5.0, False), (6.9, False), (7.0, False)),
        )
    ]

    assert said == [False] * 4 + [True] * 5 + [False]


def test_the_twelve_limb_joints() -> None:
    assert LIMBS == (11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28)
    landmarks = body(0)
    landmarks[list(LIMBS[:3]), 3] = 0.49
    landmarks[LIMBS[3]] = np.nan
    landmarks[0] = np.nan
    assert limb_share(landmarks) == pytest.approx(8 / 12)


def test_the_frame_rate_falls_while_nothing_comes() -> None:
    rate = FrameRate()
    assert rate.at(0.0) == 0
    for n in range(300):
        rate.take(n / 30, 100 + n / 30, 24.0)
    newest = 100 + 299 / 30

    assert rate.at(newest + 0.5) == pytest.approx(30)
    assert rate.at(newest + 3.0) == pytest.approx(15, rel=0.1)
    assert rate.at(newest + 10) == 0
    assert not rate.is_low


def test_a_camera_at_exactly_the_limit_is_not_too_slow() -> None:
    rate = FrameRate()
    for n in range(24 * 30):
        rate.take(n / 24, n / 24, 0.8 * 30)
        assert not rate.is_low


def _judged(frames: list[NDArray[np.uint8]]) -> frozenset[Condition]:
    """Return what is wrong with these pictures, shown over and over for five seconds."""
    watch, health = PictureWatch(), PictureHealth()
    for n in range(50):
        picture = watch.look(frames[n % len(frames)])
        health.take(Observation(n, n / 10, n / 10, body(n), picture), bad_s=4.0)
    return health.conditions


def _noisy(picture: NDArray[np.floating], noise: float) -> list[NDArray[np.uint8]]:
    """Return some frames of one picture, 0..255, with a sensor's noise."""
    rng = np.random.default_rng(7)
    frames = (picture + rng.normal(0, noise, picture.shape) for _ in range(4))
    return [np.clip(np.rint(frame), 0, 255).astype(np.uint8) for frame in frames]


def _evenly(level: float, loss: float = 0.0) -> NDArray[np.floating]:
    """Return one grey level whose corners lose a share of their light, (H, W, 3)."""
    y, x = np.mgrid[-1:1:480j, -1:1:640j]
    return np.repeat((level * (1 - loss * (x**2 + y**2) / 2))[..., None], 3, axis=2)


@pytest.mark.parametrize("noise", [0.0, 2.0, 10.0, 20.0])
def test_black_is_dark_whatever_its_noise(noise: float) -> None:
    """Row 9: black."""
    assert _judged(_noisy(_evenly(0), noise)) == {Condition.PICTURE_DARK}


@pytest.mark.parametrize("level", [30, 90, 200])
@pytest.mark.parametrize("loss", [0.0, 0.3])
@pytest.mark.parametrize("noise", [1.0, 5.0])
def test_an_even_picture_is_covered(level: float, loss: float, noise: float) -> None:
    """Row 9: covered, by a finger, by cloth, through lenses with darker corners."""
    assert _judged(_noisy(_evenly(level, loss), noise)) == {Condition.PICTURE_COVERED}


@pytest.mark.parametrize("name", ["astronaut", "chelsea", "coffee", "camera"])
@pytest.mark.parametrize(("light", "haze"), [(1.0, 0.0), (0.25, 0.0), (1.0, 0.5)])
def test_real_pictures_are_neither_dark_nor_covered(name: str, light: float, haze: float) -> None:
    data = pytest.importorskip("skimage.data", reason="the photographs come with scikit-image")
    photograph = np.asarray(getattr(data, name)(), np.float64)
    if photograph.ndim == 2:
        photograph = np.repeat(photograph[..., None], 3, axis=2)

    hazy = photograph.mean() * haze + photograph * (1 - haze)
    assert _judged(_noisy(hazy * light, 5.0)) == frozenset()


def test_one_picture_over_and_over_is_frozen() -> None:
    """Row 9: frozen."""
    room = _noisy(_evenly(200) * np.linspace(0.2, 1, 640)[:, None], 5.0)

    assert _judged(room) == frozenset()
    assert _judged(room[:1]) == {Condition.PICTURE_FROZEN}
