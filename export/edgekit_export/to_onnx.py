"""The folded network written as a static ONNX graph, node by node.

Written by hand rather than traced: every node carries the name of the layer it came from, which
is what the quantiser, the sensitivity ranking and a reader of the file go by.
"""

from __future__ import annotations

import math

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from edgekit.skeleton import N_LANDMARKS, adjacency
from edgekit.train.network import TOPK_FRAC
from edgekit_export.fold import Conv, FoldedBlock, FoldedHead, FoldedNetwork

OPSET = 17
IR_VERSION = 9
"""Both accepted by ONNX Runtime 1.23.2, the newest for Python 3.10 on aarch64."""


def to_onnx(network: FoldedNetwork, n_frames: int) -> onnx.ModelProto:
    """Return the graph for clips of `n_frames`.

    features float32 (1, 14, T, V) -> probability (1,), fold_probability (1, K),
    attention (1, K, S); the probability is the mean over folds.
    """
    graph = _Graph()
    c_in = network.stem.weight.shape[1]
    x = graph.add("Relu", [graph.conv("stem", network.stem, "features")], "stem.relu")
    n_steps = n_frames
    for number, block in enumerate(network.blocks, start=1):
        x = _add_block(graph, f"b{number}", block, x)
        n_steps = math.ceil(n_steps / block.temporal.stride)
    steps = graph.add("ReduceMean", [x], "pool", axes=[3], keepdims=1)  # (1, K2c, S, 1)
    _add_head(graph, network.head, steps, network.n_folds, n_steps)
    graph.add("Sigmoid", ["bag"], "fold_probability", output="fold_probability")
    graph.add(
        "ReduceMean", ["fold_probability"], "mean", output="probability", axes=[1], keepdims=0
    )
    k = network.n_folds
    return graph.model(
        [_value("features", (1, c_in, n_frames, N_LANDMARKS))],
        [
            _value("probability", (1,)),
            _value("fold_probability", (1, k)),
            _value("attention", (1, k, n_steps)),
        ],
    )


def _add_block(graph: _Graph, name: str, block: FoldedBlock, x: str) -> str:
    neighbours = graph.constant("adjacency", adjacency().T.copy())
    gathered = graph.add("MatMul", [x, neighbours], f"{name}.adjacency")
    y = graph.conv(f"{name}.spatial", block.spatial, gathered)
    y = graph.add("Relu", [y], f"{name}.spatial.relu")
    y = graph.conv(f"{name}.temporal", block.temporal, y)
    y = graph.conv(f"{name}.pointwise", block.pointwise, y)
    shortcut = x
    if block.shortcut is not None:
        shortcut = graph.conv(f"{name}.shortcut", block.shortcut, x)
    total = graph.add("Add", [y, shortcut], f"{name}.add")
    return graph.add("Relu", [total], f"{name}.relu")


def _add_head(graph: _Graph, head: FoldedHead, steps: str, n_folds: int, n_steps: int) -> None:
    """Add nodes up to `bag` (1, K) and the graph output `attention` (1, K, S)."""
    shape = graph.constant("head.shape", np.array([1, n_folds, n_steps], dtype=np.int64))
    logits = graph.conv("head.cls", head.cls, steps)
    logits = graph.add("Reshape", [logits, shape], "head.logits")
    if head.attend is not None:
        hidden = graph.conv("head.attend_in", head.attend[0], steps)
        hidden = graph.add("Tanh", [hidden], "head.tanh")
        scores = graph.conv("head.attend_out", head.attend[1], hidden)
        scores = graph.add("Reshape", [scores, shape], "head.scores")
        graph.add("Softmax", [scores], "head.softmax", output="attention", axis=2)
        weighted = graph.add("Mul", ["attention", logits], "head.weigh")
        last = graph.constant("head.axis", np.array([2], dtype=np.int64))
        graph.add("ReduceSum", [weighted, last], "head.bag", output="bag", keepdims=0)
    elif head.mil == "topk":
        _add_topk(graph, logits, n_folds, n_steps)
    else:
        graph.add("Softmax", [logits], "head.softmax", output="attention", axis=2)
        total = graph.add("ReduceLogSumExp", [logits], "head.total", axes=[2], keepdims=0)
        offset = graph.constant("head.log_steps", np.array(math.log(n_steps), dtype=np.float32))
        graph.add("Sub", [total, offset], "head.bag", output="bag")


def _add_topk(graph: _Graph, logits: str, n_folds: int, n_steps: int) -> None:
    n_top = max(1, round(TOPK_FRAC * n_steps))
    k = graph.constant("head.k", np.array([n_top], dtype=np.int64))
    values, indices = graph.add_topk([logits, k], "head.topk")
    graph.add("ReduceMean", [values], "head.bag", output="bag", axes=[2], keepdims=0)
    zeros = graph.constant("head.zeros", np.zeros((1, n_folds, n_steps), dtype=np.float32))
    share = np.full((1, n_folds, n_top), 1.0 / n_top, dtype=np.float32)
    shares = graph.constant("head.shares", share)
    graph.add(
        "ScatterElements", [zeros, indices, shares], "head.spread", output="attention", axis=2
    )


class _Graph:
    """Nodes and constants in the order they are added."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[str, onnx.TensorProto] = {}

    def constant(self, name: str, value: NDArray[np.float32] | NDArray[np.int64]) -> str:
        self._constants.setdefault(name, numpy_helper.from_array(value, name))
        return name

    def add(
        self,
        kind: str,
        inputs: list[str],
        name: str,
        *,
        output: str | None = None,
        **attributes: int | list[int],
    ) -> str:
        result = output or f"{name}.out"
        self._nodes.append(helper.make_node(kind, inputs, [result], name=name, **attributes))
        return result

    def add_topk(self, inputs: list[str], name: str) -> tuple[str, str]:
        outputs = [f"{name}.values", f"{name}.indices"]
        self._nodes.append(helper.make_node("TopK", inputs, outputs, name=name, axis=2))
        return outputs[0], outputs[1]

    def conv(self, name: str, conv: Conv, x: str) -> str:
        weight = self.constant(f"{name}.weight", conv.weight)
        bias = self.constant(f"{name}.bias", conv.bias)
        pad = conv.padding
        return self.add(
            "Conv",
            [x, weight, bias],
            name,
            kernel_shape=list(conv.weight.shape[2:]),
            strides=[conv.stride, 1],
            pads=[pad, 0, pad, 0],
            group=conv.groups,
        )

    def model(
        self, inputs: list[onnx.ValueInfoProto], outputs: list[onnx.ValueInfoProto]
    ) -> onnx.ModelProto:
        graph = helper.make_graph(
            self._nodes, "edgekit", inputs, outputs, list(self._constants.values())
        )
        model = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
            producer_name="edgekit",
        )
        onnx.checker.check_model(model, full_check=True)
        return onnx.shape_inference.infer_shapes(model, strict_mode=True)


def _value(name: str, shape: tuple[int, ...]) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
