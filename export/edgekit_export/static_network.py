"""The folded networks run by PyTorch: one of the four that parity compares."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from edgekit.skeleton import adjacency
from edgekit.train.network import TOPK_FRAC
from edgekit_export.fold import Conv, FoldedBlock, FoldedHead, FoldedNetwork


def run_folded(folds: Sequence[FoldedNetwork], features: Tensor) -> tuple[Tensor, Tensor]:
    """Return fold probabilities float32 (N, K) and attention (N, K, S).

    `features` is float32 (N, C, T, V). The order of operations is that of the ONNX graph.
    """
    bags, attentions = zip(*(_run(fold, features) for fold in folds), strict=True)
    return torch.stack(bags, dim=1).sigmoid(), torch.stack(attentions, dim=1)


def _run(network: FoldedNetwork, features: Tensor) -> tuple[Tensor, Tensor]:
    x = functional.relu(_conv(network.stem, features))  # (N, c, T, V)
    for block in network.blocks:
        x = _block(block, x)
    return _head(network.head, x.mean(dim=-1, keepdim=True))  # (N,), (N, S)


def _block(block: FoldedBlock, x: Tensor) -> Tensor:
    gathered = x @ torch.tensor(adjacency()).T  # (N, c, T, V)
    y = functional.relu(_conv(block.spatial, gathered))  # (N, c', T, V)
    y = _conv(block.pointwise, _conv(block.temporal, y))  # (N, c', T/stride, V)
    shortcut = x if block.shortcut is None else _conv(block.shortcut, x)
    return functional.relu(y + shortcut)  # (N, c', T/stride, V)


def _head(head: FoldedHead, steps: Tensor) -> tuple[Tensor, Tensor]:
    logits = _conv(head.cls, steps)[:, 0, :, 0]  # (N, S)
    n_steps = logits.shape[-1]
    if head.attend is not None:
        hidden = torch.tanh(_conv(head.attend[0], steps))  # (N, 2c, S, 1)
        attention = _conv(head.attend[1], hidden)[:, 0, :, 0].softmax(dim=-1)  # (N, S)
        return (attention * logits).sum(dim=-1), attention
    if head.mil == "topk":
        n_top = max(1, round(TOPK_FRAC * n_steps))
        top = logits.topk(n_top, dim=-1)
        attention = torch.zeros_like(logits).scatter(-1, top.indices, 1.0 / n_top)
        return top.values.mean(dim=-1), attention
    return logits.logsumexp(dim=-1) - math.log(n_steps), logits.softmax(dim=-1)


def _conv(conv: Conv, x: Tensor) -> Tensor:
    return functional.conv2d(
        x,
        torch.from_numpy(conv.weight),
        torch.from_numpy(conv.bias),
        stride=(conv.stride, 1),
        padding=(conv.padding, 0),
        groups=conv.groups,
    )
