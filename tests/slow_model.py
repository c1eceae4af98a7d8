"""A model that answers as it should, but needs seconds for each window."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SIDE = 1400
"""A product of two square matrices of this side takes about 0.1 s of one core."""


def slow_down(path: Path, *, n_products: int) -> None:
    """Hang useless products on the first output, which they change by nothing."""
    model = onnx.load(path)
    graph = model.graph
    output = graph.output[0].name
    for node in graph.node:
        for at, name in enumerate(node.output):
            if name == output:
                node.output[at] = "quick"
    ones = np.full((SIDE, SIDE), 1e-4, dtype=np.float32)
    graph.initializer.extend(
        [
            numpy_helper.from_array(ones, "load"),
            numpy_helper.from_array(np.zeros((), dtype=np.float32), "nothing"),
        ]
    )
    graph.node.append(helper.make_node("ReduceMax", ["quick"], ["peak"], keepdims=0))
    graph.node.append(helper.make_node("Mul", ["load", "peak"], ["turn0"]))
    for turn in range(n_products):
        product = helper.make_node("MatMul", [f"turn{turn}", "load"], [f"turn{turn + 1}"])
        graph.node.append(product)
    graph.node.extend(
        [
            helper.make_node("ReduceMax", [f"turn{n_products}"], ["worked"], keepdims=0),
            helper.make_node("Mul", ["worked", "nothing"], ["zero"]),
            helper.make_node("Add", ["quick", "zero"], [output]),
        ]
    )
    assert graph.output[0].type.tensor_type.elem_type == TensorProto.FLOAT
    onnx.save(model, path)
