"""What is told of a picture: brightness, contrast, and whether it is the one before."""

from __future__ import annotations

import numpy as np
import pytest

from edgekit.serve.watch.picture import PictureWatch, grey

ROOM = np.random.default_rng(0).integers(0, 255, (480, 640, 3), dtype=np.uint8)


@pytest.mark.parametrize("size", [(1, 1), (3, 5), (48, 64), (480, 640), (1080, 1920), (1920, 1080)])
def test_black_white_and_grey_of_any_size(size: tuple[int, int]) -> None:
    for level in (0, 51, 255):
        seen = PictureWatch().look(np.full((*size, 3), level, np.uint8))
        assert seen.brightness == pytest.approx(level / 255, abs=1e-6)
        assert seen.contrast == pytest.approx(0, abs=1e-6)
        assert not seen.is_same


def test_noise_is_no_contrast_but_edges_are() -> None:
    rng = np.random.default_rng(1)
    flat = np.clip(rng.normal(90, 5, (480, 640, 3)), 0, 255).astype(np.uint8)
    half = flat.copy()
    half[:, 320:] += 100
    assert PictureWatch().look(flat).contrast < 0.01
    assert PictureWatch().look(half).contrast == pytest.approx(50 / 255, abs=0.01)


def test_only_the_very_same_picture_is_the_same() -> None:
    watch = PictureWatch()
    assert not watch.look(ROOM).is_same
    assert watch.look(ROOM.copy()).is_same
    # One pixel that the small copy does not even look at.
    other = ROOM.copy()
    other[1, 1, 2] ^= 1
    assert np.array_equal(grey(other), grey(ROOM))
    assert not watch.look(other).is_same
    assert not watch.look(ROOM[:240]).is_same
