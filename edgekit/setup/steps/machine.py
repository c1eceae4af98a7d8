"""First step: is this machine fit for it? What is wrong is told with its cure."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from edgekit.doctor import Finding, examine
from edgekit.doctor.bedside import Bedside
from edgekit.errors import MissingExtraError
from edgekit.setup.changes import Change
from edgekit.setup.step import Context, Outcome

NAME = "doctor"
LATER = frozenset({"pose model", "settings", "service", "service's pose model", "bundle", "run"})
"""What the steps after it see to."""


def look(_context: Context) -> Outcome:
    """Always to be done: a machine changes."""
    return Outcome("open", "examine this machine")


def do(context: Context) -> Outcome:
    """Examine the machine; without what nothing works without, nothing more is done.

    Raises:
        MissingExtraError: Something is missing without which edgekit cannot work.
    """
    site, usual = context.site, Bedside.usual()
    settings = site.settings if site.settings.is_file() else None
    findings = examine(Path(), bedside=Bedside(settings, site.place or usual.place))
    missing = [one for one in findings if one.state == "missing"]
    if missing:
        raise MissingExtraError("device", ", ".join(one.name for one in missing))
    bad = [one for one in findings if one.state == "warning" and one.name not in LATER]
    text = f"{len(findings)} things looked at, {len(bad)} warnings; edgekit doctor shows all"
    return Outcome("done", text, tuple(map(_line, bad)))


def undo(_context: Context, _changes: Sequence[Change]) -> tuple[str, ...]:
    """Nothing was changed."""
    return ()


def _line(finding: Finding) -> str:
    return f"{finding.name}: {finding.detail} -> {finding.fix}"
