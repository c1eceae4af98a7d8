"""A camera by its number; a frame's time is when it arrived, on the monotonic clock."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass

from edgekit.errors import DataError
from edgekit.pose.capture import Capture, open_capture, to_rgb
from edgekit.pose.native_log import NativeLog
from edgekit.pose.source import Frame


@dataclass(frozen=True)
class Camera:
    """Frames of the camera /dev/videoN, until somebody stops."""

    index: int
    clock: Callable[[], float] = time.monotonic
    open_capture: Callable[[str | int], Capture] = open_capture

    n_expected = None
    is_live = True

    @property
    def name(self) -> str:
        """What messages call it."""
        return f"camera {self.index}"

    def __iter__(self) -> Iterator[Frame]:
        """Yield frames as they come.

        Raises:
            DataError: There is no such camera, or it stopped sending.
        """
        with closing(NativeLog()) as log, log.held():
            capture = self.open_capture(self.index)
        try:
            if not capture.isOpened():
                raise DataError(
                    f"{self.name}: cannot be opened; check that /dev/video{self.index} exists, "
                    "is not in use, and that you are in the group video"
                )
            start_s = self.clock()
            while True:
                is_read, picture = capture.read()
                t_s = self.clock() - start_s
                if not is_read:
                    raise DataError(f"{self.name}: sends no more pictures after {t_s:.1f} s")
                yield Frame(to_rgb(picture), t_s)
        finally:
            capture.release()
