"""The folded networks written as one static ONNX graph, node by node.

Written by hand rather than traced: every node carries the name of the layer it came from, which
is what the quantiser, the sensitivity ranking and a reader of the file go by. The folds are
branches of their own, named f0, f1, ...: as grouped convolutions side by side they overflow the
cache of a small processor (measured slower), and would have to share their INT8 ranges.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

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


def to_onnx(folds: Sequence[FoldedNetwork], n_frames: int) -> onnx.ModelProto:
    """Return the graph of K folds for clips of `n_frames`.

    features float32 (1, 14, T, V) -> probability (1,), fold_probability (1, K),
    attention (1, K, S); the probability is the mean over folds.
    """
    graph = _Graph()
    n_steps = n_frames
    for block in folds[0].blocks:
        n_steps = math.ceil(n_steps / block.temporal.stride)
    ends = [_add_fold(graph, fold, n_steps) for fold in folds]
    bags, attentions = ([end[output] for end in ends] for output in (0, 1))
    graph.add("Concat", bags, "bag", output="bag", axis=1)
    graph.add("Concat", attentions, "attention", output="attention", axis=1)
    graph.add("Sigmoid", ["bag"], "fold_probability", output="fold_probability")
    graph.add(
        "ReduceMean", ["fold_probability"], "mean", output="probability", axes=[1], keepdims=0
    )
    k, c_in = len(folds), folds[0].stem.weight.shape[1]
    return graph.model(
        [_value("features", (1, c_in, n_frames, N_LANDMARKS))],
        [
            _value("probability", (1,)),
            _value("fold_probability", (1, k)),
            _value("attention", (1, k, n_steps)),
        ],
    )


def _add_fold(graph: _Graph, network: FoldedNetwork, n_steps: int) -> tuple[str, str]:
    """Add one fold's branch; return its bag logit (1, 1) and its attention (1, 1, S)."""
    fold = f"f{network.fold}"
    x = graph.conv(f"{fold}.stem", network.stem, "features")
    x = graph.add("Relu", [x], f"{fold}.stem.relu")
    for number, block in enumerate(network.blocks, start=1):
        x = _add_block(graph, f"{fold}.b{number}", block, x)
    steps = graph.add("ReduceMean", [x], f"{fold}.pool", axes=[3], keepdims=1)  # (1, 2c, S, 1)
    return _add_head(graph, f"{fold}.head", network.head, steps, n_steps)


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


def _add_head(
    graph: _Graph, name: str, head: FoldedHead, steps: str, n_steps: int
) -> tuple[str, str]:
    shape = graph.constant("head.shape", np.array([1, 1, n_steps], dtype=np.int64))
    logits = graph.conv(f"{name}.cls", head.cls, steps)
    logits = graph.add("Reshape", [logits, shape], f"{name}.logits")
    if head.attend is not None:
        hidden = graph.conv(f"{name}.attend_in", head.attend[0], steps)
        hidden = graph.add("Tanh", [hidden], f"{name}.tanh")
        scores = graph.conv(f"{name}.attend_out", head.attend[1], hidden)
        scores = graph.add("Reshape", [scores, shape], f"{name}.scores")
        attention = graph.add("Softmax", [scores], f"{name}.softmax", axis=2)
        weighted = graph.add("Mul", [attention, logits], f"{name}.weigh")
        last = graph.constant("head.axis", np.array([2], dtype=np.int64))
        return graph.add("ReduceSum", [weighted, last], f"{name}.bag", keepdims=0), attention
    if head.mil == "topk":
        return _add_topk(graph, name, logits, n_steps)
    attention = graph.add("Softmax", [logits], f"{name}.softmax", axis=2)
    # With a the softmax of logits l, logsumexp(l) = l_i - log a_i for every i: taken at the largest
    # it is exact and cannot overflow. OpenVINO 2026.4 loses the shape of a ReduceLogSumExp.
    peak = graph.add("ReduceMax", [logits], f"{name}.peak", axes=[2], keepdims=0)
    share = graph.add("ReduceMax", [attention], f"{name}.share", axes=[2], keepdims=0)
    per_step = graph.constant("head.n_steps", np.array(n_steps, dtype=np.float32))
    scaled = graph.add("Mul", [share, per_step], f"{name}.scaled")
    logarithm = graph.add("Log", [scaled], f"{name}.log")
    return graph.add("Sub", [peak, logarithm], f"{name}.bag"), attention


def _add_topk(graph: _Graph, name: str, logits: str, n_steps: int) -> tuple[str, str]:
    n_top = max(1, round(TOPK_FRAC * n_steps))
    k = graph.constant("head.k", np.array([n_top], dtype=np.int64))
    values, indices = graph.add_topk([logits, k], f"{name}.topk")
    bag = graph.add("ReduceMean", [values], f"{name}.bag", axes=[2], keepdims=0)
    zeros = graph.constant("head.zeros", np.zeros((1, 1, n_steps), dtype=np.float32))
    share = np.full((1, 1, n_top), 1.0 / n_top, dtype=np.float32)
    shares = graph.constant("head.shares", share)
    inputs = [zeros, indices, shares]
    return bag, graph.add("ScatterElements", inputs, f"{name}.spread", axis=2)


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
