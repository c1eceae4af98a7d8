"""What travels with the models: golden clips, evidence, model card, and the manifest."""

from __future__ import annotations

import io
import platform
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edgekit import __version__, files
from edgekit.bundle import GOLDEN_FILE, MANIFEST_FILE, file_entries
from edgekit.cohort import Cohort
from edgekit.features import CHANNELS, extract
from edgekit.folds import FoldHandle, child_hash, children_of
from edgekit.manifest import (
    AlarmPolicy,
    CalibrationEvidence,
    Decision,
    GateBudget,
    Golden,
    Manifest,
    ModelEntry,
    Provenance,
)
from edgekit.metrics import Metrics
from edgekit.runs import Run
from edgekit.runtime.cpu import this_cpu
from edgekit.synth import golden_clips
from edgekit_export.calibrate import FoldRanges
from edgekit_export.gate_report import gate_markdown
from edgekit_export.model_card import model_card
from edgekit_export.variants import GatedFile, ModelFile

MIN_SEEN_SHARE = 0.1
"""A window with a body in fewer frames than this is not judged at all."""
FP32_TOLERANCE = 1e-4
INT8_TOLERANCE = 0.02
"""Integer kernels agree between processors; the float steps around them may round otherwise."""
_PACKAGES = ("numpy", "torch", "onnx", "onnxruntime", "openvino")


@dataclass(frozen=True)
class Source:
    """What a bundle is made of."""

    run: Run
    cohort: Cohort
    metrics: Metrics
    budget: GateBudget


def write_papers(
    folder: Path,
    source: Source,
    fp32: Sequence[ModelFile],
    gated: Sequence[GatedFile],
    evidence: Sequence[tuple[FoldHandle, FoldRanges]],
) -> None:
    """Write golden clips, gate.md, the model card and, last, the manifest into `folder`.

    The golden clips are synthetic: no child's landmarks leave with a bundle.
    """
    record, metrics = source.run.record, source.metrics
    clips = golden_clips(record.settings.n_frames, record.dataset.fps)
    buffer = io.BytesIO()
    np.save(buffer, clips, allow_pickle=False)
    files.write_bytes(folder / GOLDEN_FILE, buffer.getvalue())
    features = [extract(clip) for clip in clips]
    salt = secrets.token_hex(16)
    manifest = Manifest(
        n_frames=record.settings.n_frames,
        fps=record.dataset.fps,
        channels=CHANNELS,
        n_folds=max(record.fold_of_child.values()) + 1,
        c_base=record.settings.c_base,
        mil=record.settings.mil,
        dataset=record.dataset,
        decision=Decision(
            threshold=metrics.threshold.value,
            policy=metrics.threshold.policy,
            min_seen_share=MIN_SEEN_SHARE,
        ),
        # One movement must not count again for as long as a window still holds it.
        alarm=AlarmPolicy(refractory_s=record.settings.n_frames / record.dataset.fps + 1.0),
        models=(
            *(_entry(file, features) for file in fp32),
            *(_entry(one.file, features, one) for one in gated),
        ),
        budget=source.budget,
        salt=salt,
        calibration=tuple(_evidence(handle, ranges, salt) for handle, ranges in evidence),
        provenance=_provenance(source),
        files={},
    )
    if gated:
        report = gate_markdown(
            gated, metrics.threshold.value, source.budget, lambda child: child_hash(child, salt)[:8]
        )
        files.write_text(folder / "gate.md", report)
    files.write_text(folder / "MODEL_CARD.md", model_card(manifest, metrics))
    manifest = manifest.model_copy(update={"files": file_entries(folder)})
    files.write_text(folder / MANIFEST_FILE, manifest.model_dump_json(indent=2, by_alias=True))


def _entry(
    file: ModelFile, features: Sequence[NDArray[np.float32]], gated: GatedFile | None = None
) -> ModelEntry:
    """Describe a written model, with its answers to the golden clips."""
    engine = file.open()
    outputs = [engine.run(clip) for clip in features]
    return ModelEntry(
        name=file.name,
        runtime=file.runtime,
        precision="int8" if gated else "fp32",
        files=tuple(path.name for path in file.files),
        scheme=gated.recipe.scheme if gated else "none",
        fp32_layers=gated.recipe.fp32_layers if gated else (),
        golden=Golden(
            runtime=engine.runtime,
            probability=tuple(output.probability for output in outputs),
            fold_probability=tuple(tuple(output.fold_probability.tolist()) for output in outputs),
            tolerance=INT8_TOLERANCE if gated else FP32_TOLERANCE,
        ),
        gate=gated.report.overall if gated else None,
    )


def _evidence(handle: FoldHandle, ranges: FoldRanges, salt: str) -> CalibrationEvidence:
    def hashes(children: frozenset[str]) -> tuple[str, ...]:
        return tuple(sorted(child_hash(child, salt) for child in children))

    return CalibrationEvidence(
        fold=handle.fold,
        calibration=hashes(children_of(ranges.segments)),
        evaluation=hashes(children_of(handle.held_out.segments)),
        n_clips=len(ranges.segments),
    )


def _provenance(source: Source) -> Provenance:
    return Provenance(
        run=source.run.folder.name,
        created_utc=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        edgekit_version=__version__,
        clips_sha256=source.run.record.clips_sha256,
        n_children=len(source.cohort.children),
        n_clips=len(source.cohort.segments),
        versions={"python": platform.python_version(), **_versions()},
        machine=f"{platform.machine()}, {this_cpu().model}",
    )


def _versions() -> dict[str, str]:
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found
