"""Is NNCF's INT8 better than ours? Both on one finished run, fold by fold, in OpenVINO.

    python -m edgekit_export.nncf_trial runs/<name>

Each fold's own graph is quantised on that fold's own training clips, the same ones for both, and
judged on its held-out clips. A trial, not a part of `edgekit export`; `pip install nncf` first.
"""

from __future__ import annotations

import logging
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import nncf
import numpy as np
import onnx
import openvino
from numpy.typing import NDArray

from edgekit.cohort import load_cohort
from edgekit.features import extract
from edgekit.folds import FoldHandle, fold_handles
from edgekit.metrics import read_metrics
from edgekit.runs import METRICS_FILE, Run, open_run
from edgekit.runtime.openvino_engine import OpenvinoEngine
from edgekit_export.build import load_networks
from edgekit_export.calibrate import MAX_CLIPS, observe, spread
from edgekit_export.fold import fold_network
from edgekit_export.quantize import Recipe, quantize
from edgekit_export.to_onnx import to_onnx
from edgekit_export.to_openvino import to_openvino

Features = NDArray[np.float32]
N_TIMED = 400


def main(folder: Path) -> None:
    """Print flips, changes in probability and speed of every way to INT8."""
    nncf.set_log_level(logging.ERROR)
    run = open_run(folder)
    cohort = load_cohort(Path(run.record.data_folder), child_pattern=run.record.child_pattern)
    threshold = read_metrics(folder / METRICS_FILE).threshold.value
    answers: dict[str, list[NDArray[np.float64]]] = {}
    times_ms: dict[str, list[float]] = {}
    for handle in fold_handles(cohort, run.record.fold_of_child):
        with tempfile.TemporaryDirectory() as scratch:
            engines = _engines(run, handle, Path(scratch))
        clips = _features(run, handle.held_out.segments)
        for name, engine in engines.items():
            answers.setdefault(name, []).append(_answers(engine, clips))
        for name, took_ms in _interleaved(engines, clips[0]).items():
            times_ms.setdefault(name, []).append(took_ms)
    fp32 = np.concatenate(answers["FP32"])
    for name, found in answers.items():
        change = np.concatenate(found) - fp32
        flips = int(np.sum((fp32 + change >= threshold) != (fp32 >= threshold)))
        sys.stdout.write(
            f"{name:28} {flips:3} of {len(fp32)} flip, dp max {np.abs(change).max():.4f} "
            f"mean {np.abs(change).mean():.5f}, p50 {np.median(times_ms[name]):.3f} ms\n"
        )


def _engines(run: Run, handle: FoldHandle, scratch: Path) -> Mapping[str, OpenvinoEngine]:
    n_frames = run.record.settings.n_frames
    network = load_networks(run)[handle.fold]
    model = to_onnx([fold_network(network, handle.fold)], n_frames)
    ranges = observe(handle.training, model, n_frames)
    recipe = Recipe("u8s8", "percentiles")
    fp32 = _written(model, scratch / "fp32")
    clips = _features(run, spread(handle.training.segments, MAX_CLIPS))
    spared = nncf.IgnoredScope(patterns=[r"f\d+\.(stem|pool|head).*", "probability"])
    made: dict[str, Path] = {
        "FP32": fp32,
        "ours (percentiles)": _written(
            quantize(model, ranges.percentiles, recipe), scratch / "percentiles"
        ),
        "ours (extremes)": _written(quantize(model, ranges.extremes, recipe), scratch / "extremes"),
        "NNCF, its defaults": _by_nncf(fp32, clips, scratch / "nncf"),
        "NNCF, FP32 stem and head": _by_nncf(fp32, clips, scratch / "spared", ignored_scope=spared),
        "NNCF mixed, FP32 stem, head": _by_nncf(
            fp32,
            clips,
            scratch / "mixed",
            ignored_scope=spared,
            preset=nncf.QuantizationPreset.MIXED,
        ),
    }
    return {name: OpenvinoEngine(path) for name, path in made.items()}


def _by_nncf(fp32: Path, clips: Sequence[Features], place: Path, **options: Any) -> Path:
    model = openvino.Core().read_model(fp32)
    data = nncf.Dataset([clip[None] for clip in clips])
    made = nncf.quantize(model, data, subset_size=len(clips), **options)
    path = place.with_suffix(".xml")
    openvino.save_model(made, path, compress_to_fp16=False)
    return path


def _written(model: onnx.ModelProto, place: Path) -> Path:
    onnx.save(model, place.with_suffix(".onnx"))
    to_openvino(place.with_suffix(".onnx"), place.with_suffix(".xml"))
    return place.with_suffix(".xml")


def _features(run: Run, segments: Sequence[Any]) -> list[Features]:
    return [extract(segment.load(run.record.settings.n_frames)) for segment in segments]


def _answers(engine: OpenvinoEngine, clips: Sequence[Features]) -> NDArray[np.float64]:
    # As the gate: a fold's own answer. NNCF's defaults put the mean over folds into INT8 too.
    return np.array([engine.run(clip).fold_probability[0] for clip in clips])


def _interleaved(engines: Mapping[str, OpenvinoEngine], clip: Features) -> dict[str, float]:
    """Return each engine's median time in ms, the engines taking turns."""
    times: dict[str, list[float]] = {name: [] for name in engines}
    for _ in range(N_TIMED):
        for name, engine in engines.items():
            start = time.perf_counter()
            engine.run(clip)
            times[name].append((time.perf_counter() - start) * 1e3)
    return {name: float(np.median(taken)) for name, taken in times.items()}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
