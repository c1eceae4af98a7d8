"""Which of a bundle's models runs here, and with what."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Literal

from edgekit.bundle import Bundle
from edgekit.errors import MissingExtraError, UsageError
from edgekit.manifest import ModelEntry, Precision, RuntimeName
from edgekit.progress import LOGGED, Progress
from edgekit.runtime.cpu import Cpu, this_cpu
from edgekit.runtime.engine import Engine
from edgekit.runtime.engine_cache import cache_folder
from edgekit.runtime.providers import ProviderChoice

Auto = Literal["auto"]


def is_installed(runtime: RuntimeName) -> bool:
    """Tell whether a runtime's package can be imported."""
    return find_spec(runtime) is not None


def choose_model(
    bundle: Bundle,
    *,
    runtime: RuntimeName | Auto = "auto",
    precision: Precision | Auto = "auto",
    cpu: Cpu | None = None,
) -> ModelEntry:
    """Return the first of the bundle's models, by preference, that fits what was asked.

    INT8 comes first where the processor multiplies bytes in one instruction, FP32 elsewhere;
    ONNX Runtime comes before OpenVINO because it is always installed. `edgekit bench` measures
    what is really faster here.

    Raises:
        UsageError: The bundle holds no such model.
        MissingExtraError: The runtime that was asked for is not installed.
    """
    if runtime != "auto" and not is_installed(runtime):
        raise MissingExtraError(runtime, runtime)
    entries = {entry.name: entry for entry in bundle.manifest.models}
    for name in _preference(cpu or this_cpu(), precision):
        entry = entries.get(name)
        if entry is None or runtime not in ("auto", entry.runtime):
            continue
        if precision in ("auto", entry.precision) and is_installed(entry.runtime):
            return entry
    raise UsageError(
        f"{bundle.folder}: no {precision} model for runtime {runtime}; "
        f"it holds {', '.join(sorted(entries))}"
    )


def open_engine(
    bundle: Bundle,
    entry: ModelEntry,
    *,
    n_threads: int = 1,
    provider: ProviderChoice = "auto",
    progress: Progress = LOGGED,
) -> Engine:
    """Load one of the bundle's models in its runtime.

    ONNX Runtime takes TensorRT or CUDA where it offers them and the golden clips come out right,
    else the CPU; OpenVINO always takes the CPU.

    Args:
        bundle: Holds the model.
        entry: The model.
        n_threads: Of the processor.
        provider: The best of ONNX Runtime's providers that may be used.
        progress: Is told when a GPU is given up, and why; the log when not given.

    Raises:
        MissingExtraError: The runtime is not installed.
        IntegrityError: The runtime refuses the file.
        UsageError: The provider that was asked for by name is not there.
    """
    if not is_installed(entry.runtime):
        raise MissingExtraError(entry.runtime, entry.runtime)
    path = bundle.model_path(entry)
    if entry.runtime == "openvino":
        from edgekit.runtime.openvino_engine import OpenvinoEngine

        if provider not in ("auto", "cpu"):
            raise UsageError(f"provider {provider}: {entry.name} runs in OpenVINO, on the CPU only")
        return OpenvinoEngine(path, n_threads=n_threads)
    import onnxruntime

    from edgekit.runtime.accelerate import Gpu, open_on_gpu
    from edgekit.runtime.onnx_engine import OnnxEngine

    engine = open_on_gpu(
        Gpu(onnxruntime, cache_folder()),
        bundle,
        entry,
        n_threads=n_threads,
        provider=provider,
        progress=progress,
    )
    return engine or OnnxEngine(path, n_threads=n_threads)


def _preference(cpu: Cpu, precision: Precision | Auto) -> Iterator[str]:
    """Yield entry names, best first."""
    int8 = (
        ("onnx-int8-s8s8", "openvino-int8") if cpu.is_arm else ("onnx-int8-u8s8", "openvino-int8")
    )
    fp32 = ("onnx-fp32", "openvino-fp32")
    if cpu.has_int8_dot_product or precision == "int8":
        yield from (*int8, *fp32)
    else:
        yield from (*fp32, *int8)
