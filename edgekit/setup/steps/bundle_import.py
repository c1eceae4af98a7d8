"""A bundle into a folder of its own, named by its hash: another one never takes its place."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from edgekit import files
from edgekit.bundle import MANIFEST_FILE, load_bundle
from edgekit.errors import IntegrityError, UsageError
from edgekit.runtime.verify import check_evidence
from edgekit.setup.changes import Change, MadeFile, MadeFolder
from edgekit.setup.journal import JournalFile
from edgekit.setup.pick import fingerprint
from edgekit.setup.revert import revert
from edgekit.setup.step import Context, Outcome
from edgekit.setup.which_bundle import CURE

NAME = "bundle"


class Importer(Protocol):
    """How one kind of bundle gets onto the device."""

    def accepts(self, source: Path) -> bool:
        """Tell whether `source` is of this kind."""

    def target(self, source: Path, bundles: Path) -> Path:
        """Check `source` and return the folder below `bundles` that it belongs into.

        Raises:
            IntegrityError: It is damaged, or its gate evidence is not in order.
        """

    def put(self, source: Path, target: Path, journal: JournalFile) -> None:
        """Put it there, whole or not at all; every file is recorded first."""


class FolderImporter:
    """A folder as `edgekit export` wrote it."""

    def accepts(self, source: Path) -> bool:
        """Take any folder; that it is no bundle is said later."""
        return source.is_dir()

    def target(self, source: Path, bundles: Path) -> Path:
        """Check every file of it and its evidence."""
        check_evidence(load_bundle(source))
        return bundles / fingerprint(source)[:12]

    def put(self, source: Path, target: Path, journal: JournalFile) -> None:
        """Copy its files."""
        names = sorted((*load_bundle(source).manifest.files, MANIFEST_FILE))
        made = [
            MadeFile(path=target / name, sha256=(files.sha256(source / name),)) for name in names
        ]
        journal.record(NAME, MadeFolder(path=target), *made)
        with files.new_folder(target) as fresh:
            for name in names:
                shutil.copyfile(source / name, fresh / name)


IMPORTERS: tuple[Importer, ...] = (FolderImporter(),)
"""The first that accepts a source imports it."""


def look(context: Context) -> Outcome:
    """Look whether the bundle is in its place; without a wish, whether there is any.

    Raises:
        UsageError: What was named is no bundle.
        IntegrityError: It is damaged.
    """
    wished, imported = context.wishes.bundle, context.journal.read().bundle
    if wished is None:
        if imported is None:
            return Outcome("left", f"no bundle to import: {CURE}")
        load_bundle(imported)
        return Outcome("there", f"{imported}")
    target = importer_of(wished).target(wished, context.site.bundles)
    if imported == target and _is_whole(target):
        return Outcome("there", f"{target}")
    return Outcome("open", f"copy {wished} to {target}")


def do(context: Context) -> Outcome:
    """Import the bundle that was named.

    Raises:
        OutputError: It cannot be written.
    """
    source = context.wishes.bundle
    if source is None:
        return look(context)
    importer = importer_of(source)
    target = importer.target(source, context.site.bundles)
    if not _is_whole(target):
        importer.put(source, target, context.journal)
    context.journal.note(bundle=target)
    return Outcome("done", f"{target}: copied from {source}")


def undo(_context: Context, changes: Sequence[Change]) -> tuple[str, ...]:
    """Remove the bundles that were imported."""
    return revert(changes)


def importer_of(source: Path) -> Importer:
    """Return who can import `source`.

    Raises:
        UsageError: Nobody can.
    """
    for importer in IMPORTERS:
        if importer.accepts(source):
            return importer
    raise UsageError(f"--bundle {source}: no folder of a bundle")


def _is_whole(folder: Path) -> bool:
    try:
        load_bundle(folder)
    except (UsageError, IntegrityError):
        return False
    return True
