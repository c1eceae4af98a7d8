"""One model in a process of its own: time to load, first inference, memory.

Run as `python -m edgekit_bench.model_probe RUNTIME MODEL THREADS FRAMES`; prints one JSON line.
In a process that has already loaded another model none of these figures would be true.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from edgekit.errors import EdgekitError, IntegrityError
from edgekit.features import N_CHANNELS
from edgekit.manifest import RuntimeName
from edgekit.records import Frozen
from edgekit.runtime.engine import Engine
from edgekit.skeleton import N_LANDMARKS
from edgekit_bench.child_process import run_module

N_INFERENCES = 10
"""Enough for a runtime to have taken the memory that it works with."""
TIMEOUT_S = 120.0
STATUS = Path("/proc/self/status")


class Probe(Frozen):
    """What one model costs a fresh process."""

    load_ms: float
    """Import of the runtime included: a device pays for both."""
    first_ms: float
    """The first inference."""
    peak_rss_mb: float | None
    """Largest resident memory of the whole process; None where the kernel does not tell."""
    own_rss_mb: float | None
    """That part of it that came with the runtime and the model."""


def probe(runtime: RuntimeName, model: Path, *, n_threads: int, n_frames: int) -> Probe:
    """Load and run a model in a process of its own.

    Raises:
        IntegrityError: The process failed or hung; carries its reason.
    """
    try:
        answer = run_module("model_probe", runtime, model, n_threads, n_frames, timeout_s=TIMEOUT_S)
        return Probe.model_validate_json(answer.splitlines()[-1])
    except IntegrityError as error:
        told = str(error)
        raise IntegrityError(told if str(model) in told else f"{model}: {told}") from error
    except (IndexError, ValidationError) as error:
        raise IntegrityError(f"{model}: the probe's answer cannot be read") from error


def measure(runtime: RuntimeName, model: Path, *, n_threads: int, n_frames: int) -> Probe:
    """Load and run a model in this process, which should have done nothing before."""
    before_mb = peak_rss_mb()
    start = time.perf_counter()
    engine = open_file(runtime, model, n_threads=n_threads)
    load_ms = (time.perf_counter() - start) * 1e3
    features = np.zeros((N_CHANNELS, n_frames, N_LANDMARKS), dtype=np.float32)
    start = time.perf_counter()
    engine.run(features)
    first_ms = (time.perf_counter() - start) * 1e3
    for _ in range(N_INFERENCES):
        engine.run(features)
    peak_mb = peak_rss_mb()
    own_mb = None if peak_mb is None or before_mb is None else peak_mb - before_mb
    return Probe(load_ms=load_ms, first_ms=first_ms, peak_rss_mb=peak_mb, own_rss_mb=own_mb)


def peak_rss_mb(status: Path = STATUS) -> float | None:
    """Return this process's peak resident memory in MiB, from the kernel.

    Not from getrusage: there a fresh process inherits the peak of the one that started it.
    """
    if not status.is_file():
        return None
    for line in status.read_text(encoding="utf-8").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return None


def open_file(runtime: RuntimeName, model: Path, *, n_threads: int) -> Engine:
    """Load a model file that need not be part of a bundle.

    Raises:
        IntegrityError: The runtime refuses it.
    """
    if runtime == "openvino":
        from edgekit.runtime.openvino_engine import OpenvinoEngine

        return OpenvinoEngine(model, n_threads=n_threads)
    from edgekit.runtime.onnx_engine import OnnxEngine

    return OnnxEngine(model, n_threads=n_threads)


def main(arguments: list[str]) -> int:
    """Measure what the command line names; the answer goes to stdout, an error to stderr."""
    runtime: RuntimeName = "openvino" if arguments[0] == "openvino" else "onnxruntime"
    model, n_threads, n_frames = Path(arguments[1]), int(arguments[2]), int(arguments[3])
    try:
        found = measure(runtime, model, n_threads=n_threads, n_frames=n_frames)
    except EdgekitError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    sys.stdout.write(f"{found.model_dump_json()}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
