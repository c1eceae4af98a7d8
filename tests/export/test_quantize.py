"""Ranges stay within their folds, and the written INT8 graph is what targets accept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from edgekit_export.calibrate import observe, spread, union
from edgekit_export.evaluate import score_held_out
from edgekit_export.fold import FoldedNetwork, fold_network
from edgekit_export.graph_rules import check_graph, check_symmetric_int8
from edgekit_export.quantize import Recipe, layers, neighbours, quantize
from edgekit_export.to_onnx import to_onnx
from tiny_run import N_FRAMES, random_network, tiny_cohort

from edgekit.errors import GraphRuleError, LeakageError
from edgekit.folds import FoldHandle, HeldOutPart, TrainingPart, fold_handles
from edgekit.runtime.onnx_engine import OnnxEngine
from edgekit.train.network import NetworkShape


@pytest.fixture(scope="module")
def handles(tmp_path_factory: pytest.TempPathFactory) -> tuple[FoldHandle, ...]:
    cohort = tiny_cohort(tmp_path_factory.mktemp("data"))
    return fold_handles(cohort, {child: int(child) % 3 for child in cohort.children})


@pytest.fixture(scope="module")
def folds() -> list[FoldedNetwork]:
    return [fold_network(random_network(NetworkShape(14, 4), seed), seed) for seed in range(3)]


def test_calibration_refuses_held_out_clips(
    handles: tuple[FoldHandle, ...], folds: list[FoldedNetwork]
) -> None:
    with pytest.raises(LeakageError, match="HeldOutPart"):
        observe(handles[0].held_out, to_onnx(folds[:1], N_FRAMES), N_FRAMES)  # type: ignore[arg-type]


def test_the_gate_refuses_training_clips(handles: tuple[FoldHandle, ...]) -> None:
    with pytest.raises(LeakageError, match="TrainingPart"):
        score_held_out([handles[0].training], {}, N_FRAMES)  # type: ignore[list-item]


def test_a_handle_with_a_child_on_both_sides_cannot_be_made(
    handles: tuple[FoldHandle, ...],
) -> None:
    segments = handles[0].training.segments
    with pytest.raises(LeakageError, match="both sides"):
        FoldHandle(0, TrainingPart(0, segments), HeldOutPart(0, segments[:1]))


def test_a_fold_reads_only_its_own_training_children(
    handles: tuple[FoldHandle, ...], folds: list[FoldedNetwork]
) -> None:
    for handle, fold in zip(handles, folds, strict=True):
        ranges = observe(handle.training, to_onnx([fold], N_FRAMES), N_FRAMES)
        read = {segment.child_id for segment in ranges.segments}
        assert not read & {segment.child_id for segment in handle.held_out.segments}
        assert ranges.extremes["features"][0] < ranges.extremes["features"][1]
        for name, (low, high) in ranges.percentiles.items():
            assert ranges.extremes[name][0] <= low <= high <= ranges.extremes[name][1]


def test_the_union_holds_every_folds_range() -> None:
    assert union([{"a": (-1.0, 2.0)}, {"a": (0.0, 3.0), "b": (1.0, 1.0)}]) == {
        "a": (-1.0, 3.0),
        "b": (1.0, 1.0),
    }


def test_spread_takes_from_every_child_and_label(handles: tuple[FoldHandle, ...]) -> None:
    segments = handles[0].training.segments
    chosen = spread(segments, 8)
    assert len(chosen) == len(set(chosen)) == 8
    assert {(s.child_id, s.label) for s in chosen} == {(s.child_id, s.label) for s in segments}
    assert spread(segments, 10_000) == spread(segments, len(segments))
    assert len(spread(segments, 10_000)) == len(segments)


@pytest.fixture(scope="module")
def written(
    tmp_path_factory: pytest.TempPathFactory,
    handles: tuple[FoldHandle, ...],
    folds: list[FoldedNetwork],
) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("models")
    model = to_onnx(folds, N_FRAMES)
    found = [
        observe(handle.training, to_onnx([fold], N_FRAMES), N_FRAMES).extremes
        for handle, fold in zip(handles, folds, strict=True)
    ]
    paths = {"fp32": folder / "fp32.onnx"}
    onnx.save(model, paths["fp32"])
    for scheme in ("u8s8", "s8s8"):
        paths[scheme] = folder / f"{scheme}.onnx"
        onnx.save(quantize(model, union(found), Recipe(scheme, "extremes")), paths[scheme])
    return paths


@pytest.mark.parametrize("scheme", ["u8s8", "s8s8"])
def test_int8_answers_nearly_as_fp32(written: dict[str, Path], scheme: str) -> None:
    features = np.random.default_rng(1).normal(0, 0.2, (14, N_FRAMES, 33)).astype(np.float32)
    expected = OnnxEngine(written["fp32"]).run(features).fold_probability
    found = OnnxEngine(written[scheme]).run(features).fold_probability
    difference = np.abs(found - expected).max()
    assert 0 < difference < 0.1


@pytest.mark.parametrize("scheme", ["fp32", "u8s8", "s8s8"])
def test_written_graphs_keep_the_rules(written: dict[str, Path], scheme: str) -> None:
    check_graph(written[scheme])


def test_only_s8s8_is_fit_for_tensorrt(written: dict[str, Path]) -> None:
    check_symmetric_int8(written["s8s8"])
    with pytest.raises(GraphRuleError, match="TensorRT wants"):
        check_symmetric_int8(written["u8s8"])


def test_the_mil_head_stays_in_float(written: dict[str, Path]) -> None:
    model = onnx.load(written["s8s8"])
    made_by = {output: node.op_type for node in model.graph.node for output in node.output}
    for node in model.graph.node:
        if ".head." in node.name:
            assert all(made_by.get(name) != "DequantizeLinear" for name in node.input), node.name


def test_weights_are_quantised_per_channel(written: dict[str, Path]) -> None:
    model = onnx.load(written["s8s8"])
    scales = {t.name: t for t in model.graph.initializer if t.name.endswith("weight_scale")}
    assert len(scales) >= 10
    assert all(t.dims[0] > 1 for t in scales.values())


def test_layers_in_fp32_are_left_alone(folds: list[FoldedNetwork]) -> None:
    model = to_onnx(folds[:1], N_FRAMES)
    names = layers(model)
    assert {"b2.pointwise", "b2.add", "b3.shortcut"} <= set(names)
    assert not any(name.startswith(("head", "stem")) for name in names)
    everything = {output: (-1.0, 1.0) for node in model.graph.node for output in node.output}
    ranges = {**everything, "features": (-1.0, 1.0)}
    kept = quantize(model, ranges, Recipe("s8s8", "extremes", ("b2.pointwise",)))
    weights = {t.name: t.data_type for t in kept.graph.initializer}
    assert weights["f0.b2.pointwise.weight"] == onnx.TensorProto.FLOAT
    assert "f0.b2.spatial.weight" not in weights


def test_neighbours_in_fp32_free_the_tensor_between_them(folds: list[FoldedNetwork]) -> None:
    model = to_onnx(folds[:1], N_FRAMES)
    assert ("b2.spatial", "b2.temporal") in neighbours(model)
    everything = {output: (-1.0, 1.0) for node in model.graph.node for output in node.output}
    kept = quantize(model, everything, Recipe("s8s8", "extremes", ("b2.spatial", "b2.temporal")))
    read = {name for node in kept.graph.node for name in node.input}
    assert "f0.b2.spatial.relu.out" in read
    assert not any(name.startswith("f0.b2.spatial.relu.out_") for name in read)
    # The layers around them are in INT8 still.
    assert any(name.startswith("f0.b2.temporal.out_") for name in read)


@pytest.mark.parametrize("kind", ["Einsum", "BatchNormalization"])
def test_planted_nodes_are_refused(written: dict[str, Path], tmp_path: Path, kind: str) -> None:
    model = onnx.load(written["fp32"])
    model.graph.node[3].op_type = kind
    onnx.save(model, tmp_path / "planted.onnx")
    with pytest.raises(GraphRuleError, match=kind):
        check_graph(tmp_path / "planted.onnx")


def test_dynamic_shapes_and_new_opsets_are_refused(
    written: dict[str, Path], tmp_path: Path
) -> None:
    model = onnx.load(written["fp32"])
    model.graph.input[0].type.tensor_type.shape.dim[2].dim_param = "T"
    onnx.save(model, tmp_path / "dynamic.onnx")
    with pytest.raises(GraphRuleError, match="dynamic"):
        check_graph(tmp_path / "dynamic.onnx")
    model = onnx.load(written["fp32"])
    model.opset_import[0].version = 26
    onnx.save(model, tmp_path / "new.onnx")
    with pytest.raises(GraphRuleError, match="opset 26"):
        check_graph(tmp_path / "new.onnx")
