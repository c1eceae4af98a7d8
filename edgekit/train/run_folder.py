"""Where a run is written: a new folder, or the one in which an interrupted run goes on.

A folder is locked while a process trains in it. The lock dies with the process, so a killed
run is free to be continued, and two trainings never write to one folder.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from edgekit.errors import IntegrityError, UsageError
from edgekit.files import writing
from edgekit.progress import Progress
from edgekit.runs import (
    METRICS_FILE,
    OOF_FILE,
    REPORT_FILE,
    RUN_FILE,
    Run,
    RunRecord,
    open_run,
    save_record,
)


@contextmanager
def run_folder(
    record: RunRecord, *, root: Path, name: str | None, fresh: bool, progress: Progress
) -> Iterator[Run]:
    """Yield the run to train, its folder locked: an interrupted one like `record`, or a new one.

    Args:
        record: What is about to be trained.
        root: Holds a folder for each run.
        name: Of the run; by default that of the newest interrupted run that fits, else the time.
        fresh: Start anew; an unfinished run of this name is thrown away.
        progress: Hears whether a run is continued.

    Raises:
        UsageError: The name is taken by a finished run, by one with other settings, or by one
            that another process is training.
        OutputError: The folder cannot be made.
    """
    if name is not None:
        folder = root / _checked(name)
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
    else:
        found = None if fresh else _interrupted(record, root, progress)
        folder = found or _new_folder(root, record.created_utc)
    with _locked(folder):
        with writing(folder):
            run = _start(folder, record, fresh=fresh, progress=progress)
        yield run


def differences(old: RunRecord, new: RunRecord) -> list[str]:
    """Return what would make the rest of run `old` another run than `new`, in words."""
    before, now = _decisive(old), _decisive(new)
    changed = [
        f"{name} {before.get(name)} there, {value} now"
        for name, value in now.items()
        if before.get(name) != value
    ]
    if old.clips_sha256 != new.clips_sha256:
        changed.insert(0, "its clips or labels are not these")
    return changed


def _decisive(record: RunRecord) -> dict[str, object]:
    """Return every value that a run's outcome hangs on, apart from the clips."""
    return {
        **record.settings.model_dump(),
        "child_pattern": record.child_pattern,
        "device": record.device,
        "n_threads": record.n_threads,
        **record.versions,
    }


def _start(folder: Path, record: RunRecord, *, fresh: bool, progress: Progress) -> Run:
    """Return the run in the locked `folder`, written anew or continued."""
    _sweep(folder)
    is_run = (folder / RUN_FILE).exists()
    if not is_run and any(folder.iterdir()):
        raise UsageError(f"{folder}: holds files that are no run; choose another --name")
    if is_run:
        run = open_run(folder)
        if run.record.finished:
            raise UsageError(f"{folder}: a finished run; choose another --name")
        if not fresh:
            _check_same(run, record)
            progress.say(f"{folder}: goes on where it was interrupted")
            return run
        _empty(folder)
    run = Run(folder, record)
    save_record(run)
    return run


def _check_same(run: Run, record: RunRecord) -> None:
    if changed := differences(run.record, record):
        raise UsageError(
            f"{run.folder}: an unfinished run of other settings ({'; '.join(changed)}); "
            "choose another --name, or --fresh to start it anew"
        )


def _interrupted(record: RunRecord, root: Path, progress: Progress) -> Path | None:
    """Return the newest unfinished run under `root` that is like `record`, if nobody trains it."""
    unfinished = []
    for path in sorted(root.glob(f"*/{RUN_FILE}")):
        try:
            run = open_run(path.parent)
        except IntegrityError as error:
            progress.say(f"left alone: {error}")
            continue
        if not run.record.finished and not _is_locked(run.folder):
            unfinished.append(run)
    for run in sorted(unfinished, key=lambda run: run.record.created_utc, reverse=True):
        if not (changed := differences(run.record, record)):
            return run.folder
        progress.say(f"{run.folder}: unfinished and of other settings ({changed[0]}); left alone")
    return None


def _new_folder(root: Path, created_utc: str) -> Path:
    """Make a folder named after the time, such as `2026-11-22_160512`, or `..._2` if taken."""
    with writing(root):
        root.mkdir(parents=True, exist_ok=True)
    stem = created_utc[:19].replace("T", "_").replace(":", "")
    folder, number = root / stem, 1
    while True:
        with writing(folder), suppress(FileExistsError):
            folder.mkdir()
            return folder
        number += 1
        folder = root / f"{stem}_{number}"


def _checked(name: str) -> str:
    if name in ("", ".", "..") or name.startswith(".") or {"/", "\\", "\0"} & set(name):
        raise UsageError(f"--name {name!r}: give a plain folder name, without a path")
    return name


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with writing(folder):
        handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UsageError(
                f"{folder}: another process is training there; wait, or choose another --name"
            ) from error
        yield
    finally:
        os.close(handle)


def _is_locked(folder: Path) -> bool:
    try:
        with _locked(folder):
            return False
    except UsageError:
        return True


def _sweep(folder: Path) -> None:
    """Remove what writes that were killed left behind."""
    for leftover in folder.glob(".*.tmp"):
        leftover.unlink()


def _empty(folder: Path) -> None:
    """Remove what an unfinished run has written, its record last."""
    for weights in folder.glob("fold_*.safetensors"):
        weights.unlink()
    for name in (OOF_FILE, METRICS_FILE, REPORT_FILE, RUN_FILE):
        (folder / name).unlink(missing_ok=True)
