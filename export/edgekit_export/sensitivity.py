"""Which layers INT8 hurts most, measured on training clips so that the gate stays unseen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import onnx
from numpy.typing import NDArray

from edgekit.cohort import Segment
from edgekit.features import extract
from edgekit.folds import TrainingPart
from edgekit.progress import SILENT, Progress
from edgekit.runtime.onnx_engine import OnnxEngine
from edgekit.scoring import decide
from edgekit_export.calibrate import Range, spread
from edgekit_export.quantize import Recipe, neighbours, quantize

N_CLIPS = 96
"""Training clips on which recipes are compared."""


@dataclass(frozen=True, order=True)
class Damage:
    """How far a file strays from FP32; smaller is better, flips count first."""

    n_flips: int
    mean_abs_dp: float


@dataclass(frozen=True)
class Probe:
    """Clips, what FP32 answers to them, and which folds trained on each."""

    features: tuple[NDArray[np.float32], ...]
    fp32: NDArray[np.float64]
    """(N, K)"""
    is_training: NDArray[np.bool_]
    """(N, K): fold k trained on clip n, so that its answer may guide fold k's quantiser."""
    threshold: float

    def damage(self, model: onnx.ModelProto) -> Damage:
        """Measure an INT8 graph in ONNX Runtime against FP32."""
        engine = OnnxEngine(model.SerializeToString(), n_threads=2)
        int8 = answers(engine, self.features)
        changed = decide(int8, self.threshold) != decide(self.fp32, self.threshold)
        return Damage(
            int(np.sum(changed & self.is_training)),
            float(np.abs(int8 - self.fp32)[self.is_training].mean()),
        )


def make_probe(
    parts: Sequence[TrainingPart], model: onnx.ModelProto, n_frames: int, threshold: float
) -> Probe:
    """Choose clips from the folds' training parts and ask FP32 about them."""
    members = [{segment.name for segment in part.segments} for part in parts]
    everyone: dict[str, Segment] = {s.name: s for part in parts for s in part.segments}
    chosen = spread(tuple(everyone.values()), N_CLIPS)
    features = tuple(extract(segment.load(n_frames)) for segment in chosen)
    engine = OnnxEngine(model.SerializeToString(), n_threads=2)
    is_training = np.array([[s.name in names for names in members] for s in chosen])
    return Probe(features, answers(engine, features), is_training, threshold)


def rank_layers(
    model: onnx.ModelProto,
    ranges: Mapping[str, Range],
    recipe: Recipe,
    probe: Probe,
    progress: Progress = SILENT,
) -> tuple[tuple[str, ...], ...]:
    """Return sets of neighbouring layers, first the one whose return to FP32 helps most."""
    found: list[tuple[Damage, tuple[str, ...]]] = []
    sets = neighbours(model)
    for done, together in enumerate(sets, start=1):
        without = replace(recipe, fp32_layers=together)
        found.append((probe.damage(quantize(model, ranges, without)), together))
        progress.step(f"rank layers ({recipe.scheme})", done, len(sets))
    return tuple(together for _, together in sorted(found))


def answers(engine: OnnxEngine, features: Sequence[NDArray[np.float32]]) -> NDArray[np.float64]:
    """Return every fold's probability for every clip, float64 (N, K)."""
    return np.stack([engine.run(clip).fold_probability for clip in features]).astype(np.float64)
