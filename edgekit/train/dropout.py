"""Dropout at a fraction of what torch's costs a CPU.

Torch draws its mask on one thread, a random number an element, which on two cores took up to a
fifth of a training step. A random byte an element will do, and a 64-bit number has eight.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from edgekit.train.network import Block, Network


class ByteDropout(nn.Dropout):
    """Like `nn.Dropout`, with the rate rounded to 1/256: 0.15 becomes 38/256 = 0.148."""

    def forward(self, x: Tensor) -> Tensor:
        """Drop elements of `x`, floats (N, C, T, V) on the CPU, in training only."""
        n_dropped = round(256 * self.p)
        if not self.training or n_dropped == 0:
            return x
        words = torch.empty((x.numel() + 7) // 8, dtype=torch.int64).random_(-(2**63), None)
        kept = words.view(torch.uint8)[: x.numel()] >= n_dropped
        n, c, t, v = x.shape
        mask = kept.view(n, t, v, c).permute(0, 3, 1, 2)  # channels last, as x lies in memory
        return x * mask * (256 / (256 - n_dropped))


def use_byte_dropout(network: Network) -> None:
    """Exchange the dropout of each block; weights and evaluation stay as they are."""
    for module in network.modules():
        if isinstance(module, Block):
            module.dropout = ByteDropout(module.dropout.p).train(module.training)
