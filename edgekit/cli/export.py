"""`edgekit export`: a finished run becomes a bundle, or a refusal that says why."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from edgekit.cli import console

if TYPE_CHECKING:
    from edgekit_export.build import Exported
    from edgekit_export.variants import GatedFile

    from edgekit.cohort import Cohort
    from edgekit.runs import RunRecord

FLIPS, DROP, AUROC_DROP = 0.01, 0.01, 0.005


def export(
    run: Annotated[
        Path | None, typer.Argument(help="A run's folder; the newest under --runs by default.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Where the bundle goes.")] = Path("bundle"),
    quantize: Annotated[
        Literal["int8", "none"], typer.Option(help="int8 adds gated INT8 models to FP32.")
    ] = "int8",
    runtime: Annotated[
        Literal["all", "onnxruntime"],
        typer.Option(help="all writes ONNX and OpenVINO files; onnxruntime only the former."),
    ] = "all",
    data: Annotated[
        Path | None, typer.Option(help="The clips of the run, if they have moved.")
    ] = None,
    max_flips: Annotated[
        float, typer.Option(min=0, max=1, help="Gate: share of clips that may change sides.")
    ] = FLIPS,
    max_sensitivity_drop: Annotated[
        float, typer.Option(min=0, max=1, help="Gate: allowed loss of sensitivity.")
    ] = DROP,
    max_specificity_drop: Annotated[
        float, typer.Option(min=0, max=1, help="Gate: allowed loss of specificity.")
    ] = DROP,
    max_auroc_drop: Annotated[
        float, typer.Option(min=0, max=1, help="Gate: allowed loss of AUROC.")
    ] = AUROC_DROP,
    runs: Annotated[Path, typer.Option(help="Where runs are looked for.")] = Path("runs"),
) -> None:
    """Fold, write, calibrate, quantise and gate a run into a bundle.

    INT8 ships only if it decides as FP32 does on children that the fold never saw; over its
    budget, nothing is written (exit 11) and gate.md in the run's folder says why.

    Example: edgekit export --quantize int8
    """
    from edgekit.errors import MissingExtraError
    from edgekit.manifest import GateBudget
    from edgekit.runs import newest_run, open_run

    try:
        from edgekit_export.build import ExportOptions
        from edgekit_export.build import export as build
    except ModuleNotFoundError as error:
        raise MissingExtraError("train", error.name or "a package") from error

    chosen = newest_run(runs) if run is None else open_run(run)
    console.note(f"run {chosen.folder}")
    cohort = _cohort_of(chosen.record, data)
    options = ExportOptions(
        quantize=quantize,
        has_openvino=runtime == "all",
        budget=GateBudget(
            flips=max_flips,
            sensitivity_drop=max_sensitivity_drop,
            specificity_drop=max_specificity_drop,
            auroc_drop=max_auroc_drop,
        ),
    )
    with console.progress() as progress:
        made = build(chosen, cohort, out, options, progress)
    _show(made)
    console.out("next: edgekit verify, edgekit predict, edgekit bench")


def _cohort_of(record: RunRecord, moved_to: Path | None) -> Cohort:
    """Read the clips of a run where it found them, or where they are now."""
    from edgekit.cohort import load_cohort

    if moved_to is not None:
        return load_cohort(moved_to, child_pattern=record.child_pattern)
    labels = None if record.label_file is None else Path(record.label_file)
    return load_cohort(Path(record.data_folder), labels=labels, child_pattern=record.child_pattern)


def _show(made: Exported) -> None:
    worst = max(made.parity, key=lambda parity: parity.max_abs_dp)
    console.out(f"FP32 parity: largest difference {worst.max_abs_dp:.1e} ({worst.path})")
    if made.gated:
        columns = ("flips", "sens. drop", "spec. drop", "AUROC drop", "max dp", "FP32 layers")
        rows = [_gate_row(gated) for gated in made.gated]
        console.table("", ("INT8 against FP32", *columns), rows)
    manifest = made.bundle.manifest
    n_bytes = sum(entry.n_bytes for entry in manifest.files.values())
    console.out(
        f"wrote {made.bundle.folder}: {len(manifest.models)} models, {n_bytes / 1e6:.1f} MB"
    )


def _gate_row(gated: GatedFile) -> tuple[str, ...]:
    result = gated.report.overall
    return (
        gated.file.name,
        f"{result.flips_up + result.flips_down} of {result.n_clips}",
        f"{result.sensitivity_drop:+.4f}",
        f"{result.specificity_drop:+.4f}",
        f"{result.auroc_drop:+.5f}",
        f"{result.max_abs_dp:.4f}",
        str(len(gated.recipe.fp32_layers)),
    )
