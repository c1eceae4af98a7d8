"""What is timed beside the models: features, and pose on a photograph."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import numpy as np
from numpy.typing import NDArray

from edgekit.errors import EdgekitError, MissingExtraError
from edgekit.features import extract
from edgekit.progress import SILENT, Progress
from edgekit.skeleton import N_LANDMARKS
from edgekit_bench.quantiles import paired_ratio, summarize
from edgekit_bench.reference_features import extract_by_loops
from edgekit_bench.results import LOOPS, POSE, Measurement, Stage, Unmeasured
from edgekit_bench.timing import Subject, Timed, interleave

MISSING_SHARE = 0.2
CALLS_PER_TURN = 10
"""So that the caches are as warm for one as for the other; the coldest calls are in the tails."""
N_PICTURES = 60


def bench_clip(n_frames: int, seed: int) -> NDArray[np.float64]:
    """Return a clip of wandering landmarks, float64 (T, V, 5), a fifth of them missing."""
    rng = np.random.default_rng(seed)
    start = rng.uniform(0.3, 0.7, (1, N_LANDMARKS, 3))
    xyz = start + rng.normal(0.0, 0.004, (n_frames, N_LANDMARKS, 3)).cumsum(axis=0)
    confidence = rng.uniform(0.5, 1.0, (n_frames, N_LANDMARKS, 2))
    clip = np.concatenate([xyz, confidence], axis=2)
    clip[rng.random((n_frames, N_LANDMARKS)) < MISSING_SHARE] = np.nan
    return clip


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


def measure_pose(seconds: float, progress: Progress = SILENT) -> Measurement | Unmeasured:
    """Time MediaPipe's full model frame by frame on a photograph, where all that is installed."""
    try:
        with _pose_call() as call:
            (timed,) = interleave([Subject(POSE, call)], seconds, task=POSE, progress=progress)
    except EdgekitError as error:
        is_error = not isinstance(error, MissingExtraError)
        return Unmeasured(name=POSE, stage="pose", reason=str(error), is_error=is_error)
    return measurement(timed, "pose")


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
    )


@contextmanager
def _pose_call() -> Iterator[Callable[[], object]]:
    """Yield a call that finds the landmarks of the next picture of one moving photograph.

    Raises:
        MissingExtraError: A package, a library or the model is not installed.
        IntegrityError: The cached model is not what was fetched.
    """
    from edgekit.pose.mediapipe_pose import MediaPipePose
    from edgekit.pose.models import DEFAULT_MODEL, cache_folder, find, named
    from edgekit.pose.photograph import photograph_walk
    from edgekit.pose.source import Frame

    model = find(named(DEFAULT_MODEL), cache_folder())
    pictures = [frame.rgb for frame in photograph_walk(n_frames=N_PICTURES)]
    times = itertools.count()
    # There and back again: a jump would make the tracker search anew.
    path = itertools.cycle([*pictures, *reversed(pictures)])
    with MediaPipePose(model) as pose:
        yield lambda: pose.detect(Frame(next(path), next(times) / 30.0))
