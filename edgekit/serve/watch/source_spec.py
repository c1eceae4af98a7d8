"""What the pose process is to watch: told to it as one line of JSON."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from typing import Literal

SourceKind = Literal["camera", "pictures", "landmarks"]
"""`pictures`: a video or a folder of images, replayed; `landmarks`: a `.npy` file, replayed."""


def kind_of(source: str) -> SourceKind:
    """Return what a source is, by its name alone: a camera may be away now."""
    if re.fullmatch(r"\d+", source) or source.startswith("/dev/"):
        return "camera"
    return "landmarks" if source.endswith(".npy") else "pictures"


@dataclass(frozen=True)
class SourceSpec:
    """A source, and how it is replayed."""

    source: str
    """Camera (`0`, `/dev/video0`, `/dev/v4l/by-id/...`), video, folder of images, or `.npy`."""
    fps: float
    """Of a `.npy` file or a folder of images."""
    is_looped: bool = False
    pose_model: str | None = None
    """A `.task` file, instead of the fetched one."""
    speed: float = 1.0
    """A recording is replayed so many times faster; its own times stay as they are."""

    @property
    def is_live(self) -> bool:
        """Whether it shows what happens now."""
        return kind_of(self.source) == "camera"


@dataclass(frozen=True)
class ChildSpec:
    """What one pose process is told on its standard input."""

    source: SourceSpec
    memory_fd: int
    bell_fd: int
    n_slots: int
    parent_pid: int
    zero_mono_s: float | None = None
    """Of a recording: when its first frame was due, for a successor; None for the first child."""

    def to_json(self) -> str:
        """Return it in one line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> ChildSpec:
        """Return what `to_json` wrote."""
        content = json.loads(text)
        return cls(**{**content, "source": SourceSpec(**content["source"])})
