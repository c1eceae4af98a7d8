"""What is timed beside the models: features, pose on a photograph, and the way to an alarm."""

from __future__ import annotations

from functools import partial

from edgekit.errors import EdgekitError, MissingExtraError
from edgekit.features import extract
from edgekit.pose.models import DEFAULT_MODEL
from edgekit.progress import SILENT, Progress
from edgekit_bench.alarm_path import alarm_path
from edgekit_bench.frames import posed_feed
from edgekit_bench.made_up_clip import bench_clip
from edgekit_bench.quantiles import paired_ratio, spread, summarize
from edgekit_bench.reference_features import extract_by_loops
from edgekit_bench.results import ALARM, LOOPS, POSE, Measurement, Stage, Unmeasured
from edgekit_bench.timing import Subject, Timed, interleave

CALLS_PER_TURN = 10
"""So that the caches are as warm for one as for the other; the coldest calls are in the tails."""


def measure_features(
    n_frames: int, seconds: float, *, seed: int = 0, progress: Progress = SILENT
) -> tuple[Measurement, ...]:
    """Time `edgekit.features.extract` beside the write-up's loops, in alternating turns."""
    clip = bench_clip(n_frames, seed)
    name = f"features T={n_frames}"
    loops = f"{LOOPS} T={n_frames}"
    subjects = (
        Subject(name, partial(extract, clip), CALLS_PER_TURN),
        Subject(loops, partial(extract_by_loops, clip), CALLS_PER_TURN),
    )
    fast, slow = interleave(subjects, seconds, task=name, progress=progress)
    return (
        measurement(fast, "features", reference=slow),
        measurement(slow, "features"),
    )


def measure_pose(
    seconds: float, progress: Progress = SILENT, *, pose_model: str = DEFAULT_MODEL
) -> Measurement | Unmeasured:
    """Time MediaPipe frame by frame on a photograph, where all that is installed."""
    try:
        with posed_feed(None, pose_model, lambda _name, start: start) as feed:
            subject = Subject(POSE, feed.next)
            (timed,) = interleave([subject], seconds, task=POSE, progress=progress)
    except EdgekitError as error:
        is_error = not isinstance(error, MissingExtraError)
        return Unmeasured(name=POSE, stage="pose", reason=str(error), is_error=is_error)
    return measurement(timed, "pose")


def measure_alarm(seconds: float, progress: Progress = SILENT) -> Measurement | Unmeasured:
    """Time the way from a positive decision to an alarm that is on the disk."""
    try:
        with alarm_path() as path:
            subject = Subject(ALARM, path.decide)
            (timed,) = interleave([subject], seconds, task=ALARM, progress=progress)
    except EdgekitError as error:
        return Unmeasured(name=ALARM, stage="alarm", reason=str(error), is_error=True)
    return measurement(timed, "alarm")


def measurement(timed: Timed, stage: Stage, *, reference: Timed | None = None) -> Measurement:
    """Sum up what was timed, and how it compares with a reference from the same turns."""
    ratio = reference and paired_ratio(reference.name, reference.turns_ms, timed.turns_ms)
    return Measurement(
        name=timed.name,
        stage=stage,
        quantiles=summarize(timed.samples_ms),
        warmup_ms=timed.warmup_ms,
        ratio=ratio,
        samples_ms=timed.samples_ms,
        spread_ms=spread(timed.samples_ms),
    )
