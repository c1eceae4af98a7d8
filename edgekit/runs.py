"""A training run on disk: what `edgekit train` writes and `edgekit export` reads.

    runs/<name>/
      run.json              what was trained, on what, how; `finished` is the last field written
      fold_<k>.safetensors  weights of fold k
      oof.csv               out-of-fold prediction of every clip
      metrics.json          scores, threshold and their uncertainty (`edgekit.scoring`)
      report.html           the same for people

Reading a run needs no torch.
"""

from __future__ import annotations

import csv
import hashlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError

from edgekit import files
from edgekit.cohort import Cohort, Dataset
from edgekit.errors import DataError, IntegrityError, UsageError
from edgekit.records import Frozen, first_problem

RUN_FILE, OOF_FILE, METRICS_FILE, REPORT_FILE = "run.json", "oof.csv", "metrics.json", "report.html"
RUNS_FOLDER = Path("runs")
OOF_HEADER = ("segment_name", "child_id", "fold", "label", "probability")

FoldPolicy = Literal["stratified", "group"]


class TrainingSettings(Frozen):
    """All that decides a run's outcome, apart from the data."""

    n_frames: int = Field(150, ge=16)
    """Clip length in frames."""
    n_folds: int = Field(5, ge=2)
    fold_policy: FoldPolicy = "stratified"
    """scikit-learn's StratifiedGroupKFold or GroupKFold; both keep a child in one fold."""
    c_base: int = Field(64, ge=4)
    """Width of the network."""
    mil: Literal["attn", "topk", "logsumexp"] = "attn"
    epochs: int = Field(8, ge=1)
    """Fixed beforehand; validation clips never choose it."""
    batch_size: int = Field(16, ge=2)
    learning_rate: float = Field(2e-3, gt=0, allow_inf_nan=False)
    weight_decay: float = Field(1e-2, ge=0, allow_inf_nan=False)
    warmup_epochs: float = Field(1.0, ge=0, allow_inf_nan=False)
    gradient_norm: float = Field(1.0, gt=0, allow_inf_nan=False)
    """Gradients are clipped to this norm."""
    augment: bool = True
    threshold_policy: str = "f1"
    """`f1`, `youden`, `sensitivity=0.95`, `specificity=0.95`, or a number such as `0.5`."""
    seed: int = Field(0, ge=0)


class RunRecord(Frozen):
    """`run.json`."""

    schema_version: Literal[1] = 1
    edgekit_version: str
    created_utc: str
    """ISO 8601."""
    data_folder: str
    """Absolute path of the clips at training time."""
    label_file: str | None = None
    child_pattern: str
    clips_sha256: str
    """`digest_of(cohort)`; export refuses other clips."""
    dataset: Dataset
    fold_of_child: dict[str, int]
    """The fold in which each child is held out."""
    settings: TrainingSettings
    versions: dict[str, str]
    """Of Python and of the libraries that trained."""
    device: str
    """`cpu`, `cuda` or `mps`, and its name."""
    n_threads: int = Field(1, ge=1)
    """Of the CPU; another number adds up in another order and changes the last digits."""
    training_loss: tuple[tuple[float, ...], ...] = ()
    """Mean loss of each epoch, for each fold; filled in at the end."""
    finished: bool = False


@dataclass(frozen=True)
class OofPredictions:
    """Out-of-fold predictions, one row a clip, in the cohort's order; all arrays are (N,)."""

    segment_names: tuple[str, ...]
    child_ids: tuple[str, ...]
    folds: NDArray[np.int64]
    labels: NDArray[np.int64]
    probabilities: NDArray[np.float64]


@dataclass(frozen=True)
class Run:
    """A run's folder with its record."""

    folder: Path
    record: RunRecord

    def weights(self, fold: int) -> Path:
        """Return where fold `fold`'s weights are."""
        return self.folder / f"fold_{fold}.safetensors"

    def oof(self) -> OofPredictions:
        """Read the out-of-fold predictions."""
        return read_oof(self.folder / OOF_FILE)


def open_run(folder: Path) -> Run:
    """Read a run's record, finished or not.

    Raises:
        UsageError: `folder` holds no run.
        IntegrityError: Its record is damaged or from a newer edgekit.
    """
    path = folder / RUN_FILE
    try:
        return Run(folder, RunRecord.model_validate_json(path.read_bytes()))
    except FileNotFoundError as error:
        raise UsageError(f"{folder}: no run there (no {RUN_FILE}); run edgekit train") from error
    except ValidationError as error:
        raise IntegrityError(
            f"{path}: {first_problem(error)}; damaged or from another edgekit: train again"
        ) from error


def newest_run(root: Path = RUNS_FOLDER) -> Run:
    """Return the finished run under `root` that was created last.

    Raises:
        UsageError: There is none.
        IntegrityError: A record is damaged; skipped, it might hide the newest.
    """
    try:
        runs = [open_run(path.parent) for path in root.glob(f"*/{RUN_FILE}")]
    except IntegrityError as error:
        raise IntegrityError(f"{error}; move that run away, or name the one you mean") from error
    finished = [run for run in runs if run.record.finished]
    if not finished:
        raise UsageError(f"{root}: no finished run there; run edgekit train, or name a run")
    return max(finished, key=lambda run: run.record.created_utc)


def save_record(run: Run) -> None:
    """Write `run.json` atomically."""
    files.write_text(run.folder / RUN_FILE, run.record.model_dump_json(indent=2, by_alias=True))


def digest_of(cohort: Cohort) -> str:
    """Return a SHA-256 over every clip's name, label and bytes, in the cohort's order."""
    total = hashlib.sha256()
    for segment in cohort.segments:
        total.update(f"{segment.name},{segment.label},{files.sha256(segment.path)}\n".encode())
    return total.hexdigest()


def write_oof(path: Path, oof: OofPredictions) -> None:
    """Write `oof.csv`; probabilities keep all their digits."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(OOF_HEADER)
    columns = (oof.folds.tolist(), oof.labels.tolist(), map(repr, oof.probabilities.tolist()))
    writer.writerows(zip(oof.segment_names, oof.child_ids, *columns, strict=True))
    files.write_text(path, text.getvalue())


def read_oof(path: Path) -> OofPredictions:
    """Read `oof.csv`.

    Raises:
        DataError: The file is missing, or a row is malformed.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not UTF-8 text; train again") from error
    rows = list(csv.reader(io.StringIO(text)))
    if not rows or tuple(rows[0]) != OOF_HEADER or len(rows) < 2:
        raise DataError(f"{path}, row 1: not an oof.csv; its header is {','.join(OOF_HEADER)}")
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(OOF_HEADER):
            raise DataError(f"{path}, row {number}: {len(row)} columns, not {len(OOF_HEADER)}")
    names, children, folds, labels, probabilities = zip(*rows[1:], strict=True)
    try:
        return OofPredictions(
            names,
            children,
            np.array(folds, dtype=np.int64),
            np.array(labels, dtype=np.int64),
            np.array(probabilities, dtype=np.float64),
        )
    except ValueError as error:
        raise DataError(f"{path}: not a number in fold, label or probability: {error}") from error
