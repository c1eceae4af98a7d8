"""The yardstick is the same network, exported naively, and nothing of ours is in it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from bench_records import TINY_BUNDLE
from edgekit_bench.model_probe import open_file
from edgekit_bench.naive_export import export_naive

from edgekit.bundle import load_bundle
from edgekit.errors import IntegrityError


@pytest.mark.slow
def test_the_naive_graph_answers_as_the_bundle_does(tmp_path: Path) -> None:
    manifest = load_bundle(TINY_BUNDLE).manifest
    path = tmp_path / "naive.onnx"

    export_naive(path, manifest, seed=0)

    shape = (len(manifest.channels), manifest.n_frames, 33)
    output = open_file("onnxruntime", path, n_threads=1).run(np.zeros(shape, dtype=np.float32))
    assert output.fold_probability.shape == (manifest.n_folds,)
    assert output.probability == pytest.approx(float(output.fold_probability.mean()))
    # Every fold has its own stem: nothing was joined.
    stems = [
        node
        for node in onnx.load(path).graph.node
        if node.op_type == "Conv" and node.input[0] == "features"
    ]
    assert len(stems) == manifest.n_folds


def test_an_export_that_fails_gives_its_reason(tmp_path: Path) -> None:
    manifest = load_bundle(TINY_BUNDLE).manifest.model_copy(update={"mil": "none"})

    with pytest.raises(IntegrityError, match=r"torch\.onnx\.export failed: ValueError"):
        export_naive(tmp_path / "naive.onnx", manifest, seed=0)
