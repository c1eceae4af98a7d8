"""Which runtime, precision and number of threads is fastest for a bundle on this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

from edgekit_bench.timing import Subject, interleave

from edgekit import files
from edgekit.bundle import MANIFEST_FILE, Bundle
from edgekit.errors import EdgekitError, IntegrityError
from edgekit.features import extract
from edgekit.manifest import ModelEntry
from edgekit.progress import SILENT, Progress
from edgekit.runtime.choose import choose_model, open_engine
from edgekit.runtime.engine import Engine
from edgekit.runtime.golden import check_engine
from edgekit.setup.journal import Pick

WORTH = 0.9
"""Another way than edgekit's own choice is taken below this share of its duration: a difference
of a few per cent is the noise of a busy machine."""
CORES_FOR_TWO_THREADS = 4
"""The camera's pictures and the pose model need the others."""


@dataclass(frozen=True)
class Way:
    """One way to run the bundle's model that gives the right answers here."""

    entry: ModelEntry
    threads: int
    engine: Engine

    @property
    def name(self) -> str:
        """As in `onnx-int8-u8s8, 1 thread`."""
        return f"{self.entry.name}, {self.threads} thread{'s' if self.threads > 1 else ''}"


def pick(
    bundle: Bundle,
    seconds: float,
    *,
    n_cores: int | None = None,
    progress: Progress = SILENT,
) -> Pick:
    """Measure every way to run a bundle's model and return the one to take.

    Args:
        bundle: Whose golden clips are also the clip that is timed.
        seconds: For each way.
        n_cores: Logical cores; those of this process by default.
        progress: Is told of ways that fail, and of each duration.

    Raises:
        IntegrityError: No model of the bundle gives its golden answers here.
    """
    ways = tuple(_ways(bundle, n_cores or _usable_cores(), progress))
    if not ways:
        raise IntegrityError(f"{bundle.folder}: no model of it answers here as it did at export")
    features = extract(bundle.golden_clips()[0])
    subjects = [Subject(way.name, partial(way.engine.run, features)) for way in ways]
    timed = interleave(subjects, seconds, task="measuring", progress=progress)
    medians = [median(one.samples_ms) for one in timed]
    for way, ms in zip(ways, medians, strict=True):
        progress.say(f"{way.name}: {ms:.2f} ms")
    best = fastest(medians)
    return Pick(
        runtime=ways[best].entry.runtime,
        precision=ways[best].entry.precision,
        threads=ways[best].threads,
        median_ms=round(medians[best], 3),
        bundle_sha256=fingerprint(bundle.folder),
        versions=tuple(sorted({way.engine.runtime for way in ways})),
    )


def fastest(medians_ms: Sequence[float]) -> int:
    """Return the index of the way to take; the first is edgekit's own choice, and the incumbent."""
    best = min(range(len(medians_ms)), key=medians_ms.__getitem__)
    return best if medians_ms[best] < WORTH * medians_ms[0] else 0


def fingerprint(folder: Path) -> str:
    """Return the SHA-256 of a bundle's manifest, which holds those of all its files."""
    return files.sha256(folder / MANIFEST_FILE)


def _ways(bundle: Bundle, n_cores: int, progress: Progress) -> Iterator[Way]:
    threads = (1, 2) if n_cores >= CORES_FOR_TWO_THREADS else (1,)
    for entry in _entries(bundle):
        for n in threads:
            try:
                engine = open_engine(bundle, entry, n_threads=n, progress=progress)
                check_engine(bundle, entry, engine)
            except IntegrityError as error:
                progress.say(f"left out: {error}")
                break
            yield Way(entry, n, engine)


def _entries(bundle: Bundle) -> tuple[ModelEntry, ...]:
    """Return what each pair of settings would choose, edgekit's own choice first."""
    found = [choose_model(bundle)]
    for runtime in ("onnxruntime", "openvino"):
        for precision in ("int8", "fp32"):
            try:
                found.append(choose_model(bundle, runtime=runtime, precision=precision))
            except EdgekitError:
                # Not in the bundle, or its runtime is not installed.
                continue
    return tuple({entry.name: entry for entry in found}.values())


def _usable_cores() -> int:
    return len(os.sched_getaffinity(0))
