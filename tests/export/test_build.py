"""A run becomes a bundle: whole, gated, verified; or a refusal that changes nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from edgekit_export.build import Exported, ExportOptions, export, load_networks
from edgekit_export.to_openvino import to_openvino
from tiny_run import N_FRAMES, tiny_cohort, tiny_run

from edgekit.bundle import load_bundle
from edgekit.cohort import Cohort
from edgekit.errors import GateError, IntegrityError, OutputError, UsageError
from edgekit.features import extract
from edgekit.manifest import GateBudget
from edgekit.runs import Run
from edgekit.runtime.choose import open_engine
from edgekit.runtime.verify import check_evidence, replay_golden
from edgekit.train.network import MIL_MODES, Block, MilMode, Network

LENIENT = GateBudget(flips=0.2, sensitivity_drop=0.2, specificity_drop=0.2, auroc_drop=0.2)
"""36 clips of noise: a single flip is 2.8 %, over any default."""


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Cohort:
    return tiny_cohort(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, cohort: Cohort) -> Run:
    return tiny_run(tmp_path_factory.mktemp("runs") / "run", cohort)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, cohort: Cohort, run: Run) -> Exported:
    folder = tmp_path_factory.mktemp("made") / "bundle"
    return export(run, cohort, folder, ExportOptions(budget=LENIENT))


def test_a_bundle_is_written_checked_and_answers_as_the_networks(
    cohort: Cohort, run: Run, made: Exported
) -> None:
    bundle = load_bundle(made.bundle.folder)
    assert {entry.name for entry in bundle.manifest.models} == {
        "onnx-fp32",
        "openvino-fp32",
        "onnx-int8-u8s8",
        "onnx-int8-s8s8",
        "openvino-int8",
    }
    assert all(parity.max_abs_dp <= 1e-4 for parity in made.parity)
    assert {parity.path for parity in made.parity} >= {"folded PyTorch", "openvino-fp32"}
    check_evidence(bundle)
    checks = replay_golden(bundle)
    assert all(check.max_abs_dp == 0 for check in checks)

    features = extract(cohort.segments[0].load(N_FRAMES))
    with torch.inference_mode():
        expected = torch.cat(
            [net(torch.from_numpy(features)[None])[0].sigmoid() for net in load_networks(run)]
        ).numpy()
    for entry in bundle.manifest.models:
        output = open_engine(bundle, entry).run(features)
        tolerance = 1e-4 if entry.precision == "fp32" else 0.1
        np.testing.assert_allclose(output.fold_probability, expected, atol=tolerance)
        assert output.probability == pytest.approx(output.fold_probability.mean(), abs=1e-5)
        np.testing.assert_allclose(output.attention.sum(axis=1), 1, atol=1e-4)


def test_nothing_but_a_bundle_is_replaced(tmp_path: Path, cohort: Cohort, run: Run) -> None:
    diary = tmp_path / "home" / "diary.txt"
    diary.parent.mkdir()
    diary.write_text("mine")
    options = ExportOptions(quantize="none", has_openvino=False)
    for place, reason in ((diary.parent, "no bundle alone .it holds diary.txt"), (diary, "a file")):
        with pytest.raises(UsageError, match=reason):
            export(run, cohort, place, options)
    assert diary.read_text() == "mine"

    folder = tmp_path / "bundle"
    folder.mkdir()
    export(run, cohort, folder, options)
    export(run, cohort, folder, options)
    (folder / "diary.txt").write_text("mine")
    with pytest.raises(UsageError, match="diary"):
        export(run, cohort, folder, options)
    assert (folder / "diary.txt").exists()


def test_openvino_that_cannot_write_says_so(tmp_path: Path, made: Exported) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"model\.xml: OpenVINO cannot write it; free some space"):
        to_openvino(made.bundle.folder / "model.fp32.onnx", tmp_path / "file" / "model.xml")


@pytest.mark.parametrize("mil", MIL_MODES)
def test_every_pooling_is_exported_with_parity(
    tmp_path: Path, cohort: Cohort, mil: MilMode
) -> None:
    run = tiny_run(tmp_path / "run", cohort, mil=mil)
    made = export(run, cohort, tmp_path / "bundle", ExportOptions(quantize="none"))
    assert made.bundle.manifest.mil == mil
    assert all(parity.max_abs_dp <= 1e-4 for parity in made.parity)


def test_evidence_holds_hashes_and_no_child_id(run: Run, made: Exported) -> None:
    bundle = made.bundle
    assert len(bundle.manifest.calibration) == 3
    for fold in bundle.manifest.calibration:
        assert len(fold.calibration) == 4
        assert len(fold.evaluation) == 2
        assert not set(fold.calibration) & set(fold.evaluation)
    shipped = (bundle.folder / "gate.md").read_text()
    assert "child_1_" not in shipped
    assert bundle.manifest.calibration[0].evaluation[0][:8] in shipped
    assert "| 1 | 6 |" in (run.folder / "gate.md").read_text()
    assert "Not a medical device" in (bundle.folder / "MODEL_CARD.md").read_text()


def test_without_int8_there_is_no_int8_file(tmp_path: Path, cohort: Cohort, run: Run) -> None:
    options = ExportOptions(quantize="none", has_openvino=False)
    bundle = export(run, cohort, tmp_path / "bundle", options).bundle
    assert [entry.name for entry in bundle.manifest.models] == ["onnx-fp32"]
    assert not list((tmp_path / "bundle").glob("*int8*"))
    check_evidence(bundle)


LOUD = 3000.0


def crush(network: Network) -> None:
    """Spoil a network for INT8 only: one loud channel in each block drowns all the others."""
    for index in range(4):
        crush_block(network, index)


def crush_block(network: Network, index: int) -> None:
    """Make a channel 3000 times louder, and the next layer listen to it 3000 times less.

    FP32 hardly notices, while an activation range for the whole tensor leaves the rest no steps.
    """
    block = network.blocks[index]
    assert isinstance(block, Block)
    with torch.no_grad():
        block.spatial_norm.weight[0] *= LOUD
        block.spatial_norm.bias[0] *= LOUD
        block.temporal.weight[0] /= LOUD


def test_the_gate_refuses_a_model_that_int8_ruins_and_the_old_bundle_stays(
    tmp_path: Path, cohort: Cohort, run: Run
) -> None:
    export(run, cohort, tmp_path / "bundle", ExportOptions(quantize="none", has_openvino=False))
    before = (tmp_path / "bundle" / "manifest.json").read_bytes()
    bad = tiny_run(tmp_path / "bad", cohort, change=crush)
    options = ExportOptions(has_openvino=False, budget=GateBudget(flips=0))
    with pytest.raises(GateError, match="gate refuses INT8.*flip") as caught:
        export(bad, cohort, tmp_path / "bundle", options)
    assert caught.value.exit_code == 11
    report = (bad.folder / "gate.md").read_text()
    assert "INT8 gate: refused" in report
    assert "layers kept in FP32: b" in report
    assert (tmp_path / "bundle" / "manifest.json").read_bytes() == before
    load_bundle(tmp_path / "bundle")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad", "bundle"]


def test_harmful_layers_go_back_to_fp32_until_the_gate_is_satisfied(
    tmp_path: Path, cohort: Cohort
) -> None:
    run = tiny_run(tmp_path / "run", cohort, change=lambda network: crush_block(network, 2))
    options = ExportOptions(has_openvino=False, budget=LENIENT)
    made = export(run, cohort, tmp_path / "bundle", options)
    mended = {gated.recipe.fp32_layers for gated in made.gated}
    assert any(mended), "INT8 passed at once: the planted damage is too small for this test"
    check_evidence(made.bundle)


def change_a_clip(cohort: Cohort) -> None:
    path = cohort.segments[0].path
    clip = np.load(path)
    clip[0, 0, 0] = 0.123
    np.save(path, clip)


def change_a_label(cohort: Cohort) -> None:
    path = cohort.folder / "train_data.csv"
    path.write_text(path.read_text().replace("child_1_1.npy,1", "child_1_1.npy,0"))


@pytest.mark.parametrize("change", [change_a_clip, change_a_label])
def test_other_data_than_the_runs_is_refused(
    tmp_path: Path, change: Callable[[Cohort], None]
) -> None:
    from edgekit.cohort import load_cohort

    cohort = tiny_cohort(tmp_path / "data")
    run = tiny_run(tmp_path / "run", cohort)
    change(cohort)
    with pytest.raises(IntegrityError, match="not the clips"):
        export(run, load_cohort(cohort.folder), tmp_path / "bundle")


def test_an_unfinished_run_is_refused(tmp_path: Path, cohort: Cohort, run: Run) -> None:
    unfinished = Run(run.folder, run.record.model_copy(update={"finished": False}))
    with pytest.raises(UsageError, match="not finished"):
        export(unfinished, cohort, tmp_path / "bundle")


def test_manifest_is_plain_json_with_every_file(made: Exported) -> None:
    folder = made.bundle.folder
    manifest = json.loads((folder / "manifest.json").read_text())
    present = {path.name for path in folder.iterdir()}
    assert set(manifest["files"]) | {"manifest.json"} == present
    assert manifest["decision"]["policy"] == "youden"
    assert manifest["channels"][13] == "frame_valid_frac"
