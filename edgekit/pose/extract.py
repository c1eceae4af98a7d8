"""A recording becomes landmarks: every frame through one extractor, a missing person as NaN."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from edgekit.clips import N_VALUES
from edgekit.errors import DataError, UsageError
from edgekit.pose.source import DEFAULT_FPS, Frame, FrameSource, open_source
from edgekit.progress import SILENT, Progress
from edgekit.skeleton import N_LANDMARKS

Landmarks = NDArray[np.float32]

NO_PERSON: Landmarks = np.full((N_LANDMARKS, N_VALUES), np.nan, dtype=np.float32)
"""What `detect` returns for a frame without a person; never zeros, which are a place."""
NO_PERSON.flags.writeable = False


class PoseExtractor(Protocol):
    """Finds the landmarks of one person, whom it follows from frame to frame.

    So one extractor is for one recording, and its frames come in order.
    """

    @property
    def version(self) -> str:
        """Package and release, as the bundle records it."""

    @property
    def model_sha256(self) -> str:
        """The model file's SHA-256, 64 hexadecimal digits."""

    def detect(self, frame: Frame) -> Landmarks:
        """Return float32 (33, 5): x, y, z, visibility, presence; all NaN without a person."""


@dataclass(frozen=True, eq=False)
class PoseTrack:
    """The landmarks of a recording, on the recording's own frames."""

    landmarks: Landmarks
    """float32 (T, 33, 5) as the extractor gives them: x in image widths, y in image heights,
    z in image widths, visibility, presence; all NaN in a frame without a person."""
    times_s: NDArray[np.float64]
    """Seconds (T,), strictly increasing, on the recording's own clock."""
    width: int
    height: int
    """Size of the upright pictures in pixels."""
    extractor_version: str
    model_sha256: str
    n_missing: int
    """Frames without a person."""
    n_lost: int
    """Frames of the recording that could not be decoded; they have no row here."""


def extract(
    source: str | Path | FrameSource,
    extractor: PoseExtractor,
    *,
    fps: float = DEFAULT_FPS,
    seconds: float | None = None,
    progress: Progress = SILENT,
) -> PoseTrack:
    """Run a fresh extractor over a recording; memory holds its landmarks and one picture.

    Args:
        source: A video file, a camera (`0`, `/dev/video0`), a folder of images, or anything
            that yields frames.
        extractor: Opened, and not used before.
        fps: Frames per second of a folder of images.
        seconds: Stop after as many; needed for a camera.
        progress: Draws the bar, and hears what had to be assumed or was damaged.

    Raises:
        DataError: The recording cannot be read, has no frame, or changes its size midway.
        UsageError: A camera without `seconds`.
    """
    if isinstance(source, str | Path):
        source = open_source(source, fps=fps, progress=progress)
    if source.is_live and seconds is None:
        raise UsageError(f"{source.name} never ends: say for how many seconds, as in --seconds 60")
    return _run(source, extractor, seconds, progress)


def _run(
    source: FrameSource, extractor: PoseExtractor, seconds: float | None, progress: Progress
) -> PoseTrack:
    rows: list[Landmarks] = []
    times_s: list[float] = []
    size: tuple[int, ...] = ()
    n_lost = 0
    task = f"landmarks of {Path(source.name).name}"
    for frame in source:
        if seconds is not None and times_s and frame.t_s - times_s[0] >= seconds:
            break
        size = size or frame.rgb.shape
        if frame.rgb.shape != size:
            raise DataError(
                f"{source.name}: frame {len(rows)} is {frame.rgb.shape[1]}x{frame.rgb.shape[0]} "
                f"pixels, the first {size[1]}x{size[0]}; a recording has one size"
            )
        rows.append(extractor.detect(frame))
        times_s.append(frame.t_s)
        n_lost += frame.n_lost
        progress.step(task, len(rows), max(source.n_expected or 0, len(rows) + 1))
    if not rows:
        raise DataError(f"{source.name}: no frames")
    progress.step(task, len(rows), len(rows))
    landmarks = np.stack(rows)
    return PoseTrack(
        landmarks=landmarks,
        times_s=np.array(times_s, dtype=np.float64),
        width=size[1],
        height=size[0],
        extractor_version=extractor.version,
        model_sha256=extractor.model_sha256,
        n_missing=int(np.isnan(landmarks).all(axis=(1, 2)).sum()),
        n_lost=n_lost,
    )
