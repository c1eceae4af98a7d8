"""The write-up's network: an ST-GCN backbone and a multiple-instance head, in one file.

`Network` maps features to one bag logit for each clip and a weight for each model step. It is
what training optimises; `edgekit_export` rewrites it into a static graph and never changes it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor, nn
from torch.nn import functional

from edgekit.features import N_CHANNELS
from edgekit.skeleton import adjacency

MilMode = Literal["attn", "topk", "logsumexp"]
MIL_MODES: tuple[MilMode, ...] = get_args(MilMode)

TEMPORAL_KERNEL = 9
DROPOUT = 0.15
TOPK_FRAC = 0.25


@dataclass(frozen=True)
class NetworkShape:
    """What fixes the network's parameters; two equal shapes load each other's weights."""

    c_in: int = N_CHANNELS
    """Input channels of each landmark."""
    c_base: int = 64
    """Width of the stem and the first two blocks; the last two are twice as wide."""
    mil: MilMode = "attn"
    """How step logits become the clip's logit."""

    def block_plan(self) -> tuple[tuple[int, int, int], ...]:
        """Return (channels in, channels out, temporal stride) of each block."""
        c = self.c_base
        return ((c, c, 1), (c, c, 2), (c, 2 * c, 2), (2 * c, 2 * c, 1))


class GraphConv(nn.Module):
    """Gather from neighbours through the fixed adjacency, then mix channels."""

    adjacency: Tensor

    def __init__(self, c_in: int, c_out: int) -> None:
        super().__init__()
        # A buffer outside the state dict: the graph is code, not a learned weight.
        self.register_buffer("adjacency", torch.tensor(adjacency()), persistent=False)
        self.mix = nn.Conv2d(c_in, c_out, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Float (N, C, T, V) to (N, C', T, V)."""
        x = x @ self.adjacency.T  # (N, C, T, V)
        mixed: Tensor = self.mix(x)  # (N, C', T, V)
        return mixed


class Block(nn.Module):
    """Spatial graph convolution, separable temporal convolution, residual."""

    def __init__(self, c_in: int, c_out: int, stride: int) -> None:
        super().__init__()
        self.spatial = GraphConv(c_in, c_out)
        self.spatial_norm = nn.BatchNorm2d(c_out)
        self.temporal = nn.Conv2d(
            c_out,
            c_out,
            (TEMPORAL_KERNEL, 1),
            stride=(stride, 1),
            padding=(TEMPORAL_KERNEL // 2, 0),
            groups=c_out,
        )
        self.pointwise = nn.Conv2d(c_out, c_out, 1)
        self.temporal_norm = nn.BatchNorm2d(c_out)
        self.dropout = nn.Dropout(DROPOUT)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or c_in != c_out:
            self.shortcut = nn.Sequential(
                nn.Conv2d(c_in, c_out, 1, stride=(stride, 1)), nn.BatchNorm2d(c_out)
            )

    def forward(self, x: Tensor) -> Tensor:
        """Float (N, C, T, V) to (N, C', T/stride, V)."""
        y = functional.relu(self.spatial_norm(self.spatial(x)))  # (N, C', T, V)
        y = self.pointwise(self.temporal(y))  # (N, C', T/stride, V)
        y = self.dropout(self.temporal_norm(y))  # (N, C', T/stride, V)
        return functional.relu(y + self.shortcut(x))  # (N, C', T/stride, V)


class MilHead(nn.Module):
    """Step features to step logits, and step logits to one logit for the clip (the bag).

    The returned weights say which steps made the decision: the softmax of `attn`, an even share
    over the chosen steps in `topk`, and the softmax of the logits (its gradient) in `logsumexp`.
    """

    def __init__(self, width: int, mode: MilMode) -> None:
        super().__init__()
        self.mode = mode
        self.cls = nn.Linear(width, 1)
        if mode == "attn":
            self.attend = nn.Sequential(nn.Linear(width, width), nn.Tanh(), nn.Linear(width, 1))

    def forward(self, steps: Tensor) -> tuple[Tensor, Tensor]:
        """Step features (N, S, 2c) to clip logits (N,) and step weights (N, S)."""
        logits = self.cls(steps).squeeze(-1)  # (N, S)
        if self.mode == "attn":
            weights = self.attend(steps).squeeze(-1).softmax(dim=-1)  # (N, S)
        elif self.mode == "topk":
            n_top = max(1, round(TOPK_FRAC * logits.shape[-1]))
            chosen = logits.topk(n_top, dim=-1).indices  # (N, n_top)
            weights = torch.zeros_like(logits).scatter(-1, chosen, 1.0 / n_top)  # (N, S)
        else:
            # The mean inside the logarithm keeps the bag logit independent of the clip's length.
            bag = logits.logsumexp(dim=-1) - math.log(logits.shape[-1])  # (N,)
            return bag, logits.softmax(dim=-1)  # (N,), (N, S)
        return (weights * logits).sum(dim=-1), weights  # (N,), (N, S)


class Network(nn.Module):
    """Features float32 (N, C, T, V) to clip logits (N,) and step weights (N, S)."""

    def __init__(self, shape: NetworkShape) -> None:
        super().__init__()
        self.shape = shape
        self.stem = nn.Sequential(
            nn.Conv2d(shape.c_in, shape.c_base, 1), nn.BatchNorm2d(shape.c_base), nn.ReLU()
        )
        self.blocks = nn.Sequential(*(Block(*plan) for plan in shape.block_plan()))
        self.head = MilHead(2 * shape.c_base, shape.mil)

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Features (N, C, T, V) to clip logits (N,) and step weights (N, S)."""
        x = self.stem(features)  # (N, c, T, V)
        x = self.blocks(x)  # (N, 2c, S, V)
        steps = x.mean(dim=-1).transpose(1, 2)  # (N, S, 2c)
        bag, weights = self.head(steps)
        return bag, weights  # (N,), (N, S)
