"""A pose process with a camera and an extractor that obey a file: the real child otherwise.

The source is `/dev/fake<path>`; the file at <path> holds a word that says what to do now. The
camera notes at each opening how many file descriptors the process has.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import numpy as np

from edgekit.errors import DataError
from edgekit.pose.extract import Landmarks
from edgekit.pose.source import Frame
from edgekit.serve.watch import child
from edgekit.serve.watch.source_spec import SourceSpec

FPS = 30.0
PREFIX = "/dev/fake"


class FakeCamera:
    """Noise at 30 pictures a second, unless the file says otherwise."""

    name = "fake camera"
    n_expected = None
    is_live = True

    def __init__(self, source: SourceSpec) -> None:
        self._file = Path(source.source.removeprefix(PREFIX))
        self._noise = np.random.default_rng(3)

    def __iter__(self) -> Iterator[Frame]:
        self._note_descriptors()
        still = self._picture("ok")
        for n in range(10**9):
            mode = self._file.read_text()
            if mode == "gone":
                raise DataError("fake camera: no such device")
            if mode == "mute":
                time.sleep(0.1)
                continue
            yield Frame(still if mode == "frozen" else self._picture(mode), n / FPS)
            time.sleep((2 if mode == "half" else 1) / FPS)

    def _picture(self, mode: str) -> np.ndarray:
        noise = self._noise.normal(0, 2, (48, 64, 3))
        bed = np.zeros((48, 64, 3)) if mode == "black" else np.full((48, 64, 3), 120.0)
        if mode not in {"black", "covered"}:
            bed[10:30, 20:50] = 220
        return np.clip(bed + noise, 0, 255).astype(np.uint8)

    def _note_descriptors(self) -> None:
        n_open = sum(_is_open(fd) for fd in range(256))
        with self._file.with_suffix(".fds").open("a") as file:
            file.write(f"{n_open}\n")


class FakeExtractor:
    """Sees somebody in every picture; fails in the way that the file says."""

    version = "fake 1"
    model_sha256 = "0" * 64

    def __init__(self, source: SourceSpec) -> None:
        self._file = Path(source.source.removeprefix(PREFIX))
        self._hoard: list[bytearray] = []

    def detect(self, frame: Frame) -> Landmarks:
        mode = self._file.read_text()
        if mode == "hang":
            time.sleep(1000)
        elif mode == "crash":
            os.abort()
        elif mode == "refuse":
            raise DataError("the model is of no use")
        elif mode == "grow":
            self._hoard.append(bytearray(os.urandom(4096) * 2000))
        return np.full((33, 5), frame.t_s % 7, np.float32)


def _is_open(fd: int) -> bool:
    try:
        os.fstat(fd)
    except OSError:
        return False
    return True


if __name__ == "__main__":
    child.main(FakeCamera, lambda source: nullcontext(FakeExtractor(source)))
