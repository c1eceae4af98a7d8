"""What OpenVINO executes, from the runtime model of the compiled graph."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from edgekit.errors import IntegrityError
from edgekit_bench.coverage import MacNode, conv_macs, matmul_macs

_CONVOLUTIONS = frozenset(("Convolution", "GroupConvolution"))
_PRODUCTS = frozenset(("FullyConnected", "MatMul"))


def executed_nodes(model: Path) -> tuple[MacNode, ...]:
    """Compile a model as `OpenvinoEngine` does and return its nodes that multiply.

    Raises:
        IntegrityError: OpenVINO refuses the file, or its graph has no such node.
    """
    import openvino

    config = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1}
    try:
        compiled = openvino.Core().compile_model(str(model), "CPU", config)
    except RuntimeError as error:
        reason = str(error).strip().splitlines()[-1]
        raise IntegrityError(f"{model}: OpenVINO cannot load it: {reason}") from error
    found = (_mac_node(node) for node in compiled.get_runtime_model().get_ordered_ops())
    nodes = tuple(node for node in found if node is not None)
    if not nodes:
        raise IntegrityError(f"{model}: OpenVINO's graph shows no node that multiplies")
    return nodes


def _mac_node(node: Any) -> MacNode | None:
    about = node.get_rt_info()
    kind = about["layerType"].astype(str)
    if kind not in _CONVOLUTIONS | _PRODUCTS:
        return None
    first, second = (list(node.input(i).get_partial_shape().to_shape()) for i in (0, 1))
    output = list(node.output(0).get_partial_shape().to_shape())
    macs = conv_macs(second, output) if kind in _CONVOLUTIONS else matmul_macs(first, output)
    precision = about["runtimePrecision"].astype(str)
    return MacNode(node.get_friendly_name(), precision, macs)
