"""A synthetic cohort on disk: clips, labels, `dataset.json` and, if wanted, recordings."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edgekit import clips, files
from edgekit.errors import UsageError
from edgekit.progress import SILENT, Progress
from edgekit.synth.cohort import CohortPlan, make_cohort
from edgekit.synth.gesture import SPASM_KINDS, Kind
from edgekit.synth.recording import Recording, RecordingPlan, make_recordings

LABEL_FILE, DATASET_FILE = "train_data.csv", "dataset.json"
RECORDINGS_FOLDER, EVENTS_FILE = "recordings", "events.csv"
EXTRACTOR = "edgekit-synth"

NOTE = (
    "Generated movements of a stick figure, for tests and demonstrations. They have no medical "
    "meaning; a model trained on them is no medical device and detects no seizures."
)

_OWN_NAME = re.compile(
    rf"child_\d+_\d+\.npy|{LABEL_FILE}|{DATASET_FILE}|{RECORDINGS_FOLDER}"
    rf"|{RECORDINGS_FOLDER}/(recording_\d+\.npy|{EVENTS_FILE})"
)


@dataclass(frozen=True)
class Written:
    """What a new cohort folder holds."""

    folder: Path
    n_clips: int
    n_spasm_clips: int
    kinds: tuple[tuple[Kind, int], ...]
    """How many clips there are of each kind, most frequent first."""
    n_recordings: int
    n_recorded_spasms: int


def write_cohort(
    folder: Path,
    plan: CohortPlan,
    *,
    recordings: RecordingPlan | None = None,
    replace: bool = False,
    progress: Progress = SILENT,
) -> Written:
    """Write a cohort, whole or not at all.

    Args:
        folder: New or empty; or an earlier synthetic cohort, with `replace`. A folder that holds
            anything else is never touched.
        plan: The clips.
        recordings: Long recordings beside the clips, in `recordings/`.
        replace: An earlier synthetic cohort may be replaced.
        progress: Hears of every clip.

    Raises:
        UsageError: The folder holds something that must not be replaced.
        OutputError: The disk is full, or writing is not allowed.
    """
    _check_free(folder, replace=replace)
    with files.new_folder(folder) as fresh:
        kinds = _write_clips(fresh, plan, progress)
        made = _write_recordings(fresh, recordings, progress)
        _write_dataset(fresh, plan.fps)
    return Written(
        folder=folder,
        n_clips=sum(kinds.values()),
        n_spasm_clips=sum(kinds[kind] for kind in SPASM_KINDS),
        kinds=tuple(kinds.most_common()),
        n_recordings=len(made),
        n_recorded_spasms=sum(made),
    )


def _write_clips(folder: Path, plan: CohortPlan, progress: Progress) -> Counter[Kind]:
    kinds: Counter[Kind] = Counter()
    labels = []
    total = plan.n_children * plan.n_clips
    for done, clip in enumerate(make_cohort(plan), start=1):
        clips.save_clip(folder / clip.name, clip.landmarks)
        labels.append((clip.name, clip.label))
        kinds[clip.kind] += 1
        progress.step("synthetic clips", done, total)
    _write_csv(folder / LABEL_FILE, ("segment_name", "label"), labels)
    return kinds


def _write_recordings(folder: Path, plan: RecordingPlan | None, progress: Progress) -> list[int]:
    """Write every recording; return how many spasms each has."""
    if plan is None or plan.n_recordings == 0:
        return []
    home = folder / RECORDINGS_FOLDER
    rows: list[tuple[str, int, int, str]] = []
    n_spasms = []
    for done, recording in enumerate(make_recordings(plan), start=1):
        buffer = io.BytesIO()
        np.save(buffer, recording.landmarks, allow_pickle=False)
        files.write_bytes(home / f"{recording.name}.npy", buffer.getvalue())
        rows += _event_rows(recording)
        n_spasms.append(sum(event.kind in SPASM_KINDS for event in recording.events))
        progress.step("synthetic recordings", done, plan.n_recordings)
    _write_csv(home / EVENTS_FILE, ("recording", "start_frame", "end_frame", "kind"), rows)
    return n_spasms


def _event_rows(recording: Recording) -> Iterable[tuple[str, int, int, str]]:
    for event in recording.events:
        yield recording.name, event.start_frame, event.end_frame, event.kind


def _write_dataset(folder: Path, fps: float) -> None:
    dataset = {
        "schema": 1,
        "source": "synthetic",
        "fps": fps,
        "landmark_model": "synthetic",
        "extractor": EXTRACTOR,
        "note": NOTE,
    }
    files.write_text(folder / DATASET_FILE, json.dumps(dataset, indent=2) + "\n")


def _write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    files.write_text(path, text.getvalue())


def _check_free(folder: Path, *, replace: bool) -> None:
    """Refuse a folder whose content is somebody's, and an earlier cohort unless asked."""
    with files.writing(folder):
        if not folder.exists():
            return
        if not folder.is_dir():
            raise UsageError(f"{folder}: a file; choose another folder")
        found = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))
    if not found:
        return
    foreign = [name for name in found if not _OWN_NAME.fullmatch(name)]
    if foreign or not _is_synthetic(folder / DATASET_FILE):
        culprit = foreign[0] if foreign else found[0]
        raise UsageError(
            f"{folder}: not empty and no synthetic cohort (it holds {culprit}); "
            "choose another folder"
        )
    if not replace:
        raise UsageError(
            f"{folder}: already holds a synthetic cohort; replace it with --force, "
            "or choose another folder"
        )


def _is_synthetic(dataset_file: Path) -> bool:
    try:
        dataset = json.loads(dataset_file.read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(dataset, dict) and dataset.get("extractor") == EXTRACTOR
