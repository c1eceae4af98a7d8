"""A video file: its frames upright, at the times of its container, and what of it is damaged.

OpenCV turns the pictures of a phone by the container's rotation. Its `read` fails in the middle
of a damaged file as it does at the end, so a failure is the end only when it repeats.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from edgekit.errors import DataError
from edgekit.pose import capture as cap
from edgekit.pose.capture import Capture
from edgekit.pose.native_log import NativeLog
from edgekit.pose.source import Frame
from edgekit.progress import SILENT, Progress

N_FAILURES_AT_END = 30
"""Reads that must fail one after the other before the file counts as finished."""

MAX_CUT_S, MAX_CUT_SHARE = 1.0, 0.05
"""A file that ends earlier than it says, by more than both, is truncated."""


@dataclass(frozen=True)
class VideoFile:
    """A video that opened, and what its container says of it."""

    path: Path
    fps: float | None
    """Frames per second, None when unknown; only used where time stamps are missing."""
    n_expected: int | None
    progress: Progress = SILENT
    open_capture: Callable[[str | int], Capture] = cap.open_capture

    is_live = False

    @property
    def name(self) -> str:
        """What messages call it."""
        return str(self.path)

    def __iter__(self) -> Iterator[Frame]:
        """Yield the frames that can be decoded.

        Raises:
            DataError: None can be decoded, there is no time to give them, or the file is cut.
        """
        with closing(_Reading(self)) as reading:
            yield from reading.frames()


def open_video(
    path: Path,
    *,
    progress: Progress = SILENT,
    open_capture: Callable[[str | int], Capture] = cap.open_capture,
) -> VideoFile:
    """Open a video file and read what its container says.

    Raises:
        DataError: It is no video, or is cut so that it cannot even be opened.
    """
    with closing(NativeLog()) as log:
        with log.held():
            capture = open_capture(str(path))
        if not capture.isOpened():
            raise DataError(
                f"{path}: not a video that can be read ({_why(log)}); if it plays elsewhere, "
                "convert it to mp4 with ffmpeg, else copy it again"
            )
        fps, n_frames = capture.get(cap.FPS), capture.get(cap.N_FRAMES)
        capture.release()
    # Containers without an index answer with anything, negative and astronomical included.
    is_counted = 0 < n_frames < 1e8
    is_rated = math.isfinite(fps) and fps > 0
    return VideoFile(
        path,
        fps=fps if is_rated else None,
        n_expected=int(n_frames) if is_counted else None,
        progress=progress,
        open_capture=open_capture,
    )


class _Reading:
    """One pass through a video file."""

    def __init__(self, video: VideoFile) -> None:
        self._video = video
        self._log = NativeLog()
        with self._log.held():
            self._capture = video.open_capture(str(video.path))
        self._first_s: float | None = None
        self._last_s = 0.0
        self._is_clock_said = self._is_damage_said = False

    def close(self) -> None:
        self._capture.release()
        self._log.close()

    def frames(self) -> Iterator[Frame]:
        n_lost = n_lost_inside = 0
        while n_lost < N_FAILURES_AT_END:
            with self._log.held():
                is_read, picture = self._capture.read()
            self._say_damage()
            if not is_read:
                n_lost += 1
                continue
            yield Frame(cap.to_rgb(picture), self._stamp(n_lost), n_lost)
            n_lost_inside += n_lost
            n_lost = 0
        self._check_end(n_lost_inside)

    def _stamp(self, n_lost: int) -> float:
        """Return the time of the frame just read; where the container has none, count on."""
        t_s = self._capture.get(cap.POSITION_MS) / 1000
        if self._first_s is None:
            self._first_s = self._last_s = t_s
        elif t_s > self._last_s:
            self._last_s = t_s
        else:
            self._last_s += (1 + n_lost) / self._rate()
        return self._last_s

    def _rate(self) -> float:
        """Return the frame rate that replaces missing time stamps, and say so once."""
        video = self._video
        if video.fps is None:
            raise DataError(
                f"{video.path}: neither time stamps nor a frame rate; convert it to mp4 with ffmpeg"
            )
        if not self._is_clock_said:
            self._is_clock_said = True
            video.progress.say(
                f"{video.path}: time stamps do not increase after {self._last_s:.2f} s; "
                f"frames are counted from there at {video.fps:g} per second"
            )
        return video.fps

    def _say_damage(self) -> None:
        if self._log.decoder_lines and not self._is_damage_said:
            self._is_damage_said = True
            self._video.progress.say(
                f"{self._video.path}: the decoder complains from about {self._last_s:.2f} s on "
                f"({_why(self._log)}); landmarks there may be wrong or missing"
            )

    def _check_end(self, n_lost_inside: int) -> None:
        video = self._video
        if self._first_s is None:
            raise DataError(f"{video.path}: no frame can be decoded ({_why(self._log)})")
        if n_lost_inside:
            video.progress.say(f"{video.path}: {n_lost_inside} frames could not be decoded")
        if video.n_expected is None or video.fps is None:
            return
        # By time, not by count: some containers announce a rate, and so a count, of their own.
        announced_s = video.n_expected / video.fps
        cut_s = announced_s - 1 / video.fps - (self._last_s - self._first_s)
        if cut_s > max(MAX_CUT_S, MAX_CUT_SHARE * announced_s):
            raise DataError(
                f"{video.path}: truncated: it announces {announced_s:.1f} s and ends "
                f"{cut_s:.1f} s earlier; copy it again"
            )
        if cut_s > 2.5 / video.fps:
            video.progress.say(f"{video.path}: ends {cut_s:.2f} s earlier than it announces")


def _why(log: NativeLog) -> str:
    return log.decoder_lines[0] if log.decoder_lines else "the decoder gives no reason"
