"""Which of a bundle's models runs here, and with what."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Literal

from edgekit.bundle import Bundle
from edgekit.errors import MissingExtraError, UsageError
from edgekit.manifest import ModelEntry, Precision, RuntimeName
from edgekit.runtime.cpu import Cpu, this_cpu
from edgekit.runtime.engine import Engine

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


def open_engine(bundle: Bundle, entry: ModelEntry, *, n_threads: int = 1) -> Engine:
    """Load one of the bundle's models in its runtime.

    Raises:
        MissingExtraError: The runtime is not installed.
        IntegrityError: The runtime refuses the file.
    """
    if not is_installed(entry.runtime):
        raise MissingExtraError(entry.runtime, entry.runtime)
    path = bundle.model_path(entry)
    if entry.runtime == "openvino":
        from edgekit.runtime.openvino_engine import OpenvinoEngine

        return OpenvinoEngine(path, n_threads=n_threads)
    from edgekit.runtime.onnx_engine import OnnxEngine

    return OnnxEngine(path, n_threads=n_threads)


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
