"""A finished run becomes a bundle, whole and gated, or nothing changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import onnx

from edgekit import files
from edgekit.bundle import Bundle, check_replaceable, load_bundle
from edgekit.cohort import Cohort
from edgekit.errors import IntegrityError, MissingExtraError, UsageError
from edgekit.features import extract
from edgekit.folds import fold_handles
from edgekit.manifest import GateBudget
from edgekit.metrics import read_metrics
from edgekit.progress import SILENT, Progress
from edgekit.runs import METRICS_FILE, Run, digest_of
from edgekit.runtime.choose import is_installed
from edgekit.train.checkpoint import load_network
from edgekit.train.network import Network, NetworkShape
from edgekit_export.calibrate import FoldRanges, observe, spread
from edgekit_export.evaluate import score_held_out
from edgekit_export.fold import FoldedNetwork, fold_network
from edgekit_export.gate_report import gate_markdown
from edgekit_export.graph_rules import check_graph
from edgekit_export.papers import Source, write_papers
from edgekit_export.parity import Parity, check_parity
from edgekit_export.sensitivity import make_probe
from edgekit_export.to_onnx import to_onnx
from edgekit_export.variants import (
    GatedFile,
    GateRefusedError,
    ModelFile,
    Workbench,
    make_variants,
    write_openvino,
)

N_PARITY_CLIPS = 48


@dataclass(frozen=True)
class ExportOptions:
    """What is exported, and how much INT8 may change."""

    quantize: Literal["int8", "none"] = "int8"
    has_openvino: bool = True
    budget: GateBudget = field(default_factory=GateBudget)


@dataclass(frozen=True)
class Exported:
    """A bundle as it was written, with what was found on the way."""

    bundle: Bundle
    parity: tuple[Parity, ...]
    gated: tuple[GatedFile, ...]


def export(
    run: Run,
    cohort: Cohort,
    folder: Path,
    options: ExportOptions | None = None,
    progress: Progress = SILENT,
) -> Exported:
    """Fold, write, check, quantise and gate a run; put the bundle at `folder` in one step.

    Raises:
        UsageError: The run is not finished, or `folder` holds something else than a bundle.
        IntegrityError: The clips are not those that the run was trained on.
        ParityError: An FP32 file computes something else than PyTorch; `folder` is untouched.
        GateError: INT8 is over its budget; `folder` is untouched, the report lies in the run's.
    """
    chosen = options or ExportOptions()
    _check_inputs(run, cohort, chosen)
    check_replaceable(folder)
    threshold = read_metrics(run.folder / METRICS_FILE).threshold.value
    try:
        with files.new_folder(folder) as draft:
            work = _Draft(run, cohort, draft, options=chosen, progress=progress)
            parity, gated = work.write()
            load_bundle(draft)
    except GateRefusedError as refusal:
        _write_gate_report(run, refusal.attempt, threshold, chosen.budget, progress)
        raise
    if gated:
        _write_gate_report(run, gated, threshold, chosen.budget, progress)
    return Exported(load_bundle(folder), parity, gated)


def _write_gate_report(
    run: Run,
    gated: Sequence[GatedFile],
    threshold: float,
    budget: GateBudget,
    progress: Progress,
) -> None:
    """Write the report that names children and clips; it stays with the run."""
    path = run.folder / "gate.md"
    files.write_text(path, gate_markdown(gated, threshold, budget))
    progress.say(f"wrote {path}")


def _check_inputs(run: Run, cohort: Cohort, options: ExportOptions) -> None:
    if not run.record.finished:
        raise UsageError(f"{run.folder}: the run is not finished; run edgekit train again")
    if options.has_openvino and not is_installed("openvino"):
        raise MissingExtraError("openvino", "openvino")
    if digest_of(cohort) != run.record.clips_sha256:
        raise IntegrityError(
            f"{cohort.folder}: not the clips that {run.folder} was trained on; "
            "name the right folder with --data, or train again"
        )


class _Draft:
    """One export under way in a folder of its own."""

    def __init__(
        self,
        run: Run,
        cohort: Cohort,
        folder: Path,
        *,
        options: ExportOptions,
        progress: Progress,
    ) -> None:
        self._run, self._cohort = run, cohort
        self._metrics = read_metrics(run.folder / METRICS_FILE)
        self._folder, self._options, self._progress = folder, options, progress
        self._n_frames = run.record.settings.n_frames
        self._handles = fold_handles(cohort, run.record.fold_of_child)

    def write(self) -> tuple[tuple[Parity, ...], tuple[GatedFile, ...]]:
        """Write every file of the bundle."""
        networks = load_networks(self._run)
        folded = [fold_network(network, fold) for fold, network in enumerate(networks)]
        model = to_onnx(folded, self._n_frames)
        fp32 = self._write_fp32(model)
        parity = self._check_parity(networks, folded, fp32)
        gated: tuple[GatedFile, ...] = ()
        ranges: list[FoldRanges] = []
        if self._options.quantize == "int8":
            ranges = [
                observe(
                    handle.training, to_onnx([one], self._n_frames), self._n_frames, self._progress
                )
                for handle, one in zip(self._handles, folded, strict=True)
            ]
            gated = self._write_int8(model, fp32, ranges)
        evidence = tuple(zip(self._handles, ranges, strict=False))
        write_papers(self._folder, self._source(), fp32, gated, evidence)
        return parity, gated

    def _source(self) -> Source:
        return Source(self._run, self._cohort, self._metrics, self._options.budget)

    def _write_fp32(self, model: onnx.ModelProto) -> tuple[ModelFile, ...]:
        path = self._folder / "model.fp32.onnx"
        onnx.save(model, path)
        check_graph(path)
        written = [ModelFile("onnx-fp32", "onnxruntime", (path,))]
        if self._options.has_openvino:
            xml = self._folder / "model.fp32.xml"
            written.append(write_openvino(path, xml, "openvino-fp32"))
        return tuple(written)

    def _check_parity(
        self,
        networks: Sequence[Network],
        folded: Sequence[FoldedNetwork],
        fp32: Sequence[ModelFile],
    ) -> tuple[Parity, ...]:
        clips = spread(self._cohort.segments, N_PARITY_CLIPS)
        features = [extract(segment.load(self._n_frames)) for segment in clips]
        engines = {file.name: file.open() for file in fp32}
        return check_parity(networks, folded, engines, features)

    def _write_int8(
        self, model: onnx.ModelProto, fp32: Sequence[ModelFile], ranges: Sequence[FoldRanges]
    ) -> tuple[GatedFile, ...]:
        threshold = self._metrics.threshold.value
        parts = tuple(handle.held_out for handle in self._handles)
        engines = {file.name: file.open() for file in fp32}
        bench = Workbench(
            folder=self._folder,
            model=model,
            ranges=ranges,
            probe=make_probe(
                [handle.training for handle in self._handles], model, self._n_frames, threshold
            ),
            parts=parts,
            reference=score_held_out(
                parts, engines, self._n_frames, self._progress, task="gate: FP32"
            ),
            n_frames=self._n_frames,
            threshold=threshold,
            budget=self._options.budget,
            has_openvino=self._options.has_openvino,
        )
        return (
            *make_variants(bench, "u8s8", self._progress),
            *make_variants(bench, "s8s8", self._progress),
        )


def load_networks(run: Run) -> tuple[Network, ...]:
    """Read every fold's trained network, on the CPU, in evaluation mode."""
    settings = run.record.settings
    shape = NetworkShape(c_base=settings.c_base, mil=settings.mil)
    n_folds = max(run.record.fold_of_child.values()) + 1
    return tuple(load_network(run.weights(fold), shape) for fold in range(n_folds))
