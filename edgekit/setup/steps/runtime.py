"""The fastest way to run the bundle on this machine, measured and noted for the settings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from edgekit.bundle import load_bundle
from edgekit.setup.changes import Change
from edgekit.setup.journal import Pick
from edgekit.setup.pick import fingerprint, pick
from edgekit.setup.step import Context, Outcome

NAME = "runtime"


def look(context: Context) -> Outcome:
    """Look whether this bundle was measured here before."""
    bundle, noted = _bundle(context), context.journal.read().pick
    if bundle is None:
        return Outcome("left", "no bundle to measure: name its folder with --bundle FOLDER")
    if noted is not None and noted.bundle_sha256 == fingerprint(bundle):
        return Outcome("there", describe(noted))
    return Outcome("open", f"measure the models of {bundle} on this machine")


def do(context: Context) -> Outcome:
    """Measure.

    Raises:
        IntegrityError: No model of the bundle gives its golden answers here.
    """
    bundle = _bundle(context)
    if bundle is None:
        return look(context)
    found = pick(load_bundle(bundle), context.wishes.measure_s, progress=context.progress)
    context.journal.note(pick=found)
    return Outcome("done", describe(found))


def undo(_context: Context, _changes: Sequence[Change]) -> tuple[str, ...]:
    """Nothing was changed; the note goes with the journal."""
    return ()


def describe(found: Pick) -> str:
    """Return a choice in a line."""
    threads = f"{found.threads} thread{'s' if found.threads > 1 else ''}"
    return f"{found.runtime}, {found.precision}, {threads}: {found.median_ms:.2f} ms a decision"


def _bundle(context: Context) -> Path | None:
    """Return the imported bundle, or in a dry run the one that would be."""
    return context.journal.read().bundle or context.wishes.bundle
