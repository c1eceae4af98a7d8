"""A photograph of a person, moved through the frame as a hand-held camera would.

Real pixels for the demo, and for tests where there is no video.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgekit.errors import MissingExtraError
from edgekit.pose.native import opencv
from edgekit.pose.source import Frame

WIDTH, HEIGHT = 640, 480


@dataclass(frozen=True, eq=False)
class PhotographWalk:
    """A `FrameSource` that pans, zooms and turns slightly over one picture."""

    photograph: NDArray[np.uint8]
    """uint8 (height, width, 3), red first."""
    n_frames: int = 150
    fps: float = 30.0
    name: str = "photograph"

    is_live = False

    @property
    def n_expected(self) -> int:
        """How many frames there are."""
        return self.n_frames

    def __iter__(self) -> Iterator[Frame]:
        """Yield the frames, 640 x 480 pixels."""
        cv2 = opencv()
        for n in range(self.n_frames):
            picture: Any = cv2.warpAffine(
                self.photograph, self._view(n), (WIDTH, HEIGHT), borderMode=cv2.BORDER_REFLECT
            )
            yield Frame(picture, n / self.fps)

    def _view(self, n: int) -> NDArray[np.float64]:
        """Return the affine map (2, 3) from the photograph's pixels to those of frame `n`."""
        phase = 2 * np.pi * n / 150
        height, width = self.photograph.shape[:2]
        zoom = 1.55 * HEIGHT / height * (1.0 + 0.1 * np.cos(phase))
        angle = np.radians(4.0) * np.sin(2 * phase)
        turn = zoom * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        centre = np.array([WIDTH / 2 + 35 * np.sin(phase), HEIGHT / 2 + 90 + 15 * np.cos(phase)])
        shift = centre - turn @ np.array([width / 2, height / 2])
        return np.column_stack([turn, shift])


def photograph_walk(*, n_frames: int = 150) -> PhotographWalk:
    """Return five seconds over scikit-image's photograph of an astronaut, head and shoulders.

    What is below the chest lies outside the picture: there, landmarks are guesses, and their
    visibility says so.

    The picture is NASA's, in the public domain; it comes with scikit-image, not with edgekit.

    Raises:
        MissingExtraError: scikit-image is not installed.
    """
    try:
        from skimage import data
    except ModuleNotFoundError as error:
        raise MissingExtraError("dev", "scikit-image") from error
    return PhotographWalk(data.astronaut(), n_frames=n_frames, name="photograph of an astronaut")
