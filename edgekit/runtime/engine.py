"""The seam between a model file and everything that wants a probability of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from edgekit.errors import IntegrityError


@dataclass(frozen=True)
class Output:
    """What the model says of one clip."""

    probability: float
    """Mean of the folds, 0..1."""
    fold_probability: NDArray[np.float32]
    """(K,)"""
    attention: NDArray[np.float32]
    """(K, S), each row sums to 1: the weight of each model step in that fold's decision."""


class Engine(Protocol):
    """A loaded model file. Not safe for use by several threads at once."""

    @property
    def runtime(self) -> str:
        """Return the runtime's name and version, as in `onnxruntime 1.32.0`."""

    def run(self, features: NDArray[np.float32]) -> Output:
        """Judge one clip's features, float32 (C, T, V)."""


def checked_output(
    probability: NDArray[np.float32],
    fold_probability: NDArray[np.float32],
    attention: NDArray[np.float32],
) -> Output:
    """Build an `Output` of a graph's three tensors.

    Raises:
        IntegrityError: A value is not finite; it must not pass for a low probability.
    """
    value = float(probability.reshape(-1)[0])
    if not (np.isfinite(value) and np.isfinite(fold_probability).all()):
        raise IntegrityError("the model returned a value that is no number; export it again")
    return Output(value, fold_probability.reshape(-1), attention.reshape(attention.shape[-2:]))
