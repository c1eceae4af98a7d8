"""Cross-validated training: a cohort becomes a run of K networks and out-of-fold predictions.

Nothing but the final threshold is chosen on held-out clips: the number of epochs is fixed
beforehand and the last weights count, so that out-of-fold predictions stay out of fold.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from edgekit import __version__
from edgekit.clips import Clip
from edgekit.cohort import Cohort, Segment
from edgekit.files import writing
from edgekit.folds import FoldHandle
from edgekit.progress import SILENT, Progress
from edgekit.runs import (
    METRICS_FILE,
    OOF_FILE,
    REPORT_FILE,
    RUNS_FOLDER,
    OofPredictions,
    Run,
    RunRecord,
    TrainingSettings,
    digest_of,
    save_record,
    write_oof,
)
from edgekit.scoring import parse_policy, score, write_metrics
from edgekit.train.assign import assign_folds, split
from edgekit.train.checkpoint import FoldNotes, load_network, read_notes, save_weights
from edgekit.train.device import Device, DeviceChoice, choose_device, repeatable
from edgekit.train.loop import LabelledClips, network_shape, predict, train_fold
from edgekit.train.report import write_report
from edgekit.train.run_folder import run_folder

LIBRARIES = ("torch", "numpy", "scikit-learn", "safetensors")


def train(
    cohort: Cohort,
    settings: TrainingSettings,
    *,
    runs_folder: Path = RUNS_FOLDER,
    name: str | None = None,
    fresh: bool = False,
    device: DeviceChoice = "auto",
    n_threads: int | None = None,
    progress: Progress = SILENT,
) -> Run:
    """Train one network for each fold, score them out of fold, and write a run.

    A run that was killed goes on at the fold and epoch where it was, when it is named again or
    when no name is given and clips and settings are the same; on a CPU it ends with the same
    bytes as if it had never been interrupted.

    Args:
        cohort: The labelled clips, each `settings.n_frames` long.
        settings: All that decides the outcome, apart from the data.
        runs_folder: The run's folder is made in it.
        name: Of that folder; by default the time, `2026-11-22_160512`.
        fresh: Start anew even if an interrupted run could go on.
        device: Where to compute.
        n_threads: Of the CPU; by default as many as torch takes.
        progress: Hears of every clip read and every batch.

    Raises:
        UsageError: Options that do not fit the cohort, the machine or the named run.
        DataError: A clip is unusable, a training part has one class only, or training diverged.
        OutputError: The run cannot be written.
    """
    parse_policy(settings.threshold_policy)
    fold_of_child = assign_folds(cohort, settings)
    handles = split(cohort, fold_of_child)
    place = choose_device(device)
    clips = _read_clips(cohort, settings, progress)
    record = _record(cohort, settings, fold_of_child, place, n_threads or torch.get_num_threads())
    with (
        run_folder(record, root=runs_folder, name=name, fresh=fresh, progress=progress) as run,
        repeatable(place, record.n_threads),
    ):
        progress.say(
            f"{run.folder}: {len(cohort.segments)} clips of {len(cohort.children)} children, "
            f"{len(handles)} folds of {settings.epochs} epochs on {record.device}"
        )
        for handle in handles:
            _train_fold(run, handle, clips, place, progress)
        return _finish(run, handles, progress)


def _read_clips(cohort: Cohort, settings: TrainingSettings, progress: Progress) -> dict[str, Clip]:
    """Read and check every clip before work starts; float32 halves the memory that they take."""
    clips: dict[str, Clip] = {}
    for number, segment in enumerate(cohort.segments, start=1):
        clips[segment.name] = segment.load(settings.n_frames).astype(np.float32)
        progress.step("reading clips", number, len(cohort.segments))
    return clips


def _record(
    cohort: Cohort,
    settings: TrainingSettings,
    fold_of_child: dict[str, int],
    device: Device,
    n_threads: int,
) -> RunRecord:
    return RunRecord(
        edgekit_version=__version__,
        created_utc=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        data_folder=str(cohort.folder.absolute()),
        label_file=None if cohort.label_file is None else str(cohort.label_file.absolute()),
        child_pattern=cohort.child_pattern,
        clips_sha256=digest_of(cohort),
        dataset=cohort.dataset,
        fold_of_child=fold_of_child,
        settings=settings,
        versions=_versions(),
        device=device.description,
        n_threads=n_threads,
    )


def _train_fold(
    run: Run, handle: FoldHandle, clips: Mapping[str, Clip], device: Device, progress: Progress
) -> None:
    """Train a fold and write its weights, unless an earlier process has done so."""
    fold, weights = handle.fold, run.weights(handle.fold)
    checkpoint = weights.with_suffix(".checkpoint.safetensors")
    if not weights.exists():
        began = time.monotonic()
        segments = handle.training.segments
        data = LabelledClips([clips[segment.name] for segment in segments], _labels(segments))
        trained = train_fold(
            fold,
            data,
            run.record.settings,
            device=device,
            checkpoint=checkpoint,
            progress=progress,
        )
        save_weights(weights, trained.network, FoldNotes(fold=fold, losses=trained.losses))
        took_s = time.monotonic() - began
        progress.say(f"fold {fold}: loss {trained.losses[-1]:.3f}, {took_s:.0f} s -> {weights}")
    with writing(checkpoint):
        checkpoint.unlink(missing_ok=True)


def _finish(run: Run, handles: Sequence[FoldHandle], progress: Progress) -> Run:
    """Score the folds' weights as they are on disk; the record is written last."""
    oof = _predict_out_of_fold(run, handles, progress)
    settings = run.record.settings
    write_oof(run.folder / OOF_FILE, oof)
    metrics = score(oof, policy=settings.threshold_policy, seed=settings.seed)
    write_metrics(run.folder / METRICS_FILE, metrics)
    losses = tuple(read_notes(run.weights(handle.fold)).losses for handle in handles)
    record = run.record.model_copy(update={"training_loss": losses, "finished": True})
    write_report(run.folder / REPORT_FILE, record, oof, metrics)
    finished = Run(run.folder, record)
    save_record(finished)
    return finished


def _predict_out_of_fold(
    run: Run, handles: Sequence[FoldHandle], progress: Progress
) -> OofPredictions:
    """Predict each clip with the one network that never saw its child, in the cohort's order."""
    settings = run.record.settings
    rows: list[tuple[Segment, int, float]] = []
    for handle in handles:
        network = load_network(run.weights(handle.fold), network_shape(settings))
        segments = handle.held_out.segments
        clips = (segment.load(settings.n_frames) for segment in segments)
        probabilities = predict(network, clips)
        rows += [(s, handle.fold, p) for s, p in zip(segments, probabilities.tolist(), strict=True)]
        progress.step("held-out clips", len(rows), sum(len(h.held_out.segments) for h in handles))
    rows.sort(key=lambda row: row[0].name)
    ordered, folds, scores = zip(*rows, strict=True)
    return OofPredictions(
        segment_names=tuple(segment.name for segment in ordered),
        child_ids=tuple(segment.child_id for segment in ordered),
        folds=np.array(folds, dtype=np.int64),
        labels=_labels(ordered),
        probabilities=np.array(scores, dtype=np.float64),
    )


def _versions() -> dict[str, str]:
    return {"python": platform.python_version()} | {name: version(name) for name in LIBRARIES}


def _labels(segments: Sequence[Segment]) -> NDArray[np.int64]:
    return np.array([segment.label for segment in segments], dtype=np.int64)
