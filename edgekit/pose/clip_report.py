"""What `edgekit pose extract` says of the clip that it wrote."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from edgekit.clips import Clip
from edgekit.errors import UsageError
from edgekit.pose.extract import PoseTrack


@dataclass(frozen=True)
class ClipReport:
    """One clip: where it came from, and how much of it was seen."""

    source: str
    clip: str
    n_frames: int
    """Frames of the clip."""
    fps: float | None
    """Frames per second of the clip, None on the source's own frames."""
    seconds: float
    """From the source's first frame to its last."""
    n_source_frames: int
    n_without_person: int
    n_lost: int
    """Frames of the source that could not be decoded."""
    share_with_person: float
    """Of the source's frames."""
    width: int
    height: int
    extractor_version: str
    model_sha256: str

    def as_json(self) -> str:
        """Return one JSON object."""
        return json.dumps(asdict(self))

    def as_line(self) -> str:
        """Return one line for a person to read."""
        rate = "on the source's own frames" if self.fps is None else f"at {self.fps:g} fps"
        lost = f", {self.n_lost} lost" if self.n_lost else ""
        return (
            f"wrote {self.clip}: {self.n_frames} frames {rate}, {self.seconds:.1f} s; a person in "
            f"{self.share_with_person:.0%} of the {self.n_source_frames} frames of {self.source} "
            f"({self.width}x{self.height}{lost})"
        )


def describe(
    source: str, target: Path, track: PoseTrack, clip: Clip, fps: float | None
) -> ClipReport:
    """Return the report of a clip, `fps` being None when it has the source's own frames."""
    n_frames = len(track.times_s)
    return ClipReport(
        source=source,
        clip=str(target),
        n_frames=len(clip),
        fps=fps,
        seconds=round(float(track.times_s[-1] - track.times_s[0]), 3),
        n_source_frames=n_frames,
        n_without_person=track.n_missing,
        n_lost=track.n_lost,
        share_with_person=round(1 - track.n_missing / n_frames, 4),
        width=track.width,
        height=track.height,
        extractor_version=track.extractor_version,
        model_sha256=track.model_sha256,
    )


def target_of(source: str, out: Path | None) -> Path:
    """Return where the clip goes: `out`, else a name made of the source's, in this folder.

    Raises:
        UsageError: `out` is no `.npy`, which no other command would read; said before the work.
    """
    if out is None:
        return Path(f"{Path(source).stem or 'clip'}.npy" if not source.isdigit() else "camera.npy")
    if out.suffix != ".npy":
        raise UsageError(f"{out}: a clip's name ends in .npy")
    return out
