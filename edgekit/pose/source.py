"""Pictures with their times: a video file, a camera or a folder of images, chosen by its name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from edgekit.errors import DataError
from edgekit.progress import SILENT, Progress

DEFAULT_FPS = 30.0


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture, upright, and when it was taken."""

    rgb: NDArray[np.uint8]
    """Colours, uint8 (height, width, 3)."""
    t_s: float
    """Seconds on the source's own clock; strictly increasing from frame to frame."""
    n_lost: int = 0
    """Frames right before this one that the source holds but that could not be decoded."""


class FrameSource(Protocol):
    """Where pictures come from; iterating opens it, and may be done again."""

    @property
    def name(self) -> str:
        """What messages call it."""

    @property
    def n_expected(self) -> int | None:
        """About how many frames there will be, None when nobody knows."""

    @property
    def is_live(self) -> bool:
        """Whether it goes on until somebody stops it."""

    def __iter__(self) -> Iterator[Frame]:
        """Yield the frames, the first to the last."""


def open_source(
    source: str | Path, *, fps: float = DEFAULT_FPS, progress: Progress = SILENT
) -> FrameSource:
    """Return the pictures that `source` names.

    Args:
        source: A camera (`0`, `/dev/video0`), a folder of images, or a video file.
        fps: Frames per second of a folder of images, which has no clock.
        progress: Hears what had to be assumed, or was damaged.

    Raises:
        DataError: There is no such thing, or it is no video.
        MissingExtraError: OpenCV, or what it needs, is not installed.
    """
    name = str(source)
    for is_one, open_one in _KINDS:
        if is_one(name):
            return open_one(name, fps, progress)
    raise DataError(f"{name}: no such file, folder or camera")


def frames(
    source: str | Path, *, fps: float = DEFAULT_FPS, progress: Progress = SILENT
) -> Iterator[Frame]:
    """Yield the frames of `source`, as `open_source` opens it."""
    yield from open_source(source, fps=fps, progress=progress)


def _camera_index(name: str) -> int | None:
    found = re.fullmatch(r"(?:/dev/video)?(\d+)", name)
    return int(found.group(1)) if found else None


def _open_camera(name: str, _fps: float, _progress: Progress) -> FrameSource:
    from edgekit.pose.camera import Camera

    return Camera(_camera_index(name) or 0)


def _open_folder(name: str, fps: float, progress: Progress) -> FrameSource:
    from edgekit.pose.image_folder import open_folder

    return open_folder(Path(name), fps=fps, progress=progress)


def _open_video(name: str, _fps: float, progress: Progress) -> FrameSource:
    from edgekit.pose.video_file import open_video

    return open_video(Path(name), progress=progress)


_KINDS: tuple[tuple[Callable[[str], bool], Callable[[str, float, Progress], FrameSource]], ...] = (
    (lambda name: Path(name).is_dir(), _open_folder),
    (lambda name: Path(name).is_file(), _open_video),
    (lambda name: _camera_index(name) is not None, _open_camera),
)
