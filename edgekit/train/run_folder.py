"""Where a run is written: a new folder, or the one in which an interrupted run goes on.

The folder is locked while a process trains in it. The lock dies with the process, so a killed
run is free to be continued, and two trainings never write to one folder.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from edgekit.errors import EdgekitError, UsageError
from edgekit.files import writing
from edgekit.progress import Progress
from edgekit.runs import RUN_FILE, Run, RunRecord, open_run, save_record


@contextmanager
def run_folder(
    record: RunRecord, *, root: Path, name: str | None, fresh: bool, progress: Progress
) -> Iterator[Run]:
    """Yield the run to train, its folder locked: an interrupted one with this record, or a new.

    Args:
        record: What is about to be trained.
        root: Holds a folder for each run.
        name: Of the run; by default the newest interrupted run that fits, else the time.
        fresh: Start anew, never go on with an interrupted run.
        progress: Hears whether a run is continued.

    Raises:
        UsageError: The name is taken by a finished run, one with other settings, or one that
            another process is training.
        OutputError: The folder cannot be made.
    """
    with writing(root):
        root.mkdir(parents=True, exist_ok=True)
    if name is None:
        folder = (None if fresh else _interrupted(record, root, progress)) or _new_folder(
            root, record.created_utc
        )
    else:
        folder = root / _checked_name(name)
        with writing(folder):
            folder.mkdir(exist_ok=True)
    with _locked(folder):
        if fresh or not _has_content(folder):
            yield _start(folder, record)
        else:
            run = open_run(folder)
            _check_same(run, record)
            progress.say(f"{folder}: an interrupted run with the same settings; going on with it")
            yield run


def differences(old: RunRecord, new: RunRecord) -> list[str]:
    """Return what would make the rest of run `old` another run than `new`, as phrases."""
    pairs = [
        (name, getattr(old.settings, name), getattr(new.settings, name))
        for name in type(new.settings).model_fields
    ]
    pairs += [(n, getattr(old, n), getattr(new, n)) for n in ("child_pattern", "device")]
    pairs += [(n, old.n_threads, new.n_threads) for n in ("n_threads",)]
    pairs += [(n, old.versions.get(n), version) for n, version in new.versions.items()]
    found = [f"{name} {before} there, {now} now" for name, before, now in pairs if before != now]
    if old.clips_sha256 != new.clips_sha256:
        found.append("the clips or their labels have changed")
    return found
