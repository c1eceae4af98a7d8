"""Hand-written stand-ins for tests of pose, tiny videos and a tiny network."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edgekit.errors import MissingExtraError
from edgekit.pose import capture as cap
from edgekit.pose import flat_tables as flat
from edgekit.pose import models
from edgekit.pose.extract import NO_PERSON, Landmarks
from edgekit.pose.flat_tables import Blob, Offsets, Table
from edgekit.pose.models import ModelFile
from edgekit.pose.source import Frame

BLACK = np.zeros((4, 6, 3), np.uint8)


@dataclass
class Heard:
    """A listener that remembers."""

    lines: list[str] = field(default_factory=list)
    steps: list[tuple[int, int]] = field(default_factory=list)

    def step(self, _task: str, done: int, total: int) -> None:
        self.steps.append((done, total))

    def say(self, line: str) -> None:
        self.lines.append(line)


class FakeCapture:
    """Plays `times_ms`, None being a frame that cannot be decoded, and fails from then on."""

    def __init__(
        self, times_ms: Sequence[float | None], *, fps: float = 10.0, n_frames: float | None = None
    ) -> None:
        self._times_ms = times_ms
        self._at = -1
        self._properties = {
            cap.FPS: fps,
            cap.N_FRAMES: len(times_ms) if n_frames is None else n_frames,
        }
        self.is_released = False

    def isOpened(self) -> bool:  # noqa: N802 -- OpenCV's name
        return True

    def read(self) -> tuple[bool, Any]:
        self._at += 1
        if self._at >= len(self._times_ms) or self._times_ms[self._at] is None:
            return False, None
        return True, BLACK

    def get(self, property_id: int, /) -> float:
        if property_id == cap.POSITION_MS:
            return self._times_ms[self._at] or 0.0
        return self._properties[property_id]

    def release(self) -> None:
        self.is_released = True


class FakeSource:
    """Frames of given sizes at given times."""

    name = "fake.mp4"

    def __init__(
        self,
        times_s: Sequence[float],
        *,
        pictures: Sequence[NDArray[np.uint8]] | None = None,
        n_lost: Sequence[int] | None = None,
        is_live: bool = False,
    ) -> None:
        self._times_s = times_s
        self._pictures = pictures or [BLACK] * len(times_s)
        self._n_lost = n_lost or [0] * len(times_s)
        self.is_live = is_live
        self.n_expected: int | None = len(times_s)

    def __iter__(self) -> Iterator[Frame]:
        for picture, t_s, n_lost in zip(self._pictures, self._times_s, self._n_lost, strict=True):
            yield Frame(picture, t_s, n_lost)


class FakeExtractor:
    """Sees a person in every frame but those at `absent_s`; its landmarks tell the frame's time."""

    version = "fake 1"
    model_sha256 = "0" * 64

    def __init__(self, absent_s: Sequence[float] = ()) -> None:
        self._absent_s = absent_s

    def detect(self, frame: Frame) -> Landmarks:
        if frame.t_s in self._absent_s:
            return NO_PERSON
        return np.full((33, 5), frame.t_s, np.float32)


def write_video(path: Path, *, n_frames: int = 20, fps: float = 25.0, codec: str = "mp4v") -> Path:
    """Write 320 x 240 pixels of noise that drifts, with a red mark in the top left corner."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*codec), fps, (320, 240))
    assert writer.isOpened()
    noise = np.random.default_rng(5).integers(0, 80, (240, 320, 3), dtype=np.uint8)
    for n in range(n_frames):
        picture = np.roll(noise, 3 * n, axis=1)
        picture[:60, :80] = (0, 0, 255)
        writer.write(picture)
    writer.release()
    return path


def turn(path: Path, degrees: int) -> None:
    """Set the rotation in an mp4's track header, as a phone does that is held upright."""
    sine, cosine = {0: (0, 1), 90: (1, 0), 180: (0, -1), 270: (-1, 0)}[degrees]
    data = bytearray(path.read_bytes())
    matrix = data.index(b"tkhd") + 4 + 40
    values = (cosine << 16, sine << 16, 0, -sine << 16, cosine << 16, 0, 0, 0, 1 << 30)
    data[matrix : matrix + 36] = struct.pack(">9i", *values)
    path.write_bytes(data)


def small_model() -> bytes:
    """Return a TFLite file of schema version 3 with three buffers and one entry of metadata."""
    weights = Table({0: Blob(5, b"12345")})
    entry = Table({0: flat.string("min_runtime_version"), 1: 2})
    return flat.serialise(
        Table(
            {
                0: 3,
                3: flat.string("small"),
                4: Offsets([Table({0: Blob(0, b"")}), weights, Table({0: Blob(3, b"1.5")})]),
                6: Offsets([entry]),
            }
        ),
        b"TFL3",
    )


def fetched_model() -> ModelFile:
    """Return the full model from the user's cache, fetched if need be, or skip."""
    try:
        return models.fetch(models.named("full"), models.cache_folder())
    except MissingExtraError as error:
        pytest.skip(f"needs the pose model: {error}")
