"""What a written graph must not hold, checked on the file's own bytes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from edgekit.errors import GraphRuleError

FORBIDDEN = frozenset({"Einsum", "BatchNormalization", "If", "Loop", "Scan", "SequenceMap"})
"""Slow or unknown on some target, or a sign that folding was incomplete."""
NEWEST_OPSET = 22
"""The newest that ONNX Runtime 1.23.2 calls stable."""


def check_graph(path: Path) -> None:
    """Refuse a file that some target could not run.

    Raises:
        GraphRuleError: Names the file, the node and the rule.
    """
    model = onnx.load(path)
    for opset in model.opset_import:
        if opset.domain not in ("", "ai.onnx"):
            raise GraphRuleError(f"{path}: operators of the domain {opset.domain}")
        if opset.version > NEWEST_OPSET:
            raise GraphRuleError(f"{path}: opset {opset.version} is above {NEWEST_OPSET}")
    for node in model.graph.node:
        if node.op_type in FORBIDDEN:
            raise GraphRuleError(f"{path}: node {node.name} is a {node.op_type}")
        if any(attribute.HasField("g") for attribute in node.attribute):
            raise GraphRuleError(f"{path}: node {node.name} holds a subgraph")
    for value in (*model.graph.input, *model.graph.output):
        if any(not dim.HasField("dim_value") for dim in value.type.tensor_type.shape.dim):
            raise GraphRuleError(f"{path}: {value.name} has a dynamic shape")


def check_symmetric_int8(path: Path) -> None:
    """Refuse an s8s8 file that TensorRT would: all QDQ signed, all zero points 0.

    Raises:
        GraphRuleError: Names the file and the node.
    """
    model = onnx.load(path)
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type not in ("QuantizeLinear", "DequantizeLinear") or len(node.input) < 3:
            continue
        zero_point = constants[node.input[2]]
        if zero_point.dtype not in (np.int8, np.int32) or zero_point.any():
            raise GraphRuleError(
                f"{path}: node {node.name} has zero point {zero_point.ravel()[0]} "
                f"of type {zero_point.dtype}; TensorRT wants int8 and 0"
            )
