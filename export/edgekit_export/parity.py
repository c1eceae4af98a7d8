"""Do PyTorch, the folded network, ONNX Runtime and OpenVINO compute the same in FP32?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from edgekit.errors import ParityError
from edgekit.runtime.engine import Engine
from edgekit.train.network import Network
from edgekit_export.fold import FoldedNetwork
from edgekit_export.static_network import run_folded

TOLERANCE = 1e-4
"""Largest difference in probability that counts as the same."""


@dataclass(frozen=True)
class Parity:
    """The largest difference from PyTorch, of any fold's probability on any clip."""

    path: str
    max_abs_dp: float


def check_parity(
    networks: Sequence[Network],
    folded: Sequence[FoldedNetwork],
    engines: Mapping[str, Engine],
    features: Sequence[NDArray[np.float32]],
) -> tuple[Parity, ...]:
    """Compare all FP32 paths with the trained networks, clip by clip and fold by fold.

    Args:
        networks: The K trained networks.
        folded: The same, folded.
        engines: FP32 engines by name.
        features: float32 (C, T, V) of each clip.

    Raises:
        ParityError: A path differs by more than `TOLERANCE`, or is not finite.
    """
    expected = np.stack([_torch_answer(networks, clip) for clip in features])  # (N, K)
    answers = {"folded PyTorch": np.stack([_folded_answer(folded, clip) for clip in features])}
    for name, engine in engines.items():
        answers[name] = np.stack([engine.run(clip).fold_probability for clip in features])
    found = []
    for path, answer in answers.items():
        difference = np.abs(answer - expected)
        worst = float(difference.max())
        # Written so that NaN fails too.
        if not worst <= TOLERANCE:
            where = int(np.argmax(np.nan_to_num(difference, nan=np.inf)))
            clip, fold = divmod(where, difference.shape[1])
            raise ParityError(
                f"{path} differs from PyTorch by {worst:.2g} in probability "
                f"(clip {clip}, fold {fold}; allowed {TOLERANCE:g}); nothing was written"
            )
        found.append(Parity(path, worst))
    return tuple(found)


def _torch_answer(networks: Sequence[Network], clip: NDArray[np.float32]) -> NDArray[np.float32]:
    batch = torch.from_numpy(clip)[None]
    with torch.inference_mode():
        return torch.cat([network(batch)[0].sigmoid() for network in networks]).numpy()


def _folded_answer(
    folded: Sequence[FoldedNetwork], clip: NDArray[np.float32]
) -> NDArray[np.float32]:
    with torch.inference_mode():
        return run_folded(folded, torch.from_numpy(clip)[None])[0][0].numpy()
