"""`edgekit export`: a finished run becomes a bundle, or a refusal that says why."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from edgekit.cli import console

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
    from edgekit.cohort import load_cohort
    from edgekit.errors import MissingExtraError
    from edgekit.manifest import GateBudget
    from edgekit.runs import newest_run, open_run

    try:
        from edgekit_export.build import ExportOptions
        from edgekit_export.build import export as build
    except ModuleNotFoundError as error:
        raise MissingExtraError("train", error.name or "a package") from error

    chosen = newest_run(runs) if run is None else open_run(run)
    record = chosen.record
    console.note(f"run {chosen.folder}")
    labels = None if record.label_file is None else Path(record.label_file)
    cohort = load_cohort(
        data or Path(record.data_folder),
        labels=labels if data is None else None,
        child_pattern=record.child_pattern,
    )
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
    worst = max(made.parity, key=lambda parity: parity.max_abs_dp)
    console.out(f"FP32 parity: largest difference {worst.max_abs_dp:.1e} ({worst.path})")
    if made.gated:
        rows = []
        for gated in made.gated:
            result = gated.report.overall
            rows.append(
                (
                    gated.file.name,
                    f"{result.flips_up + result.flips_down} of {result.n_clips}",
                    f"{result.sensitivity_drop:+.4f}",
                    f"{result.specificity_drop:+.4f}",
                    f"{result.auroc_drop:+.5f}",
                    f"{result.max_abs_dp:.4f}",
                    str(len(gated.recipe.fp32_layers)),
                )
            )
        columns = ("INT8 against FP32", "flips", "sens. drop", "spec. drop", "AUROC drop", "max dp")
        console.table("", (*columns, "FP32 layers"), rows)
    n_bytes = sum(entry.n_bytes for entry in made.bundle.manifest.files.values())
    console.out(f"wrote {out}: {len(made.bundle.manifest.models)} models, {n_bytes / 1e6:.1f} MB")
    console.out("next: edgekit verify, edgekit predict, edgekit bench")
