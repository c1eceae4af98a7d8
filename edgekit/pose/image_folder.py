"""A folder of images in the order of their numbers, as a video without a clock."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from edgekit.errors import DataError
from edgekit.pose.capture import to_rgb
from edgekit.pose.native import opencv
from edgekit.pose.source import Frame
from edgekit.progress import SILENT, Progress

ENDINGS = frozenset({".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})


@dataclass(frozen=True)
class ImageFolder:
    """The images of a folder, `fps` of them a second."""

    path: Path
    images: tuple[Path, ...]
    fps: float

    is_live = False

    @property
    def name(self) -> str:
        """What messages call it."""
        return str(self.path)

    @property
    def n_expected(self) -> int:
        """How many images there are."""
        return len(self.images)

    def __iter__(self) -> Iterator[Frame]:
        """Yield the images, turned upright by their EXIF orientation.

        Raises:
            DataError: One of them cannot be read.
        """
        for n, path in enumerate(self.images):
            picture = opencv().imread(str(path))
            if picture is None:
                raise DataError(f"{path}: not a readable image; remove it or copy it again")
            yield Frame(to_rgb(picture), n / self.fps)


def open_folder(path: Path, *, fps: float, progress: Progress = SILENT) -> ImageFolder:
    """Return the images of a folder; `image_2` comes before `image_10`.

    Raises:
        DataError: The folder holds no image.
    """
    images = [image for image in path.iterdir() if image.suffix.lower() in ENDINGS]
    if not images:
        raise DataError(f"{path}: no images in this folder ({', '.join(sorted(ENDINGS))})")
    progress.say(f"{path}: images have no clock; {fps:g} frames per second are assumed")
    return ImageFolder(path, tuple(sorted(images, key=_by_number)), fps)


def _by_number(path: Path) -> tuple[tuple[str, int], ...]:
    """Sort names by their words and, between equal words, by number."""
    pieces = re.split(r"(\d+)", path.name)
    return tuple(
        (word, int(number)) for word, number in zip(pieces[::2], [*pieces[1::2], 0], strict=True)
    )
