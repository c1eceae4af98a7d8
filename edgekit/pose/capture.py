"""The part of OpenCV's VideoCapture that edgekit uses, as a seam for tests and for Python."""

from __future__ import annotations

from typing import Any, Protocol

from edgekit.pose.native import opencv


class Capture(Protocol):
    """An open video or camera; pictures come as blue, green, red."""

    def isOpened(self) -> bool:  # noqa: N802 -- OpenCV's name
        """Whether it opened."""

    def read(self) -> tuple[bool, Any]:
        """Return whether a picture came, and the picture."""

    def get(self, property_id: int, /) -> float:
        """Return a property, 0 or -1 when unknown."""

    def release(self) -> None:
        """Close it."""


# Numbers of the properties, the same in every OpenCV: a fake needs no cv2 to know them.
POSITION_MS, FPS, N_FRAMES = 0, 5, 7


def open_capture(source: str | int) -> Capture:
    """Open a video file by its name, or a camera by the number of its /dev/video."""
    cv2 = opencv()
    # OpenCV's other ways to a camera would each complain that there is none.
    how = cv2.CAP_ANY if isinstance(source, str) else cv2.CAP_V4L2
    capture: Capture = cv2.VideoCapture(source, how)
    return capture


def to_rgb(picture: Any) -> Any:
    """Return a picture, uint8 (H, W, 3), with red first."""
    cv2 = opencv()
    return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)
