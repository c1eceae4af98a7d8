"""`edgekit bench` from start to end: the machine, every stage, one record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from tempfile import TemporaryDirectory

from edgekit import __version__, files
from edgekit.bundle import MANIFEST_FILE, Bundle
from edgekit.errors import UsageError
from edgekit.progress import SILENT, Progress
from edgekit_bench.machine import this_machine
from edgekit_bench.model_stage import (
    Model,
    chosen_model,
    measure_models,
    open_models,
    open_yardstick,
)
from edgekit_bench.results import (
    END_TO_END,
    YARDSTICK,
    BenchRecord,
    Measured,
    Measurement,
    Unmeasured,
)
from edgekit_bench.stages import measure_features, measure_pose

WRITE_UP_FRAMES = 150
"""The challenge's clips; features are always timed at this length too."""


@dataclass(frozen=True)
class BenchOptions:
    """How a run measures."""

    n_threads: int = 1
    """Of each model; features and pose choose their own."""
    seconds: float = 3.0
    """Budget of each subject."""
    has_yardstick: bool = True
    """Export and time the naive graph too; the export takes half a minute."""
    keeps_samples: bool = False
    seed: int = 0


def run_bench(
    bundle: Bundle, options: BenchOptions | None = None, progress: Progress = SILENT
) -> BenchRecord:
    """Measure every stage of `bundle` on this machine.

    What cannot be measured is in the record with its reason. A model that should run and does
    not is marked as an error there, and the rest is measured all the same.

    Raises:
        UsageError: An option makes no sense.
    """
    chosen = options or BenchOptions()
    if chosen.n_threads < 1:
        raise UsageError(f"--threads {chosen.n_threads}: at least 1 is needed")
    if chosen.seconds <= 0:
        raise UsageError(f"--seconds {chosen.seconds:g}: each subject needs a budget above 0")
    with TemporaryDirectory(prefix="edgekit-") as scratch:
        return _run(bundle, chosen, Path(scratch), progress)


def _run(bundle: Bundle, options: BenchOptions, scratch: Path, progress: Progress) -> BenchRecord:
    created = datetime.now(timezone.utc).isoformat(timespec="seconds")
    # First of all, before the run's own work is part of the load average.
    machine = this_machine()
    opened = [*open_models(bundle, options.n_threads, progress)]
    opened.append(_yardstick(bundle, options, scratch, progress))
    models = [one for one in opened if isinstance(one, Model)]
    chosen = chosen_model(bundle, models)
    features = _measure_features(bundle, options, progress)
    times = measure_models(
        bundle, models, chosen, options.seconds, seed=options.seed, progress=progress
    )
    pose = measure_pose(options.seconds, progress)
    found: list[Measurement | Unmeasured] = [*features, *times.measurements, pose]
    found += [one for one in opened if isinstance(one, Unmeasured)]
    if chosen is None:
        reason = "the model that predict takes here does not run"
        found.append(Unmeasured(name=END_TO_END, stage="end to end", reason=reason, is_error=True))
    return BenchRecord(
        created_utc=created,
        edgekit_version=__version__,
        machine=machine,
        measured=_about(bundle, options),
        measurements=tuple(_trim(one, options) for one in found if isinstance(one, Measurement)),
        unmeasured=tuple(one for one in found if isinstance(one, Unmeasured)),
        chosen_model=chosen and chosen.name,
        int8_vs_fp32=times.int8_vs_fp32,
    )


def _yardstick(
    bundle: Bundle, options: BenchOptions, scratch: Path, progress: Progress
) -> Model | Unmeasured:
    if not options.has_yardstick:
        reason = "left out by --no-yardstick"
        return Unmeasured(name=YARDSTICK, stage="model", reason=reason, is_error=False)
    progress.say("exporting the naive graph to compare with; --no-yardstick leaves it out")
    return open_yardstick(bundle, scratch, options.n_threads, options.seed)


def _measure_features(
    bundle: Bundle, options: BenchOptions, progress: Progress
) -> list[Measurement]:
    lengths = sorted({WRITE_UP_FRAMES, bundle.manifest.n_frames}, reverse=True)
    return [
        one
        for n_frames in lengths
        for one in measure_features(n_frames, options.seconds, seed=options.seed, progress=progress)
    ]


def _about(bundle: Bundle, options: BenchOptions) -> Measured:
    manifest = bundle.manifest
    return Measured(
        bundle=str(bundle.folder),
        manifest_sha256=files.sha256(bundle.folder / MANIFEST_FILE),
        n_frames=manifest.n_frames,
        n_folds=manifest.n_folds,
        c_base=manifest.c_base,
        mil=manifest.mil,
        n_threads=options.n_threads,
        seconds=options.seconds,
    )


def _trim(one: Measurement, options: BenchOptions) -> Measurement:
    return one if options.keeps_samples else one.model_copy(update={"samples_ms": ()})
