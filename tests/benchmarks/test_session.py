"""A whole run on the small bundle: every stage is measured or says why not."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from bench_records import TINY_BUNDLE
from edgekit_bench.results import END_TO_END, POSE, YARDSTICK, BenchRecord
from edgekit_bench.session import BenchOptions, run_bench

from edgekit.bundle import load_bundle
from edgekit.errors import UsageError
from edgekit.runtime.choose import choose_model, is_installed

BRIEF = BenchOptions(seconds=0.02, has_yardstick=False)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> BenchRecord:
    """Return the record of one brief run, with an empty cache of pose models."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EDGEKIT_CACHE", str(tmp_path_factory.mktemp("cache")))
        return run_bench(load_bundle(TINY_BUNDLE), BRIEF)


def test_every_model_is_measured_or_has_a_reason(found: BenchRecord) -> None:
    entries = load_bundle(TINY_BUNDLE).manifest.models
    measured = {one.name for one in found.models}
    unmeasured = {one.name for one in found.unmeasured if one.stage == "model"}

    assert measured == {entry.name for entry in entries if is_installed(entry.runtime)}
    assert measured | unmeasured == {entry.name for entry in entries} | {YARDSTICK}
    assert not any(one.is_error for one in found.unmeasured)


def test_what_was_left_out_says_so(found: BenchRecord) -> None:
    reasons = {one.name: one.reason for one in found.unmeasured}

    assert reasons[YARDSTICK] == "left out by --no-yardstick"
    assert reasons[POSE]


def test_features_are_measured_at_both_lengths_beside_the_loops(found: BenchRecord) -> None:
    names = [one.name for one in found.measurements if one.stage == "features"]

    assert names == [
        "features T=150",
        "write-up's loops T=150",
        "features T=32",
        "write-up's loops T=32",
    ]
    for name in names[::2]:
        one = found.named(name)
        assert one is not None
        assert one.ratio is not None
        assert one.ratio.reference.startswith("write-up's loops")


def test_the_whole_path_runs_through_the_model_that_predict_takes(found: BenchRecord) -> None:
    assert found.named(END_TO_END) is not None
    assert found.chosen_model == choose_model(load_bundle(TINY_BUNDLE)).name


def test_models_carry_what_their_files_do_here(found: BenchRecord) -> None:
    shares = {one.name: one.model.coverage.share for one in found.models if one.model is not None}

    assert shares["onnx-fp32"] == 0.0
    assert shares["onnx-int8-u8s8"] > 0.6  # the FP32 stem weighs much in a tiny network
    compared = {one.int8: one.fp32 for one in found.int8_vs_fp32}
    assert compared["onnx-int8-u8s8"] == "onnx-fp32"


def test_warm_up_is_kept_and_samples_are_dropped_by_default(found: BenchRecord) -> None:
    assert all(one.warmup_ms and not one.samples_ms for one in found.measurements)


def test_a_model_that_fails_is_an_error_and_the_rest_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDGEKIT_CACHE", str(tmp_path))
    folder = Path(shutil.copytree(TINY_BUNDLE, tmp_path / "bundle"))
    spoil(folder, "model.int8.s8s8.onnx")

    found = run_bench(load_bundle(folder), replace(BRIEF, keeps_samples=True))

    (failed,) = [one for one in found.unmeasured if one.is_error]
    assert failed.name == "onnx-int8-s8s8"
    assert "ONNX Runtime cannot load it" in failed.reason
    assert found.named("onnx-fp32") is not None
    assert all(len(one.samples_ms) == one.quantiles.n for one in found.measurements)


def spoil(folder: Path, name: str) -> None:
    """Replace a model by nonsense, and its hash in the manifest so that loading accepts it."""
    content = b"no model"
    (folder / name).write_bytes(content)
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    entry = {"sha256": sha256(content).hexdigest(), "n_bytes": len(content)}
    manifest["files"][name] = entry
    path.write_text(json.dumps(manifest), encoding="utf-8")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (BenchOptions(n_threads=0), "--threads 0"),
        (BenchOptions(seconds=-1.0), "--seconds -1"),
    ],
)
def test_options_without_sense_are_refused(options: BenchOptions, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        run_bench(load_bundle(TINY_BUNDLE), options)
