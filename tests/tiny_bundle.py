"""A small real bundle with random weights, written by the code that writes real ones."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from edgekit_export.calibrate import Range, observe, union
from edgekit_export.fold import FoldedNetwork, fold_network
from edgekit_export.quantize import Recipe, Scheme, quantize
from edgekit_export.to_onnx import to_onnx
from edgekit_export.variants import ModelFile, write_openvino
from numpy.typing import NDArray

from edgekit import __version__
from edgekit.bundle import GOLDEN_FILE, MANIFEST_FILE, Bundle, file_entries, load_bundle
from edgekit.clips import save_clip
from edgekit.cohort import Dataset, Segment
from edgekit.features import CHANNELS, extract
from edgekit.folds import TrainingPart
from edgekit.manifest import (
    CalibrationEvidence,
    Decision,
    GateBudget,
    GateResult,
    Golden,
    Manifest,
    ModelEntry,
    Precision,
    Provenance,
)
from edgekit.skeleton import N_LANDMARKS
from edgekit.train.network import MilMode, Network, NetworkShape

N_GOLDEN = 3
TOLERANCE = {"fp32": 1e-4, "int8": 0.02}
PASSED = GateResult(
    n_clips=100,
    flips_up=0,
    flips_down=0,
    sensitivity_drop=0.0,
    specificity_drop=0.0,
    auroc_drop=0.0,
    max_abs_dp=0.01,
    mean_abs_dp=0.001,
    is_passed=True,
)


def tiny_bundle(
    folder: Path,
    *,
    n_frames: int = 32,
    n_folds: int = 2,
    c_base: int = 4,
    mil: MilMode = "attn",
    precisions: Sequence[Precision] = ("fp32", "int8"),
    seed: int = 0,
) -> Bundle:
    """Write a bundle at `folder`, which must not exist, with the entries of a real export."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(seed)
    folded = _folds(NetworkShape(c_base=c_base, mil=mil), n_folds, seed)
    model = to_onnx(folded, n_frames)
    written = _write_fp32(model, folder)
    entries: list[tuple[ModelFile, Precision, Scheme | None]] = [
        (file, "fp32", None) for file in written
    ]
    if "int8" in precisions:
        ranges = _ranges(folded, folder.parent / f"{folder.name}.clips", n_frames, rng)
        entries += [(file, "int8", scheme) for scheme, file in _write_int8(model, ranges, folder)]
    clips = np.stack([clip(n_frames, rng) for _ in range(N_GOLDEN)])
    np.save(folder / GOLDEN_FILE, clips, allow_pickle=False)
    features = [extract(golden) for golden in clips]
    manifest = Manifest(
        n_frames=n_frames,
        fps=30.0,
        channels=CHANNELS,
        n_folds=n_folds,
        c_base=c_base,
        mil=mil,
        dataset=Dataset(source="random"),
        decision=Decision(threshold=0.5, policy="0.5", min_seen_share=0.1),
        models=tuple(_entry(*one, features) for one in entries),
        budget=GateBudget(),
        salt="salt",
        calibration=_evidence(n_folds) if "int8" in precisions else (),
        provenance=Provenance(
            run="random",
            created_utc="2026-11-01T00:00:00+00:00",
            edgekit_version=__version__,
            clips_sha256="0" * 64,
            n_children=2 * n_folds,
            n_clips=8 * n_folds,
            versions={},
            machine="none",
        ),
        files=file_entries(folder),
    )
    text = manifest.model_dump_json(indent=2, by_alias=True)
    (folder / MANIFEST_FILE).write_text(text, encoding="utf-8")
    return load_bundle(folder)


def clip(
    n_frames: int, rng: np.random.Generator, *, missing: float = 0.2, step: float = 0.004
) -> NDArray[np.float32]:
    """Return a clip of wandering landmarks, float32 (T, V, 5), a share of them unobserved."""
    start = rng.uniform(0.3, 0.7, (1, N_LANDMARKS, 3))
    xyz = start + rng.normal(0, step, (n_frames, N_LANDMARKS, 3)).cumsum(axis=0)
    confidence = rng.uniform(0.5, 1.0, (n_frames, N_LANDMARKS, 2))
    values = np.concatenate([xyz, confidence], axis=2).astype(np.float32)
    values[rng.random((n_frames, N_LANDMARKS)) < missing] = np.nan
    return values


def _folds(shape: NetworkShape, n_folds: int, seed: int) -> list[FoldedNetwork]:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return [fold_network(Network(shape).eval(), fold) for fold in range(n_folds)]


def _ranges(
    folded: Sequence[FoldedNetwork], folder: Path, n_frames: int, rng: np.random.Generator
) -> dict[str, Range]:
    segments = []
    for number in range(4):
        path = folder / f"child_1_{number}.npy"
        save_clip(path, clip(n_frames, rng))
        segments.append(Segment(path, "1", number % 2))
    return union(
        [
            observe(
                TrainingPart(fold, tuple(segments)), to_onnx([one], n_frames), n_frames
            ).extremes
            for fold, one in enumerate(folded)
        ]
    )


def _write_fp32(model: onnx.ModelProto, folder: Path) -> list[ModelFile]:
    path = folder / "model.fp32.onnx"
    onnx.save(model, path)
    return [
        ModelFile("onnx-fp32", "onnxruntime", (path,)),
        write_openvino(path, folder / "model.fp32.xml", "openvino-fp32"),
    ]


def _write_int8(
    model: onnx.ModelProto, ranges: dict[str, Range], folder: Path
) -> list[tuple[Scheme, ModelFile]]:
    schemes: tuple[Scheme, ...] = ("u8s8", "s8s8")
    written: list[tuple[Scheme, ModelFile]] = []
    for scheme in schemes:
        path = folder / f"model.int8.{scheme}.onnx"
        onnx.save(quantize(model, ranges, Recipe(scheme, "extremes")), path)
        written.append((scheme, ModelFile(f"onnx-int8-{scheme}", "onnxruntime", (path,))))
    ir = write_openvino(folder / "model.int8.u8s8.onnx", folder / "model.int8.xml", "openvino-int8")
    return [*written, ("u8s8", ir)]


def _entry(
    file: ModelFile,
    precision: Precision,
    scheme: Scheme | None,
    features: Sequence[NDArray[np.float32]],
) -> ModelEntry:
    engine = file.open()
    outputs = [engine.run(one) for one in features]
    return ModelEntry(
        name=file.name,
        runtime=file.runtime,
        precision=precision,
        files=tuple(path.name for path in file.files),
        scheme=scheme or "none",
        golden=Golden(
            runtime=engine.runtime,
            probability=tuple(output.probability for output in outputs),
            fold_probability=tuple(tuple(output.fold_probability.tolist()) for output in outputs),
            tolerance=TOLERANCE[precision],
        ),
        gate=PASSED if precision == "int8" else None,
    )


def _evidence(n_folds: int) -> tuple[CalibrationEvidence, ...]:
    return tuple(
        CalibrationEvidence(
            fold=fold, calibration=(f"{fold}a",), evaluation=(f"{fold}b",), n_clips=4
        )
        for fold in range(n_folds)
    )


if __name__ == "__main__":
    tiny_bundle(Path(sys.argv[1]))
