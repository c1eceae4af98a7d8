"""ONNX Runtime on a GPU, without its habit of going on elsewhere when the GPU fails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from onnxruntime import SessionOptions

from edgekit.errors import IntegrityError
from edgekit.runtime.engine import Output, checked_output
from edgekit.runtime.onnx_engine import OUTPUTS, first_line, session_options
from edgekit.runtime.providers import OUT_OF_REACH, OrtProvider, Provider, check_used


class Session(Protocol):
    """What is used of ONNX Runtime's session."""

    def run(
        self, outputs: Sequence[str], inputs: Mapping[str, NDArray[np.float32]]
    ) -> Sequence[NDArray[np.float32]]:
        """Compute the named outputs."""

    def get_providers(self) -> Sequence[str]:
        """Return the providers that are really there, best first."""


class Ort(Protocol):
    """What is used of the module `onnxruntime` to reach a GPU."""

    __version__: str

    def get_available_providers(self) -> Sequence[str]:
        """Return the providers that it was built with."""

    # The name is ONNX Runtime's.
    def InferenceSession(  # noqa: N802
        self,
        model: str,
        options: SessionOptions,
        *,
        providers: Sequence[OrtProvider],
        enable_fallback: int,
    ) -> Session:
        """Load a model."""


class GpuEngine:
    """One `.onnx` file in one session of which no node runs on the CPU."""

    def __init__(
        self,
        ort: Ort,
        provider: Provider,
        model: Path,
        providers: Sequence[OrtProvider],
        *,
        n_threads: int = 1,
    ) -> None:
        """Load a file; TensorRT builds its engine here, which takes minutes.

        Raises:
            IntegrityError: ONNX Runtime refuses it, drops the provider, or would have to run a
                part of the model on the CPU.
        """
        self.runtime = f"onnxruntime {ort.__version__} {provider.title}"
        self._title = provider.title
        options = session_options(n_threads)
        options.add_session_config_entry("session.disable_cpu_ep_fallback", "1")
        try:
            # With its own fallback a failure, even a later one, would end on the CPU, printed only.
            self._session = ort.InferenceSession(
                str(model), options, providers=list(providers), enable_fallback=0
            )
        # ONNX Runtime's exceptions have no base class of their own below Exception.
        except Exception as error:
            raise IntegrityError(
                f"{model}: ONNX Runtime cannot load it with {provider.title}: "
                f"{first_line(error)}; {OUT_OF_REACH}"
            ) from error
        check_used(provider, self._session.get_providers())

    def run(self, features: NDArray[np.float32]) -> Output:
        """Judge one clip's features, float32 (C, T, V).

        Raises:
            IntegrityError: The GPU fails.
        """
        try:
            outputs = self._session.run(OUTPUTS, {"features": features[None]})
        except Exception as error:
            raise IntegrityError(f"{self._title} failed: {first_line(error)}") from error
        return checked_output(*outputs)
