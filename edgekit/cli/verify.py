"""`edgekit verify`: is the bundle intact, honest, and does it compute the same here?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgekit.cli import console

if TYPE_CHECKING:
    from edgekit.runtime.golden import GoldenCheck


def verify(
    bundle: Annotated[Path, typer.Argument(help="The bundle's folder.")] = Path("bundle"),
) -> None:
    """Check a bundle's hashes, calibration and gate evidence, and replay its golden clips.

    Example: edgekit verify bundle/
    """
    from edgekit.bundle import load_bundle
    from edgekit.runtime.verify import check_evidence, replay_golden

    loaded = load_bundle(bundle)
    n_files = len(loaded.manifest.files)
    console.out(f"{bundle}: {n_files} files as exported")
    check_evidence(loaded)
    if loaded.manifest.calibration:
        n_folds = len(loaded.manifest.calibration)
        console.out(f"evidence: {n_folds} folds, none calibrated on a child that judges it")
    with console.progress() as progress:
        checks = replay_golden(loaded, progress)
    columns = ("model", "runtime here", "golden dp", "allowed", "gate flips")
    console.table("", columns, [_row(check) for check in checks])
    if any(check.max_abs_dp is None for check in checks):
        console.note("not checked: models whose runtime is not installed here")
    console.out("verified")


def _row(check: GoldenCheck) -> tuple[str, ...]:
    entry, gate = check.entry, check.entry.gate
    return (
        entry.name,
        check.runtime or f"{entry.runtime} is not installed",
        "not checked" if check.max_abs_dp is None else f"{check.max_abs_dp:.1e}",
        f"{entry.golden.tolerance:g}",
        "" if gate is None else f"{gate.flips_up + gate.flips_down} of {gate.n_clips}",
    )
