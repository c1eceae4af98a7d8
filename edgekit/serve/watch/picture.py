"""What is told of a picture without keeping it: how bright, how varied, and whether it is new."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edgekit.serve.watch.seen import Picture

_WIDTH = 256
"""Pixels of the copy before averaging; enough to tell a lens cap from a blanket."""
_BLOCK = 4
_LUMA = np.array([77, 150, 29], np.uint16)
"""ITU-R BT.601 weights of red, green and blue, in 1/256."""


class PictureWatch:
    """Compares each picture with the one before, which it holds in memory and nowhere else."""

    def __init__(self) -> None:
        self._rgb: NDArray[np.uint8] | None = None
        self._small: NDArray[np.float32] | None = None

    def look(self, rgb: NDArray[np.uint8]) -> Picture:
        """Return the facts of a picture, uint8 (height, width, 3); the array must stay as it is."""
        small = grey(rgb)
        is_same = (
            self._small is not None
            and self._rgb is not None
            and np.array_equal(small, self._small)
            and np.array_equal(rgb, self._rgb)
        )
        self._rgb, self._small = rgb, small
        return Picture(float(small.mean()), float(small.std()), is_same)


def grey(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return a small grey copy, 0..1; averaging takes away most of the camera's noise."""
    step = max(1, rgb.shape[1] // _WIDTH)
    weighed = rgb[::step, ::step].astype(np.uint16) * _LUMA
    luma = weighed.sum(axis=2, dtype=np.uint16)
    block = min(_BLOCK, *luma.shape)
    height, width = (size // block for size in luma.shape)
    blocks = luma[: height * block, : width * block].reshape(height, block, width, block)
    small: NDArray[np.float32] = blocks.mean(axis=(1, 3), dtype=np.float32)
    small /= 255 * 256
    return small
