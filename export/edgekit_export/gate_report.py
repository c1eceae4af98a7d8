"""`gate.md`: what INT8 changed, for a person who has to answer for it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

from edgekit.manifest import GateBudget, GateResult
from edgekit_export.gate import GateReport
from edgekit_export.variants import GatedFile

_COLUMNS = ("clips", "up", "down", "sensitivity", "specificity", "AUROC", "max dp", "mean dp")


def gate_markdown(
    gated: Sequence[GatedFile],
    threshold: float,
    budget: GateBudget,
    alias: Callable[[str], str] | None = None,
) -> str:
    """Return the report on every INT8 file, passed or not.

    Args:
        gated: The files and what each changed.
        threshold: The FP32 out-of-fold threshold.
        budget: What was allowed.
        alias: Stands in for a child's id in a report that travels; clips go unnamed then.
    """
    verdict = "passed" if all(g.report.overall.is_passed for g in gated) else "refused"
    lines = [
        f"# INT8 gate: {verdict}",
        "",
        "Fold k's INT8 output of the files named here against fold k's FP32 output in the same",
        "runtime, on the children that fold k was never trained on nor calibrated with, at the",
        f"FP32 out-of-fold threshold {threshold:.4f}. Drops are FP32 minus INT8; dp is the change",
        "in probability; up and down are clips that changed sides of the threshold.",
        "",
        f"Budget: flips {budget.flips:.2%} of clips, sensitivity {budget.sensitivity_drop:.2%}, "
        f"specificity {budget.specificity_drop:.2%}, AUROC {budget.auroc_drop:.4f}.",
        "",
    ]
    for one in gated:
        lines += list(_section(one, budget, alias))
    return "\n".join(lines) + "\n"


def _section(
    gated: GatedFile, budget: GateBudget, alias: Callable[[str], str] | None
) -> Iterator[str]:
    report, recipe = gated.report, gated.recipe
    yield f"## {gated.file.name}: {'passed' if report.overall.is_passed else 'refused'}"
    yield ""
    yield (
        f"Scheme {recipe.scheme}, ranges by {recipe.method}; layers kept in FP32: "
        f"{', '.join(recipe.fp32_layers) or 'none besides the MIL head'}."
    )
    yield from (f"- over budget: {excess}" for excess in budget.excesses(report.overall))
    yield ""
    yield from _table("clips of", [("all children", report.overall)])
    yield from _table("fold", [(str(fold), result) for fold, result in report.folds])
    name_of = alias or str
    yield from _table("child", [(name_of(child), result) for child, result in report.children])
    yield from _margin_table(report)
    if report.flips:
        yield "Clips that changed sides:"
        yield ""
        yield "| clip | label | FP32 | INT8 |"
        yield "|---|---:|---:|---:|"
        for flip in report.flips:
            name = flip.segment_name if alias is None else f"one of {alias(flip.child_id)}"
            yield f"| {name} | {flip.label} | {flip.fp32:.4f} | {flip.int8:.4f} |"
        yield ""


def _table(first: str, rows: list[tuple[str, GateResult]]) -> Iterator[str]:
    yield f"| {first} | {' | '.join(_COLUMNS)} |"
    yield "|---|" + "---:|" * len(_COLUMNS)
    for name, result in rows:
        yield (
            f"| {name} | {result.n_clips} | {result.flips_up} | {result.flips_down} "
            f"| {result.sensitivity_drop:+.4f} | {result.specificity_drop:+.4f} "
            f"| {result.auroc_drop:+.5f} | {result.max_abs_dp:.4f} | {result.mean_abs_dp:.5f} |"
        )
    yield ""


def _margin_table(report: GateReport) -> Iterator[str]:
    yield "| FP32 within ... of the threshold | clips | flips |"
    yield "|---|---:|---:|"
    for bin_ in report.margins:
        edge = "more" if math.isinf(bin_.below) else f"{bin_.below:g}"
        yield f"| {edge} | {bin_.n_clips} | {bin_.n_flips} |"
    yield ""
