"""ONNX Runtime on the CPU, set up so that an idle process sleeps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from edgekit.errors import IntegrityError
from edgekit.runtime.engine import Output, checked_output

_ERRORS_ONLY = 3
OUTPUTS = ["probability", "fold_probability", "attention"]


class OnnxEngine:
    """One `.onnx` file in one session."""

    runtime = f"onnxruntime {onnxruntime.__version__}"

    def __init__(self, model: Path | bytes, *, n_threads: int = 1) -> None:
        """Load a file or its bytes.

        Raises:
            IntegrityError: ONNX Runtime refuses it.
        """
        name = str(model) if isinstance(model, Path) else "model"
        options = session_options(n_threads)
        try:
            self._session = onnxruntime.InferenceSession(
                str(model) if isinstance(model, Path) else model,
                options,
                providers=["CPUExecutionProvider"],
            )
        # ONNX Runtime's exceptions have no base class of their own below Exception.
        except Exception as error:
            raise IntegrityError(
                f"{name}: ONNX Runtime cannot load it: {first_line(error)}"
            ) from error

    def run(self, features: NDArray[np.float32]) -> Output:
        """Judge one clip's features, float32 (C, T, V)."""
        outputs = self._session.run(OUTPUTS, {"features": features[None]})
        return checked_output(*outputs)


def first_line(error: Exception) -> str:
    """Return what ONNX Runtime says in one line; its kind, where it says nothing."""
    return next(iter(str(error).splitlines()), type(error).__name__)


def session_options(n_threads: int) -> onnxruntime.SessionOptions:
    """Return options for a session that does not spin while it waits for work."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = n_threads
    options.inter_op_num_threads = 1
    options.log_severity_level = _ERRORS_ONLY
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options
