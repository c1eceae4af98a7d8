"""Inputs of every kind, one after the other, through one detector, into rows of a csv."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edgekit.clips import Clip, load_clip, resample
from edgekit.errors import DataError, UsageError
from edgekit.progress import SILENT, Progress
from edgekit.runtime.detector import Detector, Judgement


@dataclass(frozen=True)
class Inputs:
    """What is to be judged, and the time grid it is put on."""

    paths: tuple[Path, ...]
    """Folders of `.npy` files, `.npy` files, or videos."""
    clip_frames: int
    grid_fps: float
    source_fps: float | None = None
    """Of `.npy` files; the grid's when None. Videos carry their own time stamps."""
    hop_s: float = 0.5
    pose_model: Path | None = None


@dataclass(frozen=True)
class Row:
    """One judged window of one file."""

    file_name: str
    judgement: Judgement
    is_whole_file: bool
    """The file is exactly one clip long."""


def judge_all(detector: Detector, inputs: Inputs, progress: Progress = SILENT) -> tuple[Row, ...]:
    """Judge every input in the order given, folders by file name.

    Raises:
        DataError: An input is missing, unreadable, empty or shorter than a clip.
    """
    paths = _expand(inputs.paths)
    rows: list[Row] = []
    for done, path in enumerate(paths, start=1):
        recording = _load(path, inputs, progress)
        is_whole = len(recording) == inputs.clip_frames
        judged = detector.judge_recording(recording, name=str(path), hop_s=inputs.hop_s)
        rows.extend(Row(path.name, judgement, is_whole) for judgement in judged)
        progress.step("predict", done, len(paths))
    return tuple(rows)


def to_csv(rows: Sequence[Row]) -> str:
    """Return `file_name,label,probability`, with `start_s` second where any file has windows."""
    has_windows = not all(row.is_whole_file for row in rows)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    start = ["start_s"] if has_windows else []
    writer.writerow(["file_name", *start, "label", "probability"])
    for row in rows:
        judged = row.judgement
        when = [f"{judged.start_s:.3f}"] if has_windows else []
        if judged.probability is None:
            writer.writerow([row.file_name, *when, "", ""])
        else:
            label = int(bool(judged.is_positive))
            writer.writerow([row.file_name, *when, label, f"{judged.probability:.6f}"])
    return text.getvalue()


def submission_csv(rows: Sequence[Row], unseen_as: str) -> str:
    """Return the challenge's `file_name,label`, one row a clip.

    Raises:
        UsageError: A file is longer than a clip.
        DataError: A clip shows nobody and `unseen_as` is `refuse`.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["file_name", "label"])
    for row in rows:
        if not row.is_whole_file:
            raise UsageError(f"{row.file_name}: longer than a clip; --submission takes clips only")
        if row.judgement.is_positive is not None:
            writer.writerow([row.file_name, int(row.judgement.is_positive)])
        elif unseen_as == "refuse":
            raise DataError(
                f"{row.file_name}: shows too little of a body to judge; "
                "say --unseen-as 0 or --unseen-as 1 to submit it all the same"
            )
        else:
            writer.writerow([row.file_name, unseen_as])
    return text.getvalue()


def _expand(paths: Sequence[Path]) -> list[Path]:
    return [path for given in paths for path in _files_of(given)]


def _files_of(given: Path) -> Iterator[Path]:
    if not given.is_dir():
        yield given
        return
    found = sorted(given.glob("*.npy"))
    if not found:
        raise DataError(f"{given}: no .npy clips in this folder")
    yield from found


def _load(path: Path, inputs: Inputs, progress: Progress) -> Clip:
    """Read a recording onto the model's grid: `.npy` by its frame rate, a video by its stamps."""
    if path.suffix != ".npy":
        return _load_video(path, inputs, progress)
    clip = load_clip(path)
    if inputs.source_fps is None or inputs.source_fps == inputs.grid_fps:
        return clip
    return resample(clip, np.arange(len(clip)) / inputs.source_fps, inputs.grid_fps)


def _load_video(path: Path, inputs: Inputs, progress: Progress) -> Clip:
    if not path.exists():
        raise DataError(f"{path}: no such file")
    from edgekit.pose import models
    from edgekit.pose.extract import extract
    from edgekit.pose.mediapipe_pose import MediaPipePose

    model = models.choose(models.DEFAULT_MODEL, inputs.pose_model, models.cache_folder())
    with MediaPipePose(model) as extractor:
        track = extract(path, extractor, progress=progress)
    found = len(track.times_s) - track.n_missing
    progress.say(
        f"{path.name}: a person in {found} of {len(track.times_s)} frames "
        f"({track.extractor_version}, {model.name})"
    )
    return resample(track.landmarks, track.times_s, inputs.grid_fps)
