"""Parity compares what it says it compares, and one wrong path is enough to stop."""

from __future__ import annotations

import numpy as np
import pytest
from edgekit_export.fold import fold_network
from edgekit_export.parity import check_parity
from edgekit_export.to_onnx import to_onnx
from tiny_run import random_network

from edgekit.errors import ParityError
from edgekit.runtime.engine import Output
from edgekit.runtime.onnx_engine import OnnxEngine
from edgekit.train.network import NetworkShape

NETWORKS = [random_network(NetworkShape(14, 4), seed) for seed in range(2)]
FOLDED = [fold_network(network, fold) for fold, network in enumerate(NETWORKS)]
CLIPS = [np.random.default_rng(n).normal(0, 0.2, (14, 32, 33)).astype(np.float32) for n in range(3)]


class Off:
    """An engine that answers as another one does, but for one fold of one clip."""

    runtime = "off"

    def __init__(self, by: float) -> None:
        self._engine = OnnxEngine(to_onnx(FOLDED, 32).SerializeToString())
        self._n_runs = 0
        self._by = by

    def run(self, features: np.ndarray) -> Output:
        output = self._engine.run(features)
        self._n_runs += 1
        if self._n_runs == 2:
            output.fold_probability[1] += self._by
        return output


def test_equal_paths_pass_and_report_their_difference() -> None:
    found = check_parity(NETWORKS, FOLDED, {"onnx-fp32": Off(0.0)}, CLIPS)
    assert [parity.path for parity in found] == ["folded PyTorch", "onnx-fp32"]
    assert all(parity.max_abs_dp < 1e-5 for parity in found)


@pytest.mark.parametrize("by", [2e-4, -2e-4, float("nan")])
def test_one_wrong_answer_stops_it_and_is_named(by: float) -> None:
    with pytest.raises(ParityError, match=r"onnx-fp32 differs.*clip 1, fold 1") as caught:
        check_parity(NETWORKS, FOLDED, {"onnx-fp32": Off(by)}, CLIPS)
    assert caught.value.exit_code == 10


def test_a_wrongly_folded_network_stops_it() -> None:
    other = [fold_network(random_network(NetworkShape(14, 4), s), s) for s in (0, 7)]
    with pytest.raises(ParityError, match="folded PyTorch differs"):
        check_parity(NETWORKS, other, {}, CLIPS)
