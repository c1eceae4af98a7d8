"""BatchNorm disappears into the convolutions, and K folds become one network side by side.

The result, `FoldedNetwork`, is plain arrays. PyTorch (`static_network`) and ONNX (`to_onnx`)
are both written from it, so that neither can drift from the other unseen.
"""

from __future__ import annotations

from collections.abc import Sequence
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

    def convs(self) -> tuple[tuple[str, Conv], ...]:
        """Return the block's convolutions with their names."""
        named = (
            ("spatial", self.spatial),
            ("temporal", self.temporal),
            ("pointwise", self.pointwise),
        )
        return named if self.shortcut is None else (*named, ("shortcut", self.shortcut))


@dataclass(frozen=True)
class FoldedHead:
    """The MIL head as 1x1 convolutions over steps, all in FP32 for ever."""

    mil: MilMode
    cls: Conv
    attend: tuple[Conv, Conv] | None
    """Before and after the tanh; None unless `mil` is `attn`."""


@dataclass(frozen=True)
class FoldedNetwork:
    """K folds in one network; the arrays of fold k are the k-th part of each output axis."""

    n_folds: int
    stem: Conv
    blocks: tuple[FoldedBlock, ...]
    head: FoldedHead


def fold_network(network: Network) -> FoldedNetwork:
    """Fold one trained network, K = 1; it is read in evaluation mode and not changed."""
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
        n_folds=1,
        stem=_with_norm(stem, norm),
        blocks=tuple(_fold_block(block) for block in blocks),
        head=FoldedHead(head.mode, _from_linear(head.cls), attend),
    )


def side_by_side(folds: Sequence[FoldedNetwork]) -> FoldedNetwork:
    """Join single folds of one shape into one network of grouped convolutions.

    All folds read the same features, so the stem is a plain convolution with K times the
    outputs; behind it fold k lives in group k and never meets the others.
    """
    first = folds[0]
    blocks = tuple(
        _join_blocks(parts) for parts in zip(*(fold.blocks for fold in folds), strict=True)
    )
    pairs = [fold.head.attend for fold in folds]
    attend = None
    if first.head.attend is not None:
        present = [pair for pair in pairs if pair is not None]
        attend = (_join([pair[0] for pair in present]), _join([pair[1] for pair in present]))
    return FoldedNetwork(
        n_folds=len(folds),
        stem=_join([fold.stem for fold in folds], shares_input=True),
        blocks=blocks,
        head=FoldedHead(first.head.mil, _join([fold.head.cls for fold in folds]), attend),
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


def _join_blocks(parts: Sequence[FoldedBlock]) -> FoldedBlock:
    shortcuts = [part.shortcut for part in parts if part.shortcut is not None]
    return FoldedBlock(
        spatial=_join([part.spatial for part in parts]),
        temporal=_join([part.temporal for part in parts]),
        pointwise=_join([part.pointwise for part in parts]),
        shortcut=_join(shortcuts) if shortcuts else None,
    )


def _join(convs: Sequence[Conv], *, shares_input: bool = False) -> Conv:
    groups = 1 if shares_input else sum(conv.groups for conv in convs)
    return Conv(
        np.concatenate([conv.weight for conv in convs]),
        np.concatenate([conv.bias for conv in convs]),
        convs[0].stride,
        groups,
    )


def _bias(layer: nn.Conv2d | nn.Linear) -> Floats:
    if layer.bias is None:
        return np.zeros(len(layer.weight), dtype=np.float32)
    return _array(layer.bias)


def _array(tensor: torch.Tensor) -> Floats:
    return tensor.detach().cpu().numpy().astype(np.float32)
