"""The INT8 files of one number format: written, judged, and mended layer by layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import onnx

from edgekit.errors import GateError
from edgekit.folds import HeldOutPart
from edgekit.manifest import GateBudget, RuntimeName
from edgekit.progress import SILENT, Progress
from edgekit.runtime.engine import Engine
from edgekit.runtime.onnx_engine import OnnxEngine
from edgekit_export.calibrate import FoldRanges, Range, union
from edgekit_export.evaluate import HeldOutScores, score_held_out
from edgekit_export.gate import Comparison, GateReport, judge
from edgekit_export.graph_rules import check_graph, check_symmetric_int8
from edgekit_export.quantize import Method, Recipe, Scheme, layers, quantize
from edgekit_export.sensitivity import Probe, rank_layers

MAX_FP32_SHARE = 0.5
"""An INT8 file with more than half of its layers in FP32 is not worth its name."""


@dataclass(frozen=True)
class ModelFile:
    """One model as written: its entry's name, its runtime, and its files (the graph first)."""

    name: str
    runtime: RuntimeName
    files: tuple[Path, ...]

    def open(self) -> Engine:
        """Load it with the settings of a device."""
        if self.runtime == "openvino":
            from edgekit.runtime.openvino_engine import OpenvinoEngine

            return OpenvinoEngine(self.files[0], n_threads=2)
        return OnnxEngine(self.files[0], n_threads=2)


@dataclass(frozen=True)
class GatedFile:
    """An INT8 file that passed, and what it changed."""

    file: ModelFile
    recipe: Recipe
    report: GateReport


@dataclass(frozen=True)
class Workbench:
    """What every attempt at an INT8 file needs."""

    folder: Path
    model: onnx.ModelProto
    """The FP32 graph of all folds."""
    ranges: Sequence[FoldRanges]
    probe: Probe
    parts: tuple[HeldOutPart, ...]
    reference: HeldOutScores
    """FP32 answers, under the names of the FP32 entries."""
    n_frames: int
    threshold: float
    budget: GateBudget
    has_openvino: bool

    def joined_ranges(self, method: Method) -> Mapping[str, Range]:
        """Return the union over folds of the ranges found by `method`."""
        return union([getattr(fold, method) for fold in self.ranges])


def make_variants(
    bench: Workbench, scheme: Scheme, progress: Progress = SILENT
) -> tuple[GatedFile, ...]:
    """Write the INT8 files of one scheme and return them once they pass the gate.

    Over budget, the most harmful sets of neighbouring layers go back to FP32, 1, 2, 4, ... of
    them, and the gate judges the new files, until they pass or half of the layers are FP32.

    Raises:
        GateRefusedError: No attempt passed; the error holds the last reports.
    """
    recipe = _best_recipe(bench, scheme)
    attempt = _attempt(bench, recipe, progress)
    if all(gated.report.overall.is_passed for gated in attempt):
        return attempt
    ranges = bench.joined_ranges(recipe.method)
    ranked = rank_layers(bench.model, ranges, recipe, bench.probe, progress)
    n_sets, n_layers = 1, len(layers(bench.model))
    while len(fp32 := _first(ranked, n_sets)) <= MAX_FP32_SHARE * n_layers:
        progress.say(f"gate: {scheme} is over its budget; back to FP32: {', '.join(fp32)}")
        attempt = _attempt(bench, replace(recipe, fp32_layers=fp32), progress)
        if all(gated.report.overall.is_passed for gated in attempt):
            return attempt
        n_sets *= 2
    raise GateRefusedError(attempt, bench.budget)


class GateRefusedError(GateError):
    """No INT8 file of a scheme passed; holds the reports of the last attempt."""

    def __init__(self, attempt: tuple[GatedFile, ...], budget: GateBudget) -> None:
        self.attempt = attempt
        over = "; ".join(
            f"{gated.file.name}: {', '.join(budget.excesses(gated.report.overall))}"
            for gated in attempt
            if not gated.report.overall.is_passed
        )
        super().__init__(f"the gate refuses INT8, the bundle is as it was: {over}")


def _first(ranked: Sequence[tuple[str, ...]], n_sets: int) -> tuple[str, ...]:
    """Return the layers of the first `n_sets` sets, each once."""
    return tuple(dict.fromkeys(layer for together in ranked[:n_sets] for layer in together))


def _best_recipe(bench: Workbench, scheme: Scheme) -> Recipe:
    """Choose between extremes and percentiles by the damage done to training clips."""
    methods: tuple[Method, ...] = ("extremes", "percentiles")
    recipes = [Recipe(scheme, method) for method in methods]
    return min(
        recipes,
        key=lambda recipe: bench.probe.damage(
            quantize(bench.model, bench.joined_ranges(recipe.method), recipe)
        ),
    )


def _attempt(bench: Workbench, recipe: Recipe, progress: Progress) -> tuple[GatedFile, ...]:
    written = _write(bench, recipe)
    engines = {file.name: file.open() for file in written}
    n_back = len(recipe.fp32_layers)
    task = f"gate: {recipe.scheme}" + (f", {n_back} layers in FP32" if n_back else "")
    scores = score_held_out(bench.parts, engines, bench.n_frames, progress, task=task)
    return tuple(
        GatedFile(file, recipe, judge(_comparison(bench, scores, file), bench.budget))
        for file in written
    )


def _write(bench: Workbench, recipe: Recipe) -> tuple[ModelFile, ...]:
    path = bench.folder / f"model.int8.{recipe.scheme}.onnx"
    onnx.save(quantize(bench.model, bench.joined_ranges(recipe.method), recipe), path)
    check_graph(path)
    if recipe.scheme == "s8s8":
        check_symmetric_int8(path)
    written = [ModelFile(f"onnx-int8-{recipe.scheme}", "onnxruntime", (path,))]
    # One OpenVINO file is enough: it computes either scheme with the same kernels.
    if bench.has_openvino and recipe.scheme == "u8s8":
        written.append(write_openvino(path, bench.folder / "model.int8.xml", "openvino-int8"))
    return tuple(written)


def write_openvino(onnx_file: Path, xml_file: Path, name: str) -> ModelFile:
    """Convert an ONNX file to OpenVINO IR beside it."""
    from edgekit_export.to_openvino import to_openvino

    to_openvino(onnx_file, xml_file)
    return ModelFile(name, "openvino", (xml_file, xml_file.with_suffix(".bin")))


def _comparison(bench: Workbench, scores: HeldOutScores, file: ModelFile) -> Comparison:
    twin = "openvino-fp32" if file.runtime == "openvino" else "onnx-fp32"
    return Comparison(
        scores.segment_names,
        scores.child_ids,
        scores.folds,
        scores.labels,
        bench.reference.probabilities[twin],
        scores.probabilities[file.name],
        bench.threshold,
    )
