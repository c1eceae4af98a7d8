"""Weights and checkpoints come back to the bit, and damaged ones do not come back at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors import safe_open

from edgekit import files
from edgekit.errors import IntegrityError, OutputError
from edgekit.train.checkpoint import (
    FoldNotes,
    load_checkpoint,
    load_network,
    read_notes,
    save_checkpoint,
    save_weights,
)
from edgekit.train.network import Network, NetworkShape

SHAPE = NetworkShape(c_base=4)


def _trained(seed: int = 0, steps: int = 2) -> tuple[Network, torch.optim.AdamW]:
    """Return a network and its optimiser after some steps on noise."""
    torch.manual_seed(seed)
    network = Network(SHAPE)
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-2)
    for _ in range(steps):
        _step(network, optimiser, torch.randn(3, 14, 16, 33))
    return network, optimiser


def _step(network: Network, optimiser: torch.optim.Optimizer, x: torch.Tensor) -> None:
    network.eval()  # without dropout, so that two steps can be compared
    optimiser.zero_grad()
    network(x)[0].square().sum().backward()
    optimiser.step()


def test_weights_come_back_to_the_bit(tmp_path: Path) -> None:
    network, _ = _trained()
    path = tmp_path / "fold_3.safetensors"
    save_weights(path, network, FoldNotes(fold=3, losses=(0.5, 0.25)))
    loaded = load_network(path, SHAPE)
    assert not loaded.training
    for name, tensor in network.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], tensor), name
    assert read_notes(path) == FoldNotes(fold=3, losses=(0.5, 0.25))


def test_weights_are_plain_safetensors(tmp_path: Path) -> None:
    network, _ = _trained()
    path = tmp_path / "w.safetensors"
    save_weights(path, network, FoldNotes(fold=0))
    with safe_open(path, framework="np") as file:
        assert set(file.keys()) == set(network.state_dict())
    assert [p.name for p in tmp_path.iterdir()] == ["w.safetensors"]


def test_the_step_after_a_checkpoint_is_the_step_that_would_have_been(tmp_path: Path) -> None:
    network, optimiser = _trained()
    path = tmp_path / "c.safetensors"
    save_checkpoint(path, network, optimiser, FoldNotes(fold=1, losses=(0.7,)))
    other, other_optimiser = _trained(seed=9, steps=1)
    notes = load_checkpoint(path, other, other_optimiser, fold=1)
    assert notes.losses == (0.7,)
    x = torch.randn(3, 14, 16, 33)
    _step(network, optimiser, x)
    _step(other, other_optimiser, x)
    for name, tensor in network.state_dict().items():
        assert torch.equal(other.state_dict()[name], tensor), name


def test_a_checkpoint_of_another_fold_is_refused(tmp_path: Path) -> None:
    network, optimiser = _trained()
    path = tmp_path / "c.safetensors"
    save_checkpoint(path, network, optimiser, FoldNotes(fold=1))
    with pytest.raises(IntegrityError, match=r"c\.safetensors: of fold 1, not 2"):
        load_checkpoint(path, network, optimiser, fold=2)


@pytest.mark.parametrize("shape", [NetworkShape(c_base=6), NetworkShape(c_base=4, mil="topk")])
def test_weights_of_another_network_are_refused(tmp_path: Path, shape: NetworkShape) -> None:
    path = tmp_path / "w.safetensors"
    save_weights(path, Network(SHAPE), FoldNotes(fold=0))
    with pytest.raises(IntegrityError, match="weights of another network"):
        load_network(path, shape)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_not_finite_are_refused(tmp_path: Path, value: float) -> None:
    network = Network(SHAPE)
    network.head.cls.weight.data[0, 0] = value
    path = tmp_path / "w.safetensors"
    save_weights(path, network, FoldNotes(fold=0))
    with pytest.raises(IntegrityError, match=r"head\.cls\.weight holds a value that is not finite"):
        load_network(path, SHAPE)


def _cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def _without_notes(content: bytes) -> bytes:
    return content.replace(b'"edgekit"', b'"anotion"')


def _empty(content: bytes) -> bytes:
    return content[:0]


@pytest.mark.parametrize("spoil", [_cut, _without_notes, _empty])
def test_a_damaged_file_is_refused(tmp_path: Path, spoil: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "w.safetensors"
    save_weights(path, Network(SHAPE), FoldNotes(fold=0))
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(IntegrityError, match=r"w\.safetensors: damaged"):
        load_network(path, SHAPE)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(IntegrityError, match=r"w\.safetensors: no such file"):
        load_network(tmp_path / "w.safetensors", SHAPE)


def test_weights_that_cannot_be_written_are_an_output_error(tmp_path: Path) -> None:
    files.write_text(tmp_path / "file", "")
    with pytest.raises(OutputError, match="a part of the path is a file"):
        save_weights(tmp_path / "file" / "w.safetensors", Network(SHAPE), FoldNotes(fold=0))
