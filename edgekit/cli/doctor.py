"""`edgekit doctor`: what this machine has, what is missing, what to install."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from edgekit.doctor import Finding


def doctor(
    folder: Annotated[Path, typer.Argument(help="Where your runs and bundle are.")] = Path(),
    *,
    json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="End in an error at a warning too.")
    ] = False,
) -> None:
    """Show what this machine has, what is missing, and what mends it.

    Ends with code 16 when something is missing without which nothing works.

    Example: edgekit doctor
    """
    from edgekit.cli import console
    from edgekit.doctor import examine
    from edgekit.errors import MissingExtraError, UsageError

    if not folder.is_dir():
        raise UsageError(f"{folder}: no such folder")
    findings = examine(folder)
    if json:
        console.out(_as_json(findings))
    else:
        _show(findings)
    bad = {"missing", "warning"} if strict else {"missing"}
    if any(finding.state in bad for finding in findings):
        raise typer.Exit(MissingExtraError.exit_code)


def _show(findings: tuple[Finding, ...]) -> None:
    from edgekit.cli import console

    width = max(len(finding.name) for finding in findings)
    for finding in findings:
        state = "" if finding.state == "ok" else f"{finding.state}: "
        console.out(f"{finding.name.ljust(width)}  {state}{finding.detail}")
        if finding.fix:
            console.out(f"{' ' * width}  -> {finding.fix}")
    counts = {
        state: sum(finding.state == state for finding in findings)
        for state in ("ok", "absent", "warning", "missing")
    }
    console.out()
    console.out(
        f"{counts['ok']} in order, {counts['absent']} optional things absent, "
        f"{counts['warning']} warnings, {counts['missing']} missing"
    )


def _as_json(findings: tuple[Finding, ...]) -> str:
    import dataclasses
    import json

    return json.dumps([dataclasses.asdict(finding) for finding in findings], indent=1)
