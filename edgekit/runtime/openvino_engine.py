"""OpenVINO on the CPU, in FP32 wherever the file does not say INT8."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openvino
from numpy.typing import NDArray

from edgekit.errors import IntegrityError
from edgekit.runtime.engine import Output, checked_output


class OpenvinoEngine:
    """One OpenVINO IR (`.xml` beside its `.bin`) compiled for the CPU."""

    runtime = f"openvino {openvino.__version__.split('-')[0]}"

    def __init__(self, model: Path, *, n_threads: int = 1) -> None:
        """Load and compile a file.

        Raises:
            IntegrityError: OpenVINO refuses it.
        """
        config = {
            # On a CPU that has bfloat16 it is OpenVINO's default: the numbers would not compare.
            "INFERENCE_PRECISION_HINT": "f32",
            "INFERENCE_NUM_THREADS": n_threads,
            "NUM_STREAMS": 1,
        }
        try:
            self._model = openvino.Core().compile_model(str(model), "CPU", config)
        except RuntimeError as error:
            reason = str(error).strip().splitlines()[-1]
            raise IntegrityError(f"{model}: OpenVINO cannot load it: {reason}") from error
        self._request = self._model.create_infer_request()

    def run(self, features: NDArray[np.float32]) -> Output:
        """Judge one clip's features, float32 (C, T, V)."""
        self._request.infer({0: features[None]})
        read = self._request.get_tensor
        return checked_output(
            read("probability").data.copy(),
            read("fold_probability").data.copy(),
            read("attention").data.copy(),
        )
