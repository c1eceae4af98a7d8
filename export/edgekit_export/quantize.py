"""FP32 graph and ranges become a QDQ graph in INT8; the stem and the MIL head stay in FP32.

ONNX Runtime's own quantiser places the QuantizeLinear / DequantizeLinear pairs; the ranges are
ours (`calibrate`), since no reader of a whole data set could keep the folds apart.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import onnx
from onnxruntime.quantization import QuantType
from onnxruntime.quantization.calibrate import CalibrationMethod, TensorsData
from onnxruntime.quantization.qdq_quantizer import QDQQuantizer

from edgekit_export.calibrate import Range

Scheme = Literal["u8s8", "s8s8"]
Method = Literal["extremes", "percentiles"]

QUANTISED_KINDS = ("Conv", "MatMul", "Add", "Relu")
"""Conv and MatMul alone leave islands of float between them, which measured slower."""
_ALWAYS_FP32 = ("stem", "pool", "head")
"""The stem because its input holds positions and accelerations, which no single INT8 scale fits:
2 % of the multiplications, and most of the damage. The head because its softmax and tanh have no
INT8 kernels worth having, and it is tiny."""


_TOGETHER = (
    ("adjacency", "spatial"),
    ("spatial", "temporal"),
    ("temporal", "pointwise"),
    ("pointwise", "shortcut", "add"),
)


@dataclass(frozen=True)
class Recipe:
    """All that tells one INT8 variant from another."""

    scheme: Scheme
    """u8s8: unsigned activations, fastest on x86 with VNNI. s8s8: signed and symmetric, for ARM
    and TensorRT. Weights are signed, symmetric and per channel in both."""
    method: Method
    fp32_layers: tuple[str, ...] = ()
    """Layers kept in FP32 in every fold, as named by `layers`."""


def layers(model: onnx.ModelProto) -> tuple[str, ...]:
    """Return the layers that can be quantised, each once for all folds, as in `b3.temporal`."""
    found = (_layer_of(node) for node in model.graph.node if _is_quantised(node))
    return tuple(dict.fromkeys(found))


def neighbours(model: onnx.ModelProto) -> tuple[tuple[str, ...], ...]:
    """Return the sets of layers that must be FP32 together to free a tensor from INT8.

    A tensor is INT8 as soon as the layer that writes it or the one that reads it is, so a single
    layer in FP32 mends its weights only.
    """
    present = set(layers(model))
    blocks = sorted({layer.partition(".")[0] for layer in present})
    sets = [
        tuple(layer for part in parts if (layer := f"{block}.{part}") in present)
        for block in blocks
        for parts in _TOGETHER
    ]
    return tuple(sets)


def quantize(
    model: onnx.ModelProto, ranges: Mapping[str, Range], recipe: Recipe
) -> onnx.ModelProto:
    """Return the QDQ graph of an FP32 graph.

    Args:
        model: As `to_onnx` writes it; not changed.
        ranges: Lowest and highest value of every tensor that is quantised.
        recipe: Number format, and the layers to leave alone.
    """
    is_signed = recipe.scheme == "s8s8"
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    data = {name: (np.float32(low), np.float32(high)) for name, (low, high) in ranges.items()}
    quantizer = QDQQuantizer(
        copy,
        per_channel=True,
        reduce_range=False,
        weight_qType=QuantType.QInt8,
        activation_qType=QuantType.QInt8 if is_signed else QuantType.QUInt8,
        tensors_range=TensorsData(CalibrationMethod.MinMax, data),
        nodes_to_quantize=_nodes_to_quantize(model, recipe.fp32_layers),
        nodes_to_exclude=[],
        op_types_to_quantize=list(QUANTISED_KINDS),
        extra_options={"ActivationSymmetric": is_signed, "WeightSymmetric": True},
    )
    with _quiet_root_logger():
        quantizer.quantize_model()
        quantizer.model.topological_sort()
    quantised: onnx.ModelProto = quantizer.model.model
    quantised.producer_name = "edgekit"
    onnx.checker.check_model(quantised)
    return quantised


def _nodes_to_quantize(model: onnx.ModelProto, fp32_layers: Collection[str]) -> list[str]:
    return [
        node.name
        for node in model.graph.node
        if _is_quantised(node) and _layer_of(node) not in fp32_layers
    ]


def _is_quantised(node: onnx.NodeProto) -> bool:
    layer = _layer_of(node)
    is_ours = bool(layer) and not layer.startswith(_ALWAYS_FP32)
    return is_ours and node.op_type in QUANTISED_KINDS


def _layer_of(node: onnx.NodeProto) -> str:
    """Return a node's layer without its fold; nothing where the folds have met.

    A ReLU belongs to the layer that it follows, in the last of a block to the addition.
    """
    layer = str(node.name).partition(".")[2]
    block, _, part = layer.removesuffix(".relu").partition(".")
    return f"{block}.{part or 'add'}" if layer.endswith(".relu") else layer


@contextlib.contextmanager
def _quiet_root_logger() -> Iterator[None]:
    """Hold back advice that ONNX Runtime's quantiser logs for models that it traced itself."""
    root = logging.getLogger()
    before = root.level
    root.setLevel(logging.ERROR)
    try:
        yield
    finally:
        root.setLevel(before)
