"""Is the child to be seen: nobody in view, or too little of it."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from edgekit.serve.conditions import Condition
from edgekit.serve.health.lasting import Lasting
from edgekit.serve.watch.seen import Observation
from edgekit.skeleton import LANDMARKS

LIMBS = tuple(
    index
    for index, name in enumerate(LANDMARKS)
    if name.split("_")[-1] in {"shoulder", "elbow", "wrist", "hip", "knee", "ankle"}
)
"""Twelve joints: a spasm is in the trunk and the limbs, a face alone does not show it."""
VISIBILITY = 3
MIN_VISIBILITY = 0.5
"""MediaPipe gives every landmark of a person, and says by this which of them are guesses."""
MIN_LIMB_SHARE = 0.5
"""Real recordings of whole people, 655 files: 0.75 or more of the twelve joints. Head and
shoulders only: 0.17. Half is arms without legs, or the other way round."""
LIMBS_OVER_S = 5.0
"""Mean over so many seconds, the length of a window: who turns round is hidden for a moment."""
MIN_SPAN_S = 2.0
"""Of a person who has just come, less is no verdict."""
MAX_FRAMES = 1200
"""Five seconds at the fastest frame rate that settings allow."""
SEEN_AGAIN_S = 1.0
"""One frame with a person in it may be an error of the extractor; a second of them is somebody."""
UNCOVERED_S = 2.0


class BodyHealth:
    """Nobody, or too few landmarks; over the source's time."""

    def __init__(self) -> None:
        self._nobody = Lasting(clear_s=SEEN_AGAIN_S)
        self._too_few = Lasting(clear_s=UNCOVERED_S)
        self._shares: deque[tuple[float, float]] = deque(maxlen=MAX_FRAMES)

    def take(self, seen: Observation, nobody_s: float) -> None:
        """Judge one frame; an empty view counts when it lasts `nobody_s` seconds."""
        is_somebody = bool(np.isfinite(seen.landmarks[:, 0]).any())
        self._nobody.update(seen.t_s, is_bad=not is_somebody, raise_s=nobody_s)
        if is_somebody:
            self._shares.append((seen.t_s, limb_share(seen.landmarks)))
        while self._shares and self._shares[0][0] <= seen.t_s - LIMBS_OVER_S:
            self._shares.popleft()
        self._too_few.update(seen.t_s, is_bad=self._is_hidden(), raise_s=0.0)

    def forget(self) -> None:
        """Begin anew, as after the camera was away."""
        self._shares.clear()
        self._nobody.forget()
        self._too_few.forget()

    @property
    def conditions(self) -> frozenset[Condition]:
        """What is wrong; nobody at all says more than too few landmarks."""
        if self._nobody.is_present:
            return frozenset({Condition.NOBODY_IN_VIEW})
        return frozenset({Condition.TOO_FEW_LANDMARKS} if self._too_few.is_present else ())

    def _is_hidden(self) -> bool:
        if not self._shares or self._shares[-1][0] - self._shares[0][0] < MIN_SPAN_S:
            return False
        return sum(share for _, share in self._shares) < MIN_LIMB_SHARE * len(self._shares)


def limb_share(landmarks: NDArray[np.float32]) -> float:
    """Return the share of the twelve limb joints, of (V, 5), that are really seen: 0..1."""
    # A comparison with NaN is False: what was not observed is not seen.
    return float((landmarks[LIMBS, VISIBILITY] >= MIN_VISIBILITY).mean())
