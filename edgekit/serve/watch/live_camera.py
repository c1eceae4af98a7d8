"""A camera for weeks: opened again whenever it goes away, and only its newest picture counts."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from edgekit.errors import DataError
from edgekit.pose.extract import PoseExtractor
from edgekit.pose.source import Frame, FrameSource
from edgekit.serve.watch.picture import PictureWatch
from edgekit.serve.watch.reporter import Reporter

NO_PICTURE_S = 2.0
"""An open camera without a picture for so long counts as away."""
OPENING_S = 5.0
"""Opening one may take so long before it counts as away."""
STUCK_S = 20.0
"""A driver that does not return for so long never will; only a new process helps."""
_FIRST_RETRY_S, _LAST_RETRY_S = 0.25, 2.0
_TAKE_S = 0.2


@dataclass(frozen=True, eq=False)
class NewPicture:
    """A picture and when it was at hand, on the monotonic clock."""

    rgb: NDArray[np.uint8]
    captured_mono_s: float
    n_dropped: int
    """Pictures that came since the last one taken, and that this one replaced."""


class NewestPicture:
    """Reads a camera in a thread of its own and keeps one picture.

    Any error of the camera, and whatever its driver raises, means that it is away: it is tried
    again for ever, less often as time goes on. (ENODEV when it is unplugged, ENOENT until it is
    back, EACCES until udev has set its group.)
    """

    def __init__(
        self,
        open_camera: Callable[[], FrameSource],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._open_camera, self._clock = open_camera, clock
        self._ready = threading.Condition()
        self._newest: NewPicture | None = None
        self._problem = ""
        self._is_open = False
        self._moved_s = clock()  # when the camera last did anything: a picture, an error
        self._never = threading.Event()

    def start(self) -> None:
        """Begin reading; it goes on until the process ends."""
        threading.Thread(target=self._read_for_ever, name="camera", daemon=True).start()

    def take(self, timeout_s: float) -> NewPicture | None:
        """Return the newest picture that was not taken yet, or None after `timeout_s`."""
        with self._ready:
            if self._newest is None:
                self._ready.wait(timeout_s)
            taken, self._newest = self._newest, None
            return taken

    def problem(self) -> str:
        """Return why no pictures come, in one line; empty while all is well.

        Raises:
            DataError: The driver does not return.
        """
        with self._ready:
            quiet_s = self._clock() - self._moved_s
            if quiet_s > STUCK_S:
                raise DataError(f"the camera's driver does not answer for {quiet_s:.0f} s")
            if self._problem:
                return self._problem
            limit_s = NO_PICTURE_S if self._is_open else OPENING_S
            return f"the camera sends no pictures for {limit_s:g} s" if quiet_s > limit_s else ""

    def _read_for_ever(self) -> None:
        retry_s = _FIRST_RETRY_S
        while True:
            try:
                for frame in self._open_camera():
                    self._put(frame)
                    retry_s = _FIRST_RETRY_S
                reason = "the camera ended"
            except Exception as error:  # noqa: BLE001 -- a driver that fails in any way is away
                reason = str(error) or type(error).__name__
            self._set(problem=reason)
            self._never.wait(retry_s)
            retry_s = min(2 * retry_s, _LAST_RETRY_S)
            self._set(problem=reason)

    def _put(self, frame: Frame) -> None:
        with self._ready:
            now = self._clock()
            n_dropped = 0 if self._newest is None else self._newest.n_dropped + 1
            self._newest = NewPicture(frame.rgb, now, n_dropped)
            self._problem, self._is_open, self._moved_s = "", True, now
            self._ready.notify()

    def _set(self, *, problem: str) -> None:
        with self._ready:
            self._problem, self._is_open, self._moved_s = problem, False, self._clock()


def watch_camera(report: Reporter, newest: NewestPicture, extractor: PoseExtractor) -> NoReturn:
    """Run the extractor over a camera's newest pictures, for ever.

    Raises:
        DataError: The camera's driver, or the extractor, is beyond help in this process.
    """
    look = PictureWatch().look
    while True:
        taken = newest.take(_TAKE_S)
        report.beat()
        if taken is None:
            if problem := newest.problem():
                report.say("no_source", problem)
            continue
        for _ in range(taken.n_dropped):
            report.drop()
        picture = look(taken.rgb)
        landmarks = extractor.detect(Frame(taken.rgb, taken.captured_mono_s))
        report.answer(taken.captured_mono_s, taken.captured_mono_s, landmarks, picture)
