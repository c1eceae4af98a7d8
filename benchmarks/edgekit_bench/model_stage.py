"""Every model of a bundle, the naive export and the whole path, timed in the same turns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from edgekit.bundle import Bundle
from edgekit.errors import EdgekitError, MissingExtraError, UsageError
from edgekit.features import extract
from edgekit.manifest import Precision, RuntimeName
from edgekit.progress import SILENT, Progress
from edgekit.runtime.choose import choose_model, is_installed
from edgekit.runtime.detector import Detector
from edgekit.runtime.engine import Engine
from edgekit_bench.coverage import Coverage, coverage
from edgekit_bench.made_up_clip import bench_clip
from edgekit_bench.model_probe import open_file, probe
from edgekit_bench.naive_export import export_naive
from edgekit_bench.quantiles import paired_ratio
from edgekit_bench.results import (
    END_TO_END,
    YARDSTICK,
    Measurement,
    ModelFacts,
    RuntimeComparison,
    Unmeasured,
)
from edgekit_bench.stages import measurement
from edgekit_bench.target import Target
from edgekit_bench.timing import Subject, Timed, interleave


@dataclass(frozen=True)
class Model:
    """A model that loaded and answered."""

    name: str
    engine: Engine
    facts: ModelFacts


@dataclass(frozen=True)
class ModelTimes:
    """What the turns of all models gave."""

    measurements: tuple[Measurement, ...]
    int8_vs_fp32: tuple[RuntimeComparison, ...]


def open_models(
    bundle: Bundle, n_threads: int, progress: Progress = SILENT
) -> Iterator[Model | Unmeasured]:
    """Yield every model of the bundle, or why it cannot be measured here."""
    entries = bundle.manifest.models
    for done, entry in enumerate(entries, start=1):
        if is_installed(entry.runtime):
            path = bundle.model_path(entry)
            kind = (entry.name, entry.runtime, entry.precision)
            yield _open(bundle, *kind, path, n_threads=n_threads)
        else:
            yield not_measured(entry.name, MissingExtraError(entry.runtime, entry.runtime))
        progress.step("models in fresh processes", done, len(entries))


def open_yardstick(bundle: Bundle, scratch: Path, n_threads: int, seed: int) -> Model | Unmeasured:
    """Export the naive graph of the bundle's shape and open it, or say why that is impossible."""
    path = scratch / "naive.onnx"
    try:
        export_naive(path, bundle.manifest, seed)
    except EdgekitError as error:
        return not_measured(YARDSTICK, error)
    return _open(bundle, YARDSTICK, "onnxruntime", "fp32", path, n_threads=n_threads)


def measure_models(
    bundle: Bundle,
    models: Sequence[Model],
    chosen: Model | None,
    seconds: float,
    *,
    seed: int = 0,
    progress: Progress = SILENT,
) -> ModelTimes:
    """Time the models, and the path from a window to a decision through the chosen one."""
    features = extract(bundle.golden_clips()[0])
    subjects = [Subject(one.name, partial(one.engine.run, features)) for one in models]
    if chosen:
        judge = Detector(bundle, chosen.engine).judge
        clip = bench_clip(bundle.manifest.n_frames, seed)
        subjects.append(Subject(END_TO_END, partial(judge, clip)))
    if not subjects:
        return ModelTimes((), ())
    found = interleave(subjects, seconds, task="models in turns", progress=progress)
    timed = {one.name: one for one in found}
    facts = {one.name: one.facts for one in models}
    return ModelTimes(
        measurements=tuple(_row(one, facts.get(one.name), timed.get(YARDSTICK)) for one in found),
        int8_vs_fp32=tuple(compare_precisions(facts, timed)),
    )


def chosen_model(
    bundle: Bundle, models: Sequence[Model], target: Target | None = None
) -> Model | None:
    """Return the model that the target prefers, or else `predict`, if it runs here."""
    try:
        name = preferred(target, bundle) if target else choose_model(bundle).name
    except EdgekitError:
        return None
    return next((one for one in models if one.name == name), None)


def preferred(target: Target, bundle: Bundle) -> str:
    """Return the bundle's model that suits a target best, of the runtimes installed here.

    Raises:
        UsageError: The bundle holds none for a runtime that is installed.
    """
    other: Precision = "fp32" if target.precision == "int8" else "int8"
    for precision in (target.precision, other):
        for runtime in target.runtimes:
            for entry in bundle.manifest.models:
                is_kind = (entry.runtime, entry.precision) == (runtime, precision)
                has_scheme = entry.scheme in ("none", target.int8_scheme) or runtime == "openvino"
                if is_kind and has_scheme and is_installed(runtime):
                    return entry.name
    raise UsageError(
        f"{bundle.folder}: holds no model for {', '.join(target.runtimes)} as installed here"
    )


def compare_precisions(
    facts: Mapping[str, ModelFacts], timed: Mapping[str, Timed]
) -> Iterator[RuntimeComparison]:
    """Compare each INT8 model with the FP32 model of the same runtime, turn by turn."""
    fp32 = {
        one.runtime: name
        for name, one in facts.items()
        if one.precision == "fp32" and name != YARDSTICK
    }
    for name, one in facts.items():
        if one.precision == "int8" and one.runtime in fp32:
            twin = fp32[one.runtime]
            yield RuntimeComparison(
                runtime=one.runtime,
                int8=name,
                fp32=twin,
                ratio=paired_ratio(twin, timed[twin].turns_ms, timed[name].turns_ms),
            )


def not_measured(name: str, error: EdgekitError) -> Unmeasured:
    """Say why a model was not measured; what is merely not installed is no error."""
    is_error = not isinstance(error, MissingExtraError)
    return Unmeasured(name=name, stage="model", reason=str(error), is_error=is_error)


def _open(
    bundle: Bundle,
    name: str,
    runtime: RuntimeName,
    precision: Precision,
    path: Path,
    *,
    n_threads: int,
) -> Model | Unmeasured:
    n_frames = bundle.manifest.n_frames
    try:
        probed = probe(runtime, path, n_threads=n_threads, n_frames=n_frames)
        covered = _read_coverage(runtime, path)
        engine = open_file(runtime, path, n_threads=n_threads)
        engine.run(extract(bundle.golden_clips()[0]))
    except EdgekitError as error:
        return not_measured(name, error)
    facts = ModelFacts(
        runtime=runtime,
        runtime_version=engine.runtime,
        precision=precision,
        probe=probed,
        coverage=covered,
    )
    return Model(name, engine, facts)


def _read_coverage(runtime: RuntimeName, path: Path) -> Coverage:
    if runtime == "openvino":
        from edgekit_bench import openvino_coverage

        return coverage(openvino_coverage.executed_nodes(path))
    from edgekit_bench import onnx_coverage

    return coverage(onnx_coverage.executed_nodes(path))


def _row(one: Timed, facts: ModelFacts | None, yardstick: Timed | None) -> Measurement:
    if facts is None:
        return measurement(one, "end to end")
    reference = None if one is yardstick else yardstick
    row = measurement(one, "model", reference=reference)
    return row.model_copy(update={"model": facts})
