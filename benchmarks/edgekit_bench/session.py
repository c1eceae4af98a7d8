"""`edgekit bench` from start to end: the machine, every stage, one record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from tempfile import TemporaryDirectory

from edgekit import __version__, files
from edgekit.bundle import MANIFEST_FILE, Bundle
from edgekit.errors import UsageError
from edgekit.pose.models import DEFAULT_MODEL
from edgekit.progress import SILENT, Progress
from edgekit_bench.machine import this_machine
from edgekit_bench.model_stage import (
    Model,
    chosen_model,
    measure_models,
    open_models,
    open_yardstick,
)
from edgekit_bench.presence import emulation
from edgekit_bench.results import (
    END_TO_END,
    YARDSTICK,
    BenchRecord,
    Measured,
    Measurement,
    Unmeasured,
)
from edgekit_bench.stages import measure_alarm, measure_features, measure_pose
from edgekit_bench.target import Target
from edgekit_bench.target_stage import SustainedOptions, with_target

STAGE_S = 3.0
WRITE_UP_FRAMES = 150
"""The challenge's clips; features are always timed at this length too."""


@dataclass(frozen=True)
class BenchOptions:
    """How a run measures."""

    n_threads: int | None = None
    """Of each model, 1 or what the target says when not given; features and pose choose."""
    seconds: float | None = None
    """Budget of each subject, and of the sustained run; 3 s and that run's own when not given."""
    has_yardstick: bool = True
    """Export and time the naive graph too; the export takes half a minute."""
    keeps_samples: bool = False
    seed: int = 0
    target: Target | None = None
    """Run with this device's settings, and add the sustained run."""
    source: str | None = None
    """Camera or video of the sustained run; a camera of the device when not given."""

    @property
    def threads(self) -> int:
        """Threads of each model."""
        if self.n_threads is not None:
            return self.n_threads
        return self.target.n_threads if self.target else 1

    @property
    def stage_s(self) -> float:
        """Seconds for each subject."""
        return STAGE_S if self.seconds is None else self.seconds

    @property
    def pose_model(self) -> str:
        """Name of the pose model."""
        return self.target.pose_model if self.target else DEFAULT_MODEL


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
    if chosen.threads < 1:
        raise UsageError(f"--threads {chosen.threads}: at least 1 is needed")
    if chosen.stage_s <= 0:
        raise UsageError(f"--seconds {chosen.stage_s:g}: each subject needs a budget above 0")
    with TemporaryDirectory(prefix="edgekit-") as scratch:
        return _run(bundle, chosen, Path(scratch), progress)


def _run(bundle: Bundle, options: BenchOptions, scratch: Path, progress: Progress) -> BenchRecord:
    created = datetime.now(timezone.utc).isoformat(timespec="seconds")
    # First of all, before the run's own work is part of the load average.
    machine = this_machine()
    opened = [*open_models(bundle, options.threads, progress)]
    opened.append(_yardstick(bundle, options, scratch, progress))
    models = [one for one in opened if isinstance(one, Model)]
    chosen = chosen_model(bundle, models, options.target)
    features = _measure_features(bundle, options, progress)
    times = measure_models(
        bundle, models, chosen, options.stage_s, seed=options.seed, progress=progress
    )
    found: list[Measurement | Unmeasured] = [*features, *times.measurements]
    found.append(measure_pose(options.stage_s, progress, pose_model=options.pose_model))
    found.append(measure_alarm(options.stage_s, progress))
    found += [one for one in opened if isinstance(one, Unmeasured)]
    if chosen is None:
        reason = "the model that predict takes here does not run"
        found.append(Unmeasured(name=END_TO_END, stage="end to end", reason=reason, is_error=True))
    record = BenchRecord(
        created_utc=created,
        edgekit_version=__version__,
        machine=machine,
        measured=_about(bundle, options),
        measurements=tuple(_trim(one, options) for one in found if isinstance(one, Measurement)),
        unmeasured=tuple(one for one in found if isinstance(one, Unmeasured)),
        chosen_model=chosen and chosen.name,
        int8_vs_fp32=times.int8_vs_fp32,
        emulation=emulation(),
    )
    if options.target is None:
        return record
    run = SustainedOptions(options.seconds, options.source, options.threads, options.seed)
    return with_target(record, bundle, options.target, run, progress)


def _yardstick(
    bundle: Bundle, options: BenchOptions, scratch: Path, progress: Progress
) -> Model | Unmeasured:
    if not options.has_yardstick:
        reason = "left out by --no-yardstick"
        return Unmeasured(name=YARDSTICK, stage="model", reason=reason, is_error=False)
    progress.say("exporting the naive graph to compare with; --no-yardstick leaves it out")
    return open_yardstick(bundle, scratch, options.threads, options.seed)


def _measure_features(
    bundle: Bundle, options: BenchOptions, progress: Progress
) -> list[Measurement]:
    lengths = sorted({WRITE_UP_FRAMES, bundle.manifest.n_frames}, reverse=True)
    return [
        one
        for n_frames in lengths
        for one in measure_features(n_frames, options.stage_s, seed=options.seed, progress=progress)
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
        n_threads=options.threads,
        seconds=options.stage_s,
    )


def _trim(one: Measurement, options: BenchOptions) -> Measurement:
    return one if options.keeps_samples else one.model_copy(update={"samples_ms": ()})
