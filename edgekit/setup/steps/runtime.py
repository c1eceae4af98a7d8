"""The fastest way to run the bundle on this machine, measured and noted for the settings."""

from __future__ import annotations

from collections.abc import Sequence

from edgekit.bundle import load_bundle
from edgekit.setup.changes import Change
from edgekit.setup.journal import Pick
from edgekit.setup.pick import fingerprint, pick
from edgekit.setup.step import Context, Outcome
from edgekit.setup.which_bundle import CURE, which_bundle

NAME = "runtime"


def look(context: Context) -> Outcome:
    """Look whether this bundle was measured here before."""
    bundle, noted = which_bundle(context), context.journal.read().pick
    if bundle is None:
        return Outcome("left", f"no bundle to measure: {CURE}")
    if noted is not None and noted.bundle_sha256 == fingerprint(bundle):
        return Outcome("there", describe(noted))
    return Outcome("open", f"measure the models of {bundle} on this machine")


def do(context: Context) -> Outcome:
    """Measure.

    Raises:
        IntegrityError: No model of the bundle gives its golden answers here.
    """
    bundle = which_bundle(context)
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
