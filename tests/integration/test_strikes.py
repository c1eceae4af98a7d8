"""The main job on real people: train, export, gate, predict, as typed on the command line.

Four people training martial arts stand in for children with spasms: brief, sudden, whole-body
movements. This takes about five minutes on two cores, most of it training.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from edgekit_export.build import load_networks

from edgekit.cohort import load_cohort
from edgekit.features import extract
from edgekit.runs import newest_run

pytestmark = pytest.mark.slow


def edgekit(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "edgekit", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def clips(shared: Path) -> Path:
    return shared / "data" / "strikes" / "clips"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, clips: Path) -> Path:
    """Train and export once, with the commands of the README."""
    folder = tmp_path_factory.mktemp("strikes")
    trained = edgekit(folder, "train", str(clips), "--frames", "60", "--folds", "4")
    assert trained.returncode == 0, trained.stderr
    exported = edgekit(folder, "export", "--quantize", "int8")
    assert exported.returncode == 0, exported.stderr
    return folder


def probabilities(folder: Path, clips: Path, *options: str) -> dict[str, float]:
    out = folder / "predictions.csv"
    done = edgekit(folder, "predict", str(clips), "--out", str(out), *options)
    assert done.returncode == 0, done.stderr
    with out.open() as file:
        return {row["file_name"]: float(row["probability"]) for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def ensemble(folder: Path, clips: Path) -> dict[str, float]:
    """Return the mean of the trained networks' probabilities, by PyTorch."""
    networks = load_networks(newest_run(folder / "runs"))
    answers = {}
    for segment in load_cohort(clips).segments:
        features = torch.from_numpy(extract(segment.load()))[None]
        with torch.inference_mode():
            folds = torch.cat([network(features)[0].sigmoid() for network in networks])
        answers[segment.name] = float(folds.mean())
    return answers


def test_five_folds_for_four_people_are_refused_with_the_cure(tmp_path: Path, clips: Path) -> None:
    done = edgekit(tmp_path, "train", str(clips), "--frames", "60")
    assert done.returncode == 2
    assert done.stderr.strip().endswith("4 children cannot fill 5 folds; use --folds 4")


def test_the_wrong_length_is_refused_with_the_cure(tmp_path: Path, clips: Path) -> None:
    done = edgekit(tmp_path, "train", str(clips), "--folds", "4")
    assert done.returncode == 17
    assert "--frames 60" in done.stderr


def test_out_of_fold_auroc(folder: Path) -> None:
    metrics = json.loads((newest_run(folder / "runs").folder / "metrics.json").read_text())
    assert metrics["auroc"]["value"] >= 0.97


def test_the_gate_passed_with_the_default_budget(folder: Path) -> None:
    manifest = json.loads((folder / "bundle" / "manifest.json").read_text())
    assert manifest["budget"] == {
        "flips": 0.01,
        "sensitivity_drop": 0.01,
        "specificity_drop": 0.01,
        "auroc_drop": 0.005,
    }
    gated = [model for model in manifest["models"] if model["precision"] == "int8"]
    assert {model["name"] for model in gated} >= {"onnx-int8-u8s8", "onnx-int8-s8s8"}
    assert all(model["gate"]["is_passed"] for model in gated)


def test_verify(folder: Path) -> None:
    done = edgekit(folder, "verify")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().endswith("verified")


@pytest.mark.parametrize("runtime", ["onnxruntime", "openvino"])
def test_fp32_decides_as_the_pytorch_ensemble_on_every_clip(
    folder: Path, clips: Path, ensemble: dict[str, float], runtime: str
) -> None:
    threshold = json.loads((folder / "bundle" / "manifest.json").read_text())["decision"][
        "threshold"
    ]
    found = probabilities(folder, clips, "--precision", "fp32", "--runtime", runtime)
    assert found.keys() == ensemble.keys()
    for name, probability in found.items():
        assert probability == pytest.approx(ensemble[name], abs=1e-4)
        assert (probability >= threshold) == (ensemble[name] >= threshold), name


@pytest.mark.parametrize("runtime", ["onnxruntime", "openvino"])
def test_int8_stays_within_the_gates_budget_of_the_ensemble(
    folder: Path, clips: Path, ensemble: dict[str, float], runtime: str
) -> None:
    threshold = json.loads((folder / "bundle" / "manifest.json").read_text())["decision"][
        "threshold"
    ]
    found = probabilities(folder, clips, "--precision", "int8", "--runtime", runtime)
    before = np.array([ensemble[name] for name in found]) >= threshold
    after = np.array(list(found.values())) >= threshold
    assert np.mean(before != after) <= 0.01
