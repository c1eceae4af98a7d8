"""What crosses from the pose process to the daemon, as bytes of fixed layout."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgekit.clips import N_VALUES
from edgekit.serve.watch.seen import ChildStatus, Picture
from edgekit.skeleton import N_LANDMARKS

_STATUS: tuple[ChildStatus | None, ...] = (None, "opening", "running", "no_source", "ended")
_FACTS = struct.Struct("=B4dQ240s64s64s")
_FRAME = struct.Struct("=Q4d3B")
_VALUES = N_LANDMARKS * N_VALUES

FACTS_BYTES = _FACTS.size
FRAME_BYTES = _FRAME.size + _VALUES * 8


@dataclass(frozen=True)
class RingFacts:
    """What the child says of itself. Times are on the monotonic clock, NaN before the first."""

    status: ChildStatus | None = None
    """None until it has reported."""
    reason: str = ""
    beat_mono_s: float = math.nan
    """When it last got on with its work, or waited for some without being stuck."""
    answered_mono_s: float = math.nan
    """When the newest frame came through the extractor."""
    zero_mono_s: float = math.nan
    """Of a recording: when its first frame was due; a successor goes on from it."""
    rss_mb: float = 0.0
    n_dropped: int = 0
    """Pictures that the extractor had no time for."""
    extractor_version: str = ""
    model_sha256: str = ""


@dataclass(frozen=True, eq=False)
class SeenFrame:
    """One frame as it crosses the ring."""

    seq: int
    t_s: float
    captured_mono_s: float
    landmarks: NDArray[np.floating[Any]]
    """(V, 5), float32 or float64 as the child had them."""
    picture: Picture | None


def pack_frame(
    seq: int,
    t_s: float,
    captured_mono_s: float,
    landmarks: NDArray[np.floating[Any]],
    picture: Picture | None,
) -> bytes:
    """Return one frame as bytes."""
    seen = picture or Picture(0.0, 0.0, is_same=False)
    head = _FRAME.pack(
        *(seq, t_s, captured_mono_s, seen.brightness, seen.contrast),
        *(picture is not None, seen.is_same, landmarks.dtype == np.float32),
    )
    # float64 holds both dtypes exactly.
    return head + landmarks.astype(np.float64).tobytes()


def unpack_frame(content: bytes) -> SeenFrame | None:
    """Return the frame, or None when its times are no times."""
    seq, t_s, captured_mono_s, brightness, contrast, *flags = _FRAME.unpack_from(content)
    has_picture, is_same, is_single = (bool(flag) for flag in flags)
    if not (math.isfinite(t_s) and math.isfinite(captured_mono_s)):
        return None
    values = np.frombuffer(content, np.float64, _VALUES, _FRAME.size)
    landmarks = values.reshape(N_LANDMARKS, N_VALUES)
    return SeenFrame(
        seq,
        t_s,
        captured_mono_s,
        landmarks.astype(np.float32) if is_single else landmarks,
        Picture(brightness, contrast, is_same) if has_picture else None,
    )


def pack_facts(facts: RingFacts) -> bytes:
    """Return what the child says of itself as bytes; long texts are cut."""
    return _FACTS.pack(
        _STATUS.index(facts.status),
        *(facts.beat_mono_s, facts.answered_mono_s, facts.zero_mono_s, facts.rss_mb),
        facts.n_dropped,
        *(_text(facts.reason, 240), _text(facts.extractor_version, 64)),
        _text(facts.model_sha256, 64),
    )


def unpack_facts(content: bytes) -> RingFacts:
    """Return what the child says of itself."""
    status, beat, answered, zero, rss_mb, n_dropped, *texts = _FACTS.unpack(content)
    reason, version, sha256 = (text.rstrip(b"\0").decode(errors="replace") for text in texts)
    return RingFacts(
        status=_STATUS[status] if status < len(_STATUS) else None,
        reason=reason,
        beat_mono_s=beat,
        answered_mono_s=answered,
        zero_mono_s=zero,
        rss_mb=rss_mb,
        n_dropped=n_dropped,
        extractor_version=version,
        model_sha256=sha256,
    )


def _text(text: str, n_bytes: int) -> bytes:
    """Return the first line in UTF-8, cut between characters."""
    line = (text.splitlines() or [""])[0]
    return line.encode()[:n_bytes].decode(errors="ignore").encode()
