"""MACs are counted from executed nodes, and float among INT8 is found out."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import onnx
import pytest
from bench_records import TINY_BUNDLE
from edgekit_bench import onnx_coverage, openvino_coverage
from edgekit_bench.coverage import MacNode, conv_macs, coverage, matmul_macs
from tiny_bundle import tiny_bundle

from edgekit.errors import IntegrityError


def test_macs_of_a_convolution_by_hand() -> None:
    # 8 outputs of 4 x 3 pixels, each the sum over 6 channels and a 5 x 1 kernel.
    assert conv_macs((8, 6, 5, 1), (1, 8, 4, 3)) == 8 * 4 * 3 * 6 * 5


def test_macs_do_not_depend_on_the_layout_of_the_output() -> None:
    assert conv_macs((8, 6, 5, 1), (1, 4, 3, 8)) == conv_macs((8, 6, 5, 1), (1, 8, 4, 3))


def test_groups_may_be_an_axis_of_their_own() -> None:
    assert conv_macs((2, 4, 3, 5, 1), (1, 8, 4, 3)) == conv_macs((8, 3, 5, 1), (1, 8, 4, 3))


def test_macs_of_a_product_by_hand() -> None:
    assert matmul_macs((7, 33), (7, 33)) == 7 * 33 * 33


def test_coverage_adds_up_and_names_what_runs_in_float() -> None:
    found = coverage(
        [MacNode("body", "uint8", 900), MacNode("head", "float", 10), MacNode("tail", "f32", 90)]
    )

    assert (found.int8_macs, found.float_macs) == (900, 100)
    assert found.share == pytest.approx(0.9)
    assert found.float_nodes == ("tail (9.0%)", "head (1.0%)")


def test_nothing_that_multiplies_is_no_coverage() -> None:
    assert coverage([]).share == 0.0


def event(name: str, kind: str, inputs: list[dict[str, list[int]]], out: list[int]) -> Any:
    """Return a node of an ONNX Runtime profile."""
    return {
        "cat": "Node",
        "name": f"{name}_kernel_time",
        "args": {
            "op_name": kind,
            "input_type_shape": inputs,
            "output_type_shape": [{"float": out}],
        },
    }


def test_a_profile_is_read_node_by_node() -> None:
    scale: list[dict[str, list[int]]] = [{"float": []}, {"uint8": []}]
    events = [
        {"cat": "Session", "name": "model_run", "args": {}},
        event("c", "QLinearConv", [{"uint8": [1, 3, 3, 2]}, *scale, {"int8": [4, 2, 1, 1]}],
              [1, 3, 3, 4]),
        event("m", "FusedMatMul", [{"float": [5, 6]}, {"float": [6, 7]}], [5, 7]),
        event("r", "Relu", [{"float": [5, 7]}], [5, 7]),
    ]  # fmt: skip

    assert list(onnx_coverage.mac_nodes(events)) == [
        MacNode("c", "uint8", 3 * 3 * 4 * 2),
        MacNode("m", "float", 5 * 7 * 6),
    ]


@pytest.mark.parametrize(
    ("file", "lowest", "highest"),
    [("model.fp32.onnx", 0.0, 0.0), ("model.int8.u8s8.onnx", 0.7, 0.9999)],
)
def test_onnx_runtime_executes_what_the_file_says(file: str, lowest: float, highest: float) -> None:
    found = coverage(onnx_coverage.executed_nodes(TINY_BUNDLE / file))

    assert lowest <= found.share <= highest
    is_int8 = lowest > 0
    assert all("head" in name or "stem" in name for name in found.float_nodes) is is_int8


def test_openvino_counts_the_macs_of_the_file() -> None:
    pytest.importorskip("openvino", reason="needs the extra openvino")
    fp32 = coverage(openvino_coverage.executed_nodes(TINY_BUNDLE / "model.fp32.xml"))
    int8 = coverage(openvino_coverage.executed_nodes(TINY_BUNDLE / "model.int8.xml"))

    assert (fp32.int8_macs, fp32.float_macs) == (0, macs_of(TINY_BUNDLE / "model.fp32.onnx"))
    assert int8.int8_macs + int8.float_macs == fp32.float_macs
    assert int8.share > 0.6


def test_at_the_default_width_nearly_all_runs_in_int8(tmp_path: Path) -> None:
    bundle = tiny_bundle(tmp_path / "wide", c_base=64)

    in_onnx = coverage(onnx_coverage.executed_nodes(bundle.folder / "model.int8.u8s8.onnx"))
    in_openvino = coverage(openvino_coverage.executed_nodes(bundle.folder / "model.int8.xml"))

    assert in_onnx.share >= 0.95
    assert in_openvino.share >= 0.95


def test_onnx_runtime_counts_the_channels_that_it_pads_too() -> None:
    found = coverage(onnx_coverage.executed_nodes(TINY_BUNDLE / "model.fp32.onnx"))

    assert found.float_macs >= macs_of(TINY_BUNDLE / "model.fp32.onnx")


def macs_of(path: Path) -> int:
    """Count the MACs of an ONNX file from its own weights and shapes."""
    graph = onnx.load(path).graph
    weights = {tensor.name: list(tensor.dims) for tensor in graph.initializer}
    shapes = {
        value.name: [dim.dim_value for dim in value.type.tensor_type.shape.dim]
        for value in (*graph.value_info, *graph.output)
    }
    total = 0
    for node in graph.node:
        n_outputs = math.prod(shapes.get(node.output[0], []))
        if node.op_type == "Conv":
            total += n_outputs * math.prod(weights[node.input[1]][1:])
        elif node.op_type == "MatMul":
            total += n_outputs * weights[node.input[1]][0]
    return total


def test_a_file_that_is_no_model_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "broken.onnx"
    path.write_bytes(b"no model")

    with pytest.raises(IntegrityError, match=r"broken\.onnx"):
        onnx_coverage.executed_nodes(path)
    pytest.importorskip("openvino", reason="needs the extra openvino")
    with pytest.raises(IntegrityError, match=r"broken\.onnx"):
        openvino_coverage.executed_nodes(path)
