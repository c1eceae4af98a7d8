"""Which of ONNX Runtime's execution providers are tried, in which order, and set up how.

Decisions only: nothing here loads ONNX Runtime or touches a device. The CPU comes last, always.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from edgekit.errors import IntegrityError, UsageError
from edgekit.manifest import ModelEntry

ProviderChoice = Literal["auto", "cpu", "cuda", "tensorrt"]
OrtProvider = tuple[str, dict[str, str]]
"""A provider as ONNX Runtime wants it: its name and its options."""

OUT_OF_REACH = "are its libraries installed, and may this user open the GPU's device files?"
"""What to look at when a provider that is built in cannot be used."""


@dataclass(frozen=True)
class Provider:
    """One way in which ONNX Runtime uses a GPU."""

    name: ProviderChoice
    title: str
    """As people write it."""
    ort_name: str
    """As ONNX Runtime writes it."""


TENSORRT = Provider("tensorrt", "TensorRT", "TensorrtExecutionProvider")
CUDA = Provider("cuda", "CUDA", "CUDAExecutionProvider")

_BEST_FIRST = (TENSORRT, CUDA)


def gpu_providers(offered: Collection[str], asked: ProviderChoice) -> tuple[Provider, ...]:
    """Return the GPU providers to try, best first; after them comes the CPU.

    Args:
        offered: What `onnxruntime.get_available_providers` returns.
        asked: The best one that may be used; `auto` takes all that are offered, `cpu` none.

    Raises:
        UsageError: One was asked for by name that this ONNX Runtime was built without.
    """
    if asked == "cpu":
        return ()
    here = tuple(provider for provider in _BEST_FIRST if provider.ort_name in offered)
    if asked == "auto":
        return here
    names = [provider.name for provider in here]
    if asked not in names:
        raise UsageError(
            f"provider {asked}: the installed ONNX Runtime is built without it; install the "
            "maker's ONNX Runtime for this device, or take provider auto"
        )
    return here[names.index(asked) :]


def ort_providers(provider: Provider, entry: ModelEntry, engines: Path) -> tuple[OrtProvider, ...]:
    """Return the providers of a session that computes with `provider`.

    TensorRT leaves to CUDA what it cannot run. TF32 stays off in CUDA: the golden answers are
    FP32's. Engines are kept in the folder `engines`.

    Raises:
        UsageError: TensorRT cannot run this model.
    """
    cuda = (CUDA.ort_name, {"use_tf32": "0"})
    if provider is CUDA:
        return (cuda,)
    if entry.scheme == "u8s8":
        raise UsageError(f"{entry.name} has unsigned activations; TensorRT takes s8s8 or fp32")
    options = {"trt_engine_cache_enable": "1", "trt_engine_cache_path": str(engines)}
    if entry.precision == "int8":
        # TensorRT refuses QDQ nodes unless INT8 is allowed; ranges and scales are in the file.
        options["trt_int8_enable"] = "1"
    return ((TENSORRT.ort_name, options), cuda)


def check_used(provider: Provider, used: Sequence[str]) -> None:
    """Check that a session uses the provider that it was made for.

    ONNX Runtime goes on without a provider whose libraries do not load, and only logs it.

    Args:
        provider: What was asked for.
        used: What the session's `get_providers` returns.

    Raises:
        IntegrityError: The provider was dropped.
    """
    if not used or used[0] != provider.ort_name:
        found = ", ".join(used) or "nothing"
        raise IntegrityError(
            f"ONNX Runtime dropped {provider.ort_name} and took {found}; {OUT_OF_REACH}"
        )
