"""Checks of the pose model in the cache, and of the run and bundle in a folder."""

from __future__ import annotations

from pathlib import Path

from edgekit.bundle import DEFAULT_FOLDER, MANIFEST_FILE, load_bundle
from edgekit.doctor.finding import Finding
from edgekit.errors import EdgekitError, IntegrityError, MissingExtraError
from edgekit.pose.models import DEFAULT_MODEL, MODELS, PoseModel, find
from edgekit.runs import RUNS_FOLDER, newest_run
from edgekit.runtime.verify import check_evidence


def check_pose_model(folder: Path, models: tuple[PoseModel, ...] | None = None) -> Finding:
    """Check the pose models in the cache, byte by byte."""
    there = []
    for model in models or tuple(MODELS.values()):
        try:
            there.append(find(model, folder).name)
        except MissingExtraError:
            continue
        except IntegrityError as error:
            fix = f"edgekit pose fetch --model {model.name} --force"
            return Finding("pose model", "warning", str(error), fix)
    if not there:
        return Finding("pose model", "absent", f"none in {folder}", "edgekit pose fetch")
    if DEFAULT_MODEL not in there:
        fix = f"edgekit pose fetch, or name --model {there[0]}"
        return Finding("pose model", "absent", f"{', '.join(there)}, not {DEFAULT_MODEL}", fix)
    return Finding("pose model", "ok", f"{', '.join(there)} in {folder}")


def check_run(folder: Path) -> Finding:
    """Check that `folder` holds a finished run."""
    root = folder / RUNS_FOLDER
    if not root.is_dir():
        return Finding("run", "absent", f"no {root}", "edgekit train data/")
    try:
        run = newest_run(root)
    except EdgekitError as error:
        return Finding("run", "warning", str(error), "edgekit train data/")
    record = run.record
    return Finding("run", "ok", f"{run.folder}, of {record.created_utc}, {record.dataset.source}")


def check_bundle(folder: Path) -> Finding:
    """Check the files and the evidence of the bundle in `folder`, without running its models."""
    path = folder / DEFAULT_FOLDER
    if not (path / MANIFEST_FILE).is_file():
        return Finding("bundle", "absent", f"no {path}", "edgekit export")
    try:
        bundle = load_bundle(path)
        check_evidence(bundle)
    except EdgekitError as error:
        return Finding("bundle", "warning", str(error), "edgekit export, or copy the bundle again")
    names = ", ".join(entry.name for entry in bundle.manifest.models)
    return Finding("bundle", "ok", f"{path}: {names}; edgekit verify replays its golden clips")
