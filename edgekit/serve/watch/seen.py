"""What the watching side tells the core: frames with landmarks, decisions, and how its child is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from edgekit.runtime.detector import Judgement


@dataclass(frozen=True)
class Picture:
    """What is known of a picture without keeping it, from a small grey copy."""

    brightness: float
    """Mean, 0..1."""
    contrast: float
    """Standard deviation, 0..1: near 0 when something covers the lens."""
    is_same: bool
    """Every pixel equals the picture before: a camera has noise, a frozen driver has none."""


@dataclass(frozen=True, eq=False)
class Observation:
    """One frame, after the pose extractor."""

    seq: int
    """Counts the frames of one child from 0."""
    t_s: float
    """When it was taken, on the source's clock. Of a camera: the monotonic clock. Of a recording:
    seconds from its first frame, going on over restarts of the child and loops."""
    captured_mono_s: float
    """When the frame was at hand, on the monotonic clock."""
    landmarks: NDArray[np.float32]
    """(V, 5), all NaN without a person."""
    picture: Picture | None
    """None where landmarks are replayed."""


ChildStatus = Literal["opening", "running", "no_source", "ended", "gone"]
"""`no_source`: the camera or file does not open or went away, and it keeps trying; `gone`: the
process has died or was killed and its successor has not yet reported."""


@dataclass(frozen=True)
class ChildFacts:
    """How the pose process is, for the core and for the page."""

    status: ChildStatus
    reason: str
    """Its last error in one line; empty when there is none."""
    n_restarts: int
    n_restarts_lately: int
    """In the last ten minutes."""
    last_answer_mono_s: float | None
    """Of the newest frame that came through the extractor."""
    replaced_because: Literal["", "crashed", "silent", "memory"]
    """Why the last restart was."""
    rss_mb: float
    extractor_version: str
    """Empty until it reports, and for replayed landmarks."""
    model_sha256: str
    read_mono_s: float | None = None
    """When this was read: of later answers nothing is known. None: at the moment it is judged."""


@dataclass(frozen=True, eq=False)
class Judged:
    """One window and what became of it."""

    t_s: float
    """End of the window: the time of its last grid point, on the source's clock."""
    judgement: Judgement | None
    """None when the model failed."""
    error: str
    """Why the model failed, in one line; else empty."""
    decided_mono_s: float
    latency_s: float
    """From `captured_mono_s` of the frame that completed the window."""


Report = Observation | Judged | ChildFacts
"""What is posted to the core, from the watching thread; `ChildFacts` at least once a second."""
