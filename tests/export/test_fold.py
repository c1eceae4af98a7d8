"""Folding: the numbers stay, BatchNorm goes, and the graph of K folds is K folds."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from edgekit_export.fold import fold_network
from edgekit_export.static_network import run_folded
from edgekit_export.to_onnx import to_onnx
from tiny_run import random_network

from edgekit.train.network import MIL_MODES, MilMode, NetworkShape


@pytest.mark.parametrize("mil", MIL_MODES)
@pytest.mark.parametrize(("c_in", "c_base", "n_frames"), [(14, 4, 32), (3, 8, 17), (14, 64, 30)])
def test_folded_and_onnx_equal_the_trainedrandom_networks(
    mil: MilMode, c_in: int, c_base: int, n_frames: int
) -> None:
    networks = [random_network(NetworkShape(c_in, c_base, mil), seed) for seed in range(3)]
    folded = [fold_network(network, fold) for fold, network in enumerate(networks)]
    x = torch.randn(1, c_in, n_frames, 33, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        answers = [network(x) for network in networks]
        expected = torch.stack([bag.sigmoid() for bag, _ in answers], dim=1).numpy()
        weights = torch.stack([weight for _, weight in answers], dim=1).numpy()
        bag, attention = run_folded(folded, x)
    np.testing.assert_allclose(bag.numpy(), expected, atol=1e-5)
    np.testing.assert_allclose(attention.numpy(), weights, atol=1e-5)

    model = to_onnx(folded, n_frames)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    probability, per_fold, attention = session.run(None, {"features": x.numpy()})
    assert probability.shape == (1,)
    np.testing.assert_allclose(per_fold, expected, atol=1e-5)
    np.testing.assert_allclose(attention, weights, atol=1e-5)
    np.testing.assert_allclose(probability, expected.mean(axis=1), atol=1e-5)
    np.testing.assert_allclose(attention.sum(axis=2), 1.0, atol=1e-5)


def test_the_graph_is_static_and_named_after_its_layers() -> None:
    folded = [fold_network(random_network(NetworkShape(14, 4), seed), seed) for seed in range(5)]
    model = to_onnx(folded, 150)
    kinds = {node.op_type for node in model.graph.node}
    assert not kinds & {"BatchNormalization", "Einsum", "If", "Loop", "Scan"}
    shapes = {
        value.name: tuple(dim.dim_value for dim in value.type.tensor_type.shape.dim)
        for value in (*model.graph.input, *model.graph.output)
    }
    assert shapes == {
        "features": (1, 14, 150, 33),
        "probability": (1,),
        "fold_probability": (1, 5),
        "attention": (1, 5, 38),
    }
    names = {node.name for node in model.graph.node}
    assert {"f0.stem", "f1.b3.shortcut", "f4.b4.temporal", "f2.head.softmax", "mean"} <= names
    assert len([t for t in model.graph.initializer if t.name == "adjacency"]) == 1
    onnx.checker.check_model(model, full_check=True)


def test_folding_reads_running_statistics_not_the_batch() -> None:
    network = random_network(NetworkShape(14, 4), 0)
    norm = network.stem[1]
    assert isinstance(norm, torch.nn.BatchNorm2d)
    before = fold_network(network, 0).stem.bias.copy()
    assert norm.running_mean is not None
    norm.running_mean += 1.0
    assert np.abs(fold_network(network, 0).stem.bias - before).max() > 0.1
