"""Weights and checkpoints as safetensors, written whole or not at all; nothing is pickled.

A checkpoint holds the network, the optimiser and the number of finished epochs. It holds no
random state: each epoch starts from a seed of its own, so the next one needs nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import safetensors.torch
import torch
from pydantic import Field, ValidationError
from safetensors import SafetensorError, safe_open
from torch import Tensor

from edgekit import files
from edgekit.errors import IntegrityError
from edgekit.records import Frozen
from edgekit.train.network import Network, NetworkShape

_NOTES = "edgekit"
_WEIGHT, _MOMENT = "network.", "optimiser."


class FoldNotes(Frozen):
    """What travels with a fold's tensors, in the header of the file."""

    fold: int
    losses: tuple[float, ...] = ()
    """Mean training loss of each finished epoch."""
    scaler: dict[str, int | float] = Field(default_factory=dict)
    """State of torch's gradient scaler, in float16 training only."""


def save_weights(path: Path, network: Network, notes: FoldNotes) -> None:
    """Write a trained network's weights.

    Raises:
        OutputError: The disk is full, or writing is not allowed.
    """
    _write(path, network.state_dict(), notes)


def load_network(path: Path, shape: NetworkShape) -> Network:
    """Read weights into a new network in evaluation mode, on the CPU.

    Raises:
        IntegrityError: The file is missing, damaged, of another shape, or not finite.
    """
    tensors, _ = _read(path)
    network = Network(shape)
    _fill(network, tensors, path)
    return network.eval()


def read_notes(path: Path) -> FoldNotes:
    """Read what was noted with weights or a checkpoint.

    Raises:
        IntegrityError: The file is missing or damaged.
    """
    return _read(path)[1]


def save_checkpoint(
    path: Path, network: Network, optimiser: torch.optim.Optimizer, notes: FoldNotes
) -> None:
    """Write all that the next epoch needs, in one file.

    Raises:
        OutputError: The disk is full, or writing is not allowed.
    """
    tensors = {_WEIGHT + name: tensor for name, tensor in network.state_dict().items()}
    for index, moments in optimiser.state_dict()["state"].items():
        for name, tensor in moments.items():
            tensors[f"{_MOMENT}{index}.{name}"] = tensor
    _write(path, tensors, notes)


def load_checkpoint(
    path: Path, network: Network, optimiser: torch.optim.Optimizer, *, fold: int
) -> FoldNotes:
    """Put network and optimiser back to where the checkpoint was written; return its notes.

    Raises:
        IntegrityError: The file is missing, damaged, or of another network.
    """
    tensors, notes = _read(path)
    if notes.fold != fold:
        raise IntegrityError(f"{path}: of fold {notes.fold}, not {fold}; train with --fresh")
    weights = {k.removeprefix(_WEIGHT): v for k, v in tensors.items() if k.startswith(_WEIGHT)}
    _fill(network, weights, path)
    state: dict[int, dict[str, Tensor]] = {}
    for key, tensor in tensors.items():
        if key.startswith(_MOMENT):
            index, name = key.removeprefix(_MOMENT).split(".")
            state.setdefault(int(index), {})[name] = tensor
    optimiser.load_state_dict({**optimiser.state_dict(), "state": state})
    return notes


def _fill(network: Network, weights: Mapping[str, Tensor], path: Path) -> None:
    expected = {name: tensor.shape for name, tensor in network.state_dict().items()}
    if expected != {name: tensor.shape for name, tensor in weights.items()}:
        raise IntegrityError(f"{path}: weights of another network than the run's; train again")
    for name, tensor in weights.items():
        if not torch.isfinite(tensor).all():
            raise IntegrityError(f"{path}: {name} holds a value that is not finite; train again")
    network.load_state_dict(dict(weights))


def _write(path: Path, tensors: Mapping[str, Tensor], notes: FoldNotes) -> None:
    # safetensors knows neither devices nor channels-last strides.
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    content = safetensors.torch.save(plain, metadata={_NOTES: notes.model_dump_json()})
    files.write_bytes(path, content)


def _read(path: Path) -> tuple[dict[str, Tensor], FoldNotes]:
    try:
        with safe_open(path, framework="pt") as file:
            notes = FoldNotes.model_validate_json((file.metadata() or {})[_NOTES])
            names = file.keys()
            return {name: file.get_tensor(name) for name in names}, notes
    except FileNotFoundError as error:
        raise IntegrityError(f"{path}: no such file; train the run again") from error
    except (SafetensorError, OSError, KeyError, ValidationError) as error:
        raise IntegrityError(f"{path}: damaged, or not written by edgekit; train again") from error
