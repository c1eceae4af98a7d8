"""A record's target part: the sustained run, then budgets on the device or floors elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from edgekit.bundle import Bundle
from edgekit.errors import EdgekitError
from edgekit.features import N_CHANNELS
from edgekit.manifest import Precision
from edgekit.progress import SILENT, Progress
from edgekit.skeleton import N_LANDMARKS
from edgekit_bench.floor import Floor, floor
from edgekit_bench.presence import Presence, presence
from edgekit_bench.results import SUSTAINED, BenchRecord, Unmeasured
from edgekit_bench.sustained import Job, Sustained, run_sustained
from edgekit_bench.target import Target
from edgekit_bench.target_report import TargetReport, judge

ON_DEVICE_S, ELSEWHERE_S = 60.0, 10.0
FIRST_CAMERA = Path("/dev/video0")
FLOAT_BYTES = 4


@dataclass(frozen=True)
class SustainedOptions:
    """How the sustained run is done."""

    seconds: float | None
    """None: a minute on the device, ten seconds elsewhere."""
    source: str | None
    n_threads: int
    seed: int = 0


def with_target(
    record: BenchRecord,
    bundle: Bundle,
    target: Target,
    options: SustainedOptions,
    progress: Progress = SILENT,
    *,
    where: Presence | None = None,
) -> BenchRecord:
    """Return the record with the sustained run and what it means for `target`.

    Args:
        record: What was measured stage by stage.
        bundle: What was measured.
        target: The device that was asked for.
        options: How the sustained run is done.
        progress: Hears that it begins.
        where: Whether this machine is the target; found out when not given.
    """
    found = where or presence(target)
    sustained = _sustained(record, bundle, target, options, progress, is_here=found.is_here)
    missed = sustained if isinstance(sustained, Unmeasured) else None
    ran = sustained if isinstance(sustained, Sustained) else None
    why = missed.reason if missed else ""
    report = TargetReport(
        target=target,
        is_here=found.is_here,
        reason=found.reason,
        budgets=tuple(judge(target.budget, ran, why)) if found.is_here else (),
        floors=() if found.is_here else tuple(floors(target, record, bundle)),
        warnings=tuple(_lacking(target)) if found.is_here else (),
    )
    unmeasured = (*record.unmeasured, missed) if missed else record.unmeasured
    return record.model_copy(update={"target": report, "sustained": ran, "unmeasured": unmeasured})


def floors(target: Target, record: BenchRecord, bundle: Bundle) -> Iterator[Floor]:
    """Yield the floor of each of the bundle's models that ran here.

    MACs are the fewest that any runtime executes, as some add channels to fill their vectors;
    weights are the smallest of a precision's files, as a file may hold more than weights.
    """
    counts = [
        one.model.coverage.int8_macs + one.model.coverage.float_macs
        for one in record.models
        if one.model is not None
    ]
    features = N_CHANNELS * bundle.manifest.n_frames * N_LANDMARKS * FLOAT_BYTES
    ran = {one.name for one in record.models}
    for entry in bundle.manifest.models:
        if entry.name in ran and entry.runtime in target.runtimes:
            yield floor(
                target,
                entry.name,
                entry.precision,
                n_macs=min(counts),
                n_bytes=_weight_bytes(bundle, entry.precision) + features,
            )


def _weight_bytes(bundle: Bundle, precision: Precision) -> int:
    """Return the size of the smallest file of weights; they are a model's last file."""
    sizes = bundle.manifest.files
    entries = (one for one in bundle.manifest.models if one.precision == precision)
    return min(sizes[one.files[-1]].n_bytes for one in entries)


def _sustained(
    record: BenchRecord,
    bundle: Bundle,
    target: Target,
    options: SustainedOptions,
    progress: Progress,
    *,
    is_here: bool,
) -> Sustained | Unmeasured:
    if record.chosen_model is None:
        return _unmeasured("the model that the target prefers does not run here")
    seconds = options.seconds or (ON_DEVICE_S if is_here else ELSEWHERE_S)
    job = Job(
        bundle=bundle.folder.resolve(),
        model=record.chosen_model,
        n_threads=options.n_threads,
        pose_model=target.pose_model,
        fps=target.pose_fps,
        hop_s=target.hop_s,
        seconds=seconds,
        source=options.source or _camera(is_here=is_here),
        seed=options.seed,
    )
    progress.say(f"all stages together without a pause, for {seconds:g} s")
    try:
        return run_sustained(job)
    except EdgekitError as error:
        return _unmeasured(str(error))


def _camera(*, is_here: bool) -> str | None:
    return str(FIRST_CAMERA) if is_here and FIRST_CAMERA.exists() else None


def _unmeasured(reason: str) -> Unmeasured:
    return Unmeasured(name=SUSTAINED, stage="sustained", reason=reason, is_error=True)


def _lacking(target: Target) -> Iterator[str]:
    if not target.providers:
        return
    import onnxruntime

    there = onnxruntime.get_available_providers()
    for name in target.providers:
        if name not in there:
            yield f"ONNX Runtime here has no {name}: its figures are the processor's"
