"""A folder of clips and its label file, checked row by row: what training and scoring read.

The format is the challenge's: `child_{id}_{segment}.npy` beside a csv `segment_name,label`.
An optional `dataset.json` says where the landmarks came from and at what frame rate.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edgekit.clips import Clip, load_clip
from edgekit.errors import DataError, UsageError

CHILD_PATTERN = r"child_(?P<child>\d+)_\d+\.npy"
"""The challenge's file names; a pattern of one's own needs the group `child`."""

LABEL_FILE = "train_data.csv"
DATASET_FILE = "dataset.json"


class Dataset(BaseModel):
    """What `dataset.json` says of the clips beside it (schema 1)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: int = Field(1, alias="schema", ge=1, le=1)
    source: str = "unknown"
    """`synthetic`, or where the landmarks were recorded."""
    fps: float = Field(30.0, gt=0, le=240)
    landmark_model: str = "unknown"
    """For example `pose_landmarker_heavy`."""
    extractor: str = "unknown"
    """For example `mediapipe 0.10.21`."""
    note: str = ""


@dataclass(frozen=True)
class Segment:
    """One labelled clip on disk."""

    path: Path
    child_id: str
    """An integer without leading zeros in the challenge's names, else as the pattern finds it."""
    label: int
    """1 = spasm, 0 = none."""

    @property
    def name(self) -> str:
        """The file's name with its ending, as in the label file."""
        return self.path.name

    def load(self, n_frames: int | None = None) -> Clip:
        """Read the clip, float (T, 33, 5)."""
        return load_clip(self.path, n_frames=n_frames)


@dataclass(frozen=True)
class Cohort:
    """Labelled clips of several children, sorted by name."""

    folder: Path
    segments: tuple[Segment, ...]
    dataset: Dataset
    label_file: Path | None = None
    """Where the labels were read from."""
    child_pattern: str = CHILD_PATTERN
    """What told the children apart."""

    @property
    def children(self) -> tuple[str, ...]:
        """Child ids, sorted."""
        return tuple(sorted({segment.child_id for segment in self.segments}))


def load_cohort(
    folder: Path, *, labels: Path | None = None, child_pattern: str = CHILD_PATTERN
) -> Cohort:
    """Read a folder's label file and match it with the clips, without reading these yet.

    Args:
        folder: Holds the `.npy` clips.
        labels: The label file; by default `train_data.csv`, or the only csv in the folder.
        child_pattern: Regular expression over the whole file name, with the group `child`.

    Raises:
        DataError: Names the file and the row of the first thing that is wrong.
        UsageError: The pattern is none, or has no group `child`.
    """
    if not folder.is_dir():
        raise DataError(
            f"{folder}: no such folder; name one of clips, or make one with edgekit synth"
        )
    pattern = _compile(child_pattern)
    label_file = labels or _find_label_file(folder)
    segments: dict[str, Segment] = {}
    for row, name, label in _read_rows(label_file):
        where = f"{label_file}, row {row}"
        if name in segments:
            raise DataError(f"{where}: {name} is listed twice; remove one of the rows")
        segments[name] = _segment(folder, name, label, pattern, where)
    unlabelled = sorted({path.name for path in folder.glob("*.npy")} - set(segments))
    if unlabelled:
        raise DataError(
            f"{folder / unlabelled[0]}: no label in {label_file.name} "
            f"({len(unlabelled)} such files); add a row or move the file away"
        )
    if not segments:
        raise DataError(f"{label_file}: no rows; it needs one `segment_name,label` for each clip")
    ordered = tuple(segments[name] for name in sorted(segments))
    return Cohort(folder, ordered, load_dataset(folder), label_file, child_pattern)


def load_dataset(folder: Path) -> Dataset:
    """Read `dataset.json` in `folder`; defaults where there is none."""
    path = folder / DATASET_FILE
    try:
        return Dataset.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return Dataset()
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"])) or "the file"
        raise DataError(f"{path}: {field}: {first['msg']}") from error


def _segment(folder: Path, name: str, label: str, pattern: re.Pattern[str], where: str) -> Segment:
    if label not in ("0", "1"):
        raise DataError(f"{where}: label {label!r}; it is 1 (spasm) or 0 (none)")
    if name in ("", ".", "..") or "/" in name or "\\" in name or "\0" in name:
        raise DataError(f"{where}: segment name {name!r}; it is a plain file name without a path")
    match = pattern.fullmatch(name)
    if match is None or not match["child"]:
        raise DataError(
            f"{where}: {name!r} names no child by {pattern.pattern}; "
            "rename it or give --child-pattern"
        )
    path = folder / name
    if not path.is_file():
        raise DataError(f"{where}: {path} does not exist; restore the clip or remove the row")
    return Segment(path, _child_id(match), int(label))


def _child_id(match: re.Match[str]) -> str:
    """Return the child's id; the challenge's are integers, so that 01 and 1 are one child."""
    child = match["child"]
    return str(int(child)) if match.re.pattern == CHILD_PATTERN else child


def _read_rows(label_file: Path) -> Iterator[tuple[int, str, str]]:
    """Yield (row number as an editor shows it, segment name, label), both stripped."""
    try:
        # utf-8-sig swallows the BOM that spreadsheets write.
        text = label_file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise DataError(f"{label_file}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{label_file}: not UTF-8 text; save it as CSV UTF-8") from error
    reader = csv.DictReader(text.splitlines(), skipinitialspace=True)
    columns = [column.strip() for column in reader.fieldnames or ()]
    if not {"segment_name", "label"} <= set(columns):
        raise DataError(f"{label_file}, row 1: the header must hold segment_name,label")
    reader.fieldnames = columns
    try:
        for record in reader:
            name, label = record["segment_name"], record["label"]
            if name is None or label is None:
                raise DataError(f"{label_file}, row {reader.line_num}: too few columns")
            yield reader.line_num, name.strip(), label.strip()
    except csv.Error as error:
        raise DataError(f"{label_file}, row {reader.line_num}: {error}") from error


def _find_label_file(folder: Path) -> Path:
    usual = folder / LABEL_FILE
    if usual.is_file():
        return usual
    found = sorted(folder.glob("*.csv"))
    if len(found) == 1:
        return found[0]
    if not found:
        raise DataError(f"{usual}: no such file; labels are a csv `segment_name,label`")
    names = ", ".join(path.name for path in found)
    raise DataError(f"{folder}: several csv files ({names}); say which with --labels")


def _compile(child_pattern: str) -> re.Pattern[str]:
    try:
        pattern = re.compile(child_pattern)
    except re.error as error:
        raise UsageError(f"--child-pattern {child_pattern!r}: {error}") from error
    if "child" not in pattern.groupindex:
        raise UsageError(
            f"--child-pattern {child_pattern!r} needs a group named child, as in {CHILD_PATTERN}"
        )
    return pattern
