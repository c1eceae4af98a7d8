"""A bundle's ONNX model on the best provider that answers rightly: TensorRT, CUDA, the CPU.

Every step down is said in one line. Nothing of this was run on a Jetson yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edgekit import files
from edgekit.bundle import Bundle
from edgekit.errors import EdgekitError, IntegrityError, OutputError
from edgekit.manifest import ModelEntry
from edgekit.progress import LOGGED, Progress
from edgekit.runtime import engine_cache
from edgekit.runtime.golden import check_engine
from edgekit.runtime.gpu_engine import GpuEngine, Ort
from edgekit.runtime.providers import (
    TENSORRT,
    Provider,
    ProviderChoice,
    gpu_providers,
    ort_providers,
)


@dataclass(frozen=True)
class Gpu:
    """What a GPU is reached by, and where its engines are kept."""

    ort: Ort
    cache: Path
    root: Path = Path("/")
    """Of the file system that tells the device's name and TensorRT's version."""


@dataclass(frozen=True)
class _Job:
    """One model to be opened on a GPU."""

    gpu: Gpu
    bundle: Bundle
    entry: ModelEntry
    n_threads: int
    progress: Progress

    def open(self, provider: Provider, engines: Path) -> GpuEngine:
        """Open the model and have it answer the golden clips, else raise an `EdgekitError`."""
        engine = GpuEngine(
            self.gpu.ort,
            provider,
            self.bundle.model_path(self.entry),
            ort_providers(provider, self.entry, engines),
            n_threads=self.n_threads,
        )
        check_engine(self.bundle, self.entry, engine)
        return engine


def open_on_gpu(
    gpu: Gpu,
    bundle: Bundle,
    entry: ModelEntry,
    *,
    n_threads: int = 1,
    provider: ProviderChoice = "auto",
    progress: Progress = LOGGED,
) -> GpuEngine | None:
    """Open an ONNX model on the best GPU provider that gives its golden answers.

    Args:
        gpu: ONNX Runtime, and the cache of engines.
        bundle: Holds the model and its golden clips.
        entry: The model.
        n_threads: Of what a provider leaves to the processor.
        provider: The best one that may be used.
        progress: Is told of the first build and of each provider that is given up, and why.

    Returns:
        None where ONNX Runtime offers no GPU, or each was given up: the CPU is next.

    Raises:
        UsageError: The provider that was asked for by name is not there.
    """
    job = _Job(gpu, bundle, entry, n_threads, progress)
    offered = gpu_providers(gpu.ort.get_available_providers(), provider)
    for step, one in enumerate(offered, start=1):
        try:
            return _with_tensorrt(job) if one is TENSORRT else job.open(one, gpu.cache)
        except EdgekitError as error:
            following = offered[step].title if step < len(offered) else "the CPU"
            progress.say(f"{one.title} is given up, {following} comes next: {error}")
    return None


def _with_tensorrt(job: _Job) -> GpuEngine:
    """Take the kept engine, or build it where there is none or it is of no use."""
    cache = job.gpu.cache
    engine_cache.make_private(cache)
    key = engine_cache.key_of(job.bundle, job.entry, job.gpu.ort.__version__, job.gpu.root)
    kept = cache / key.name
    engine = _kept(job, kept) or _built(job, kept)
    try:
        engine_cache.trim(cache, kept)
    except OutputError as error:
        job.progress.say(f"old TensorRT engines stay: {error}")
    return engine


def _kept(job: _Job, kept: Path) -> GpuEngine | None:
    if not engine_cache.has_engine(kept):
        return None
    try:
        return job.open(TENSORRT, kept)
    except IntegrityError as error:
        # It stays until another is built: the GPU may only be out of reach now.
        job.progress.say(f"the kept TensorRT engine is of no use: {error}")
        return None


def _built(job: _Job, kept: Path) -> GpuEngine:
    """Build an engine; it is kept when it has answered, whole or not at all."""
    # Before the build, lest minutes pass for a model that cannot be.
    ort_providers(TENSORRT, job.entry, kept)
    job.progress.say(
        f"building the TensorRT engine of {job.entry.name} for this device: minutes, once"
    )
    with files.new_folder(kept) as fresh:
        engine = job.open(TENSORRT, fresh)
        if not engine_cache.has_engine(fresh):
            raise IntegrityError(f"TensorRT took no part of {job.entry.name}: it left no engine")
    job.progress.say(f"TensorRT engine built, kept in {kept}")
    return engine
