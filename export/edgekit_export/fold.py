"""BatchNorm disappears into the convolutions.

The result, `FoldedNetwork`, is plain arrays. PyTorch (`static_network`) and ONNX (`to_onnx`)
are both written from it, so that neither can drift from the other unseen.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from edgekit.train.network import Block, MilMode, Network

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Conv:
    """A 2-D convolution over (T, V) with its bias."""

    weight: Floats
    """float32 (C_out, C_in / groups, kernel over T, kernel over V)."""
    bias: Floats
    """float32 (C_out,)."""
    stride: int = 1
    """Over T; it is 1 over V."""
    groups: int = 1

    @property
    def padding(self) -> int:
        """Zero frames added at either end of T."""
        return int(self.weight.shape[2] // 2)


@dataclass(frozen=True)
class FoldedBlock:
    """One ST-GCN block after folding; the adjacency comes before `spatial`."""

    spatial: Conv
    temporal: Conv
    pointwise: Conv
    shortcut: Conv | None
    """None where the block's input is added as it is."""


@dataclass(frozen=True)
class FoldedHead:
    """The MIL head as 1x1 convolutions over steps, all in FP32 for ever."""

    mil: MilMode
    cls: Conv
    attend: tuple[Conv, Conv] | None
    """Before and after the tanh; None unless `mil` is `attn`."""


@dataclass(frozen=True)
class FoldedNetwork:
    """One fold's network without its BatchNorm."""

    fold: int
    """Its number, from 0."""
    stem: Conv
    blocks: tuple[FoldedBlock, ...]
    head: FoldedHead


def fold_network(network: Network, fold: int) -> FoldedNetwork:
    """Fold the trained network of fold `fold`; it is only read."""
    stem, norm = network.stem[0], network.stem[1]
    assert isinstance(stem, nn.Conv2d)
    assert isinstance(norm, nn.BatchNorm2d)
    blocks = [block for block in network.blocks if isinstance(block, Block)]
    head = network.head
    attend = None
    if head.mode == "attn":
        first, last = head.attend[0], head.attend[2]
        assert isinstance(first, nn.Linear)
        assert isinstance(last, nn.Linear)
        attend = (_from_linear(first), _from_linear(last))
    return FoldedNetwork(
        fold=fold,
        stem=_with_norm(stem, norm),
        blocks=tuple(_fold_block(block) for block in blocks),
        head=FoldedHead(head.mode, _from_linear(head.cls), attend),
    )


def _fold_block(block: Block) -> FoldedBlock:
    shortcut = None
    if isinstance(block.shortcut, nn.Sequential):
        conv, norm = block.shortcut[0], block.shortcut[1]
        assert isinstance(conv, nn.Conv2d)
        assert isinstance(norm, nn.BatchNorm2d)
        shortcut = _with_norm(conv, norm)
    temporal = block.temporal
    return FoldedBlock(
        spatial=_with_norm(block.spatial.mix, block.spatial_norm),
        temporal=Conv(
            _array(temporal.weight), _bias(temporal), temporal.stride[0], temporal.groups
        ),
        pointwise=_with_norm(block.pointwise, block.temporal_norm),
        shortcut=shortcut,
    )


def _with_norm(conv: nn.Conv2d, norm: nn.BatchNorm2d) -> Conv:
    """Scale and shift a convolution as the BatchNorm behind it would, in double precision."""
    mean, variance = norm.running_mean, norm.running_var
    assert mean is not None
    assert variance is not None
    scale = norm.weight.double() / torch.sqrt(variance.double() + norm.eps)  # (C_out,)
    weight = conv.weight.double() * scale[:, None, None, None]
    before = conv.bias.double() if conv.bias is not None else torch.zeros_like(scale)
    bias = (before - mean.double()) * scale + norm.bias.double()
    return Conv(_array(weight), _array(bias), conv.stride[0], conv.groups)


def _from_linear(linear: nn.Linear) -> Conv:
    return Conv(_array(linear.weight)[:, :, None, None], _bias(linear))


def _bias(layer: nn.Conv2d | nn.Linear) -> Floats:
    if layer.bias is None:
        return np.zeros(len(layer.weight), dtype=np.float32)
    return _array(layer.bias)


def _array(tensor: torch.Tensor) -> Floats:
    return tensor.detach().cpu().numpy().astype(np.float32)
