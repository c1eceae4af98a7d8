"""What setup has done so far, step by step, in one small file that is replaced whole.

Every change is written down before it is made: whatever interrupts, undo knows all of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from edgekit import files
from edgekit.errors import DataError
from edgekit.manifest import Precision, RuntimeName
from edgekit.records import Frozen, first_problem
from edgekit.setup.changes import Change, MadeFile, MadeFolder


class Pick(Frozen):
    """The fastest way to run one bundle on this machine, as measured here."""

    runtime: RuntimeName
    precision: Precision
    threads: int
    median_ms: float
    bundle_sha256: str
    """Of its manifest: another bundle is measured again."""
    versions: tuple[str, ...]
    """Of the runtimes that were measured, as in `onnxruntime 1.32.0`."""


class Entry(Frozen):
    """What one step changed, in order."""

    step: str
    changes: tuple[Change, ...]


class Journal(Frozen):
    """The whole file."""

    schema_version: Literal[1] = 1
    entries: tuple[Entry, ...] = ()
    bundle: Path | None = None
    """The bundle that was imported last."""
    source: str | None = None
    """What is to be watched, as it was asked for last."""
    port: int | None = None
    """Of the page, likewise."""
    pick: Pick | None = None
    tested_settings_sha256: str | None = None
    """Of the settings with which the test alarm sounded last."""
    own_folders: tuple[Path, ...] = ()
    """Those that were made for the journal itself, outermost first."""

    def changes_of(self, step: str) -> tuple[Change, ...]:
        """Return what a step changed, in order."""
        return next((entry.changes for entry in self.entries if entry.step == step), ())

    def file_of(self, path: Path) -> MadeFile | None:
        """Return what is recorded of a file; None where setup never wrote it."""
        for entry in self.entries:
            for change in entry.changes:
                if isinstance(change, MadeFile) and change.path == path:
                    return change
        return None


class JournalFile:
    """The journal on the disk."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> Journal:
        """Return the journal; an empty one before the first change.

        Raises:
            DataError: It cannot be read, or is damaged.
        """
        try:
            return Journal.model_validate_json(self.path.read_bytes())
        except FileNotFoundError:
            return Journal()
        except OSError as error:
            raise DataError(f"{self.path}: cannot be read: {error.strerror}") from error
        except ValidationError as error:
            raise DataError(
                f"{self.path}: {first_problem(error)}; without it nothing can be undone: "
                "restore it, or move it away to start afresh"
            ) from error

    def note(
        self,
        *,
        bundle: Path | None = None,
        source: str | None = None,
        port: int | None = None,
        pick: Pick | None = None,
        tested_settings_sha256: str | None = None,
    ) -> None:
        """Write down what a step found out, for those after it; None keeps what is there.

        Raises:
            OutputError: It cannot be written; the old one stays.
        """
        found = {
            "bundle": bundle,
            "source": source,
            "port": port,
            "pick": pick,
            "tested_settings_sha256": tested_settings_sha256,
        }
        given = {name: value for name, value in found.items() if value is not None}
        self._write(self.read().model_copy(update=given))

    def record(self, step: str, *changes: Change) -> None:
        """Write down what a step is about to make, and the folders that it needs.

        Raises:
            OutputError: It cannot be written; the old one stays.
        """
        if not self.path.exists():
            # Its own folders first: they are the last to go, and no step's.
            self._write(self.read())
        with_folders: list[Change] = []
        for change in changes:
            if isinstance(change, MadeFolder | MadeFile):
                with_folders += [MadeFolder(path=path) for path in missing_folders(change.path)]
            with_folders.append(change)
        self._record(step, with_folders)

    def _record(self, step: str, changes: Sequence[Change]) -> None:
        journal = self.read()
        known = journal.changes_of(step)
        for change in changes:
            known = _with(known, change)
        if known == journal.changes_of(step):
            return
        others = tuple(entry for entry in journal.entries if entry.step != step)
        entry = Entry(step=step, changes=known)
        self._write(journal.model_copy(update={"entries": (*others, entry)}))

    def forget(self, step: str) -> None:
        """Strike out a step that has been undone."""
        journal = self.read()
        others = tuple(entry for entry in journal.entries if entry.step != step)
        if others != journal.entries:
            self._write(journal.model_copy(update={"entries": others}))

    def remove(self) -> tuple[str, ...]:
        """Delete the journal and the folders that were made for it, unless others use them now.

        Returns:
            A line for the innermost folder that is kept.
        """
        folders = self.read().own_folders
        with files.writing(self.path):
            self.path.unlink(missing_ok=True)
            for folder in reversed(folders):
                inside = sorted(entry.name for entry in folder.iterdir())
                if inside:
                    return (f"kept: {folder}, which holds {inside[0]}",)
                folder.rmdir()
        return ()

    def _write(self, journal: Journal) -> None:
        if not self.path.exists():
            journal = journal.model_copy(update={"own_folders": missing_folders(self.path)})
        files.write_bytes(self.path, f"{journal.model_dump_json(indent=1)}\n".encode(), mode=0o644)


def missing_folders(path: Path) -> tuple[Path, ...]:
    """Return the folders above `path` that are not there yet, outermost first."""
    return tuple(folder for folder in reversed(path.parents) if not folder.exists())


def _with(known: tuple[Change, ...], change: Change) -> tuple[Change, ...]:
    if change in known or not isinstance(change, MadeFile):
        return known if change in known else (*known, change)
    for at, other in enumerate(known):
        if isinstance(other, MadeFile) and other.path == change.path:
            hashes = tuple(dict.fromkeys((*other.sha256, *change.sha256)))
            merged = other.model_copy(update={"sha256": hashes})
            return (*known[:at], merged, *known[at + 1 :])
    return (*known, change)
