"""Is there a picture at all: frozen, covered, dark. Measured on a small grey copy, never kept.

The limits were chosen on 64 x 48 grey copies of three rooms on video, an astronaut's photograph
and scikit-image's pictures, against black, dimmed and covered ones with sensor noise.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edgekit.serve.conditions import Condition
from edgekit.serve.health.lasting import Lasting
from edgekit.serve.watch.seen import Observation, Picture

DARK_BRIGHTNESS = 0.06
"""Dimmed to a mean of 0.050 to 0.055, with noise, MediaPipe (full) found nobody in any of three
scenes; at 0.10 it still did in one, at 0.41 and above in all. Black with noise of 20 grey levels
has a mean of 0.031."""
COVERED_CONTRAST = 0.10
"""Standard deviation over mean. Rooms and faces: 0.25 to 0.55, and no less when they are dim. Cloth
or a finger over the lens: below 0.02 when evenly lit, about 0.08 with a lens that loses a third
of its light towards the corners. A cover that is more structured than that shows nobody."""
CLEAR_S = 2.0
"""A hand that only brushes the lens is one alarm, not five."""


class PictureHealth:
    """Frozen, covered, dark; over the source's time."""

    def __init__(self) -> None:
        self._frozen = Lasting(clear_s=CLEAR_S)
        self._covered = Lasting(clear_s=CLEAR_S)
        self._dark = Lasting(clear_s=CLEAR_S)
        self._landmarks: NDArray[np.float32] | None = None

    def take(self, seen: Observation, bad_s: float) -> None:
        """Judge one frame; a sign counts when it lasts `bad_s` seconds."""
        is_dark = seen.picture is not None and seen.picture.brightness < DARK_BRIGHTNESS
        is_covered = not is_dark and seen.picture is not None and _is_flat(seen.picture)
        self._dark.update(seen.t_s, is_bad=is_dark, raise_s=bad_s)
        self._covered.update(seen.t_s, is_bad=is_covered, raise_s=bad_s)
        self._frozen.update(seen.t_s, is_bad=self._is_same(seen), raise_s=bad_s)

    def forget(self) -> None:
        """Begin anew, as after the camera was away."""
        self._landmarks = None
        for sign in (self._frozen, self._covered, self._dark):
            sign.forget()

    @property
    def conditions(self) -> frozenset[Condition]:
        """What is wrong with the picture; dark or covered says more than frozen.

        A black picture has no noise left by which a frozen one could be told.
        """
        if self._dark.is_present:
            return frozenset({Condition.PICTURE_DARK})
        if self._covered.is_present:
            return frozenset({Condition.PICTURE_COVERED})
        return frozenset({Condition.PICTURE_FROZEN} if self._frozen.is_present else ())

    def _is_same(self, seen: Observation) -> bool:
        """Tell whether nothing at all has changed; of replayed landmarks, where there is a body."""
        before, self._landmarks = self._landmarks, seen.landmarks
        if seen.picture is not None:
            return seen.picture.is_same
        if before is None or np.isnan(seen.landmarks).all():
            return False
        return np.array_equal(before, seen.landmarks, equal_nan=True)


def _is_flat(picture: Picture) -> bool:
    return picture.contrast < COVERED_CONTRAST * picture.brightness
