"""How much of a model's arithmetic runs in INT8, read off the graph that a runtime executes.

A file that says INT8 may run in float: a runtime keeps what it has no integer kernel for.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import Field

from edgekit.records import Frozen

INT8_TYPES = frozenset(("int8", "uint8", "i8", "u8"))


class Coverage(Frozen):
    """Multiply-accumulates of one inference, by the type that they are done in."""

    int8_macs: int = Field(ge=0)
    float_macs: int = Field(ge=0)
    float_nodes: tuple[str, ...] = ()
    """Nodes that multiply in float, the largest first, as `name (share of all MACs)`."""

    @property
    def share(self) -> float:
        """Share of the MACs that run in INT8, 0..1."""
        total = self.int8_macs + self.float_macs
        return self.int8_macs / total if total else 0.0


@dataclass(frozen=True)
class MacNode:
    """A node of an executed graph that multiplies and accumulates."""

    name: str
    input_type: str
    """Type of the activations that it reads, as the runtime writes it."""
    n_macs: int


def conv_macs(weight: Sequence[int], output: Sequence[int]) -> int:
    """Return the MACs of a convolution.

    Args:
        weight: (C_out, C_in / groups, *kernel), or with the groups as an axis of their own:
            (groups, C_out / groups, C_in / groups, *kernel).
        output: Shape of the output, channels first or last.
    """
    per_output = weight[2:] if len(weight) == len(output) + 1 else weight[1:]
    return math.prod(output) * math.prod(per_output)


def matmul_macs(first: Sequence[int], output: Sequence[int]) -> int:
    """Return the MACs of a matrix product, given its first factor's shape and its result's."""
    return math.prod(output) * first[-1]


def coverage(nodes: Sequence[MacNode]) -> Coverage:
    """Add up the nodes of one inference."""
    in_float = sorted(
        (node for node in nodes if node.input_type not in INT8_TYPES), key=lambda node: -node.n_macs
    )
    total = sum(node.n_macs for node in nodes)
    float_macs = sum(node.n_macs for node in in_float)
    return Coverage(
        int8_macs=total - float_macs,
        float_macs=float_macs,
        float_nodes=tuple(f"{node.name} ({node.n_macs / total:.1%})" for node in in_float),
    )
