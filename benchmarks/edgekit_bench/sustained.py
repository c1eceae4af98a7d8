"""The bedside's work without a pause, in a process of its own: frame, pose, decision, alarm.

Run as `python -m edgekit_bench.sustained JOB`, JOB being a `Job` in JSON; prints one JSON line. A
process of its own has the memory that the daemon's work needs, and no more.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError

from edgekit.bundle import load_bundle
from edgekit.errors import EdgekitError, IntegrityError
from edgekit.manifest import ModelEntry
from edgekit.records import Frozen
from edgekit.runtime.choose import open_engine
from edgekit.runtime.detector import Detector
from edgekit.runtime.engine import Engine, Output
from edgekit.serve.watch.grid import WindowGrid
from edgekit_bench.alarm_path import alarm_path
from edgekit_bench.child_process import run_module
from edgekit_bench.frames import Feed, open_feed
from edgekit_bench.laps import Laps, Part
from edgekit_bench.made_up_clip import bench_clip
from edgekit_bench.model_probe import peak_rss_mb
from edgekit_bench.vitals import Vitals, Watching

START_S = 120.0
"""Loading everything may take so long on a slow device, beside the run itself."""
N_WARM_FRAMES = 5
"""The first finds the person, which the others do not."""
N_CLIP_FRAMES = 600


class Job(Frozen):
    """What to run."""

    bundle: Path
    model: str
    n_threads: int = Field(ge=1)
    pose_model: str
    fps: float = Field(gt=0)
    hop_s: float = Field(gt=0)
    seconds: float = Field(gt=0)
    source: str | None = None
    """A camera or video; None takes a moving photograph."""
    seed: int = 0


class Sustained(Frozen):
    """What a whole run without a pause gave."""

    seconds: float
    n_frames: int
    n_decisions: int
    fps: float
    """Frames a second that went through everything."""
    pictures: str
    """Where frames came from, or why there were none and pose was left out."""
    has_pose: bool
    parts: tuple[Part, ...]
    peak_rss_mb: float | None
    vitals: Vitals

    def part(self, name: str) -> Part | None:
        """Return the part of that name."""
        return next((one for one in self.parts if one.name == name), None)


def run_sustained(job: Job) -> Sustained:
    """Run a job in a process of its own.

    Raises:
        IntegrityError: The process failed or hung; carries its reason.
    """
    answer = run_module("sustained", job.model_dump_json(), timeout_s=START_S + 3 * job.seconds)
    try:
        return Sustained.model_validate_json(answer.splitlines()[-1])
    except (IndexError, ValidationError) as error:
        raise IntegrityError("the sustained run's answer cannot be read") from error


def measure(job: Job, clock: Callable[[], float] = time.perf_counter) -> Sustained:
    """Run a job in this process, which should have done nothing before."""
    bundle = load_bundle(job.bundle)
    laps = Laps(clock)
    engine = _TimedEngine(open_engine(bundle, _entry(job), n_threads=job.n_threads), laps, clock)
    manifest = bundle.manifest
    hop = max(1, round(job.hop_s * manifest.fps))
    grid = WindowGrid(manifest.fps, manifest.n_frames, hop, keep_s=1.0)
    rows = _landmarks(job.seed)
    with ExitStack() as stack:
        feed = stack.enter_context(open_feed(job.source, job.pose_model, laps.since))
        alarm = stack.enter_context(alarm_path(laps.add))
        for _ in range(N_WARM_FRAMES):
            feed.next()
        laps.clear()
        work = _Work(Detector(bundle, engine), grid, alarm.decide, laps, clock)
        t_s = work.fill(rows, manifest.n_frames / manifest.fps, 1 / manifest.fps)
        with Watching() as watching:
            start = clock()
            n_frames = work.run(feed, rows, t_s, 1 / job.fps, job.seconds)
            took = clock() - start
        return Sustained(
            seconds=took,
            n_frames=n_frames,
            n_decisions=work.n_decisions,
            fps=n_frames / took,
            pictures=feed.name,
            has_pose=feed.has_pose,
            parts=laps.parts(),
            peak_rss_mb=peak_rss_mb(),
            vitals=watching.result(),
        )


class _Work:
    """The loop over frames.

    What pose finds is not what is judged: a camera that sees nobody would leave nothing to decide,
    and the figures would flatter.
    """

    def __init__(
        self,
        detector: Detector,
        grid: WindowGrid,
        alarm: Callable[[], None],
        laps: Laps,
        clock: Callable[[], float],
    ) -> None:
        self._detector, self._grid, self._alarm = detector, grid, alarm
        self._laps, self._clock = laps, clock
        self.n_decisions = 0

    def fill(self, rows: Iterator[NDArray[np.float32]], seconds: float, step_s: float) -> float:
        """Fill the first window, untimed, and return the source's time after it."""
        t_s = 0.0
        while t_s < seconds:
            self._grid.add(t_s, next(rows))
            t_s += step_s
        return t_s

    def run(
        self,
        feed: Feed,
        rows: Iterator[NDArray[np.float32]],
        t_s: float,
        step_s: float,
        seconds: float,
    ) -> int:
        """Work on frames until `seconds` are over and something was decided; return how many."""
        n_frames, start = 0, self._clock()
        now = start
        while now - start < seconds or not self.n_decisions:
            begun = now
            feed.next()
            now = self._clock()
            windows = self._grid.add(t_s, next(rows))
            self._laps.since("grid", now)
            for window in windows:
                self._decide(window.clip)
            now = self._laps.since("frame", begun)
            n_frames += 1
            # Where the machine cannot keep up, time goes on all the same, and so do decisions.
            t_s += max(step_s, now - begun)
        return n_frames

    def _decide(self, clip: NDArray[np.float32]) -> None:
        self.n_decisions += 1
        start = self._clock()
        self._detector.judge(clip)
        judged = self._clock()
        self._laps.add("features", (judged - start) * 1e3 - self._laps.last("model"))
        self._alarm()
        now = self._laps.since("alarm", judged)
        self._laps.add("decision", (now - start) * 1e3)


class _TimedEngine:
    """An engine whose runs are noted."""

    def __init__(self, engine: Engine, laps: Laps, clock: Callable[[], float]) -> None:
        self._engine, self._laps, self._clock = engine, laps, clock
        self.runtime = engine.runtime

    def run(self, features: NDArray[np.float32]) -> Output:
        start = self._clock()
        output = self._engine.run(features)
        self._laps.since("model", start)
        return output


def _landmarks(seed: int) -> Iterator[NDArray[np.float32]]:
    clip = bench_clip(N_CLIP_FRAMES, seed).astype(np.float32)
    while True:
        yield from clip


def _entry(job: Job) -> ModelEntry:
    entries = load_bundle(job.bundle).manifest.models
    found = next((one for one in entries if one.name == job.model), None)
    if found is None:
        raise IntegrityError(f"{job.bundle}: holds no model {job.model}")
    return found


def main(arguments: list[str]) -> int:
    """Measure the job on the command line; the answer goes to stdout, an error to stderr."""
    try:
        found = measure(Job.model_validate_json(arguments[0]))
    except EdgekitError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    sys.stdout.write(f"{found.model_dump_json()}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
