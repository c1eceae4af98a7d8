from __future__ import annotations

import json
from pathlib import Path

import pytest
from oof_samples import drawn, predictions

from edgekit.cohort import Dataset
from edgekit.errors import IntegrityError
from edgekit.scoring import (
    Metrics,
    honesty_lines,
    read_metrics,
    safety_lines,
    score,
    write_metrics,
)


@pytest.fixture(scope="module")
def metrics() -> Metrics:
    return score(drawn(), policy="f1", n_bootstrap=100)


def test_metrics_survive_the_disk(metrics: Metrics, tmp_path: Path) -> None:
    path = tmp_path / "metrics.json"
    write_metrics(path, metrics)
    assert read_metrics(path) == metrics


def test_the_file_reads_as_plain_json(metrics: Metrics, tmp_path: Path) -> None:
    path = tmp_path / "metrics.json"
    write_metrics(path, metrics)
    content = json.loads(path.read_text())
    assert content["schema_version"] == 1
    assert set(content["confusion"]) == {"tp", "fp", "tn", "fn"}
    assert content["threshold"]["low"] < content["threshold"]["high"]
    assert len(content["threshold"]["per_fold"]) == 4
    assert len(content["children"]) == 12


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        (lambda content: content.pop("auroc"), "auroc"),
        (lambda content: content.update(schema_version=2), "schema_version"),
        (lambda content: content.update(extra=1), "extra"),
        (lambda content: content["confusion"].update(tp="many"), "confusion.tp"),
        (lambda content: content["confusion"].update(more=1), "confusion.more"),
    ],
)
def test_damaged_metrics_are_refused(
    metrics: Metrics, tmp_path: Path, damage: object, named: str
) -> None:
    assert callable(damage)
    path = tmp_path / "metrics.json"
    content = json.loads(metrics.model_dump_json())
    damage(content)
    path.write_text(json.dumps(content))
    with pytest.raises(IntegrityError, match=rf"metrics\.json: {named}: .*train again"):
        read_metrics(path)


@pytest.mark.parametrize("content", [b"", b'{"schema_version": 1', b"\xff\xfe\x00"])
def test_truncated_metrics_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "metrics.json"
    path.write_bytes(content)
    with pytest.raises(IntegrityError, match=r"metrics\.json"):
        read_metrics(path)


def test_missing_metrics_are_refused(tmp_path: Path) -> None:
    with pytest.raises(IntegrityError, match="cannot be read"):
        read_metrics(tmp_path / "metrics.json")


def test_every_report_quotes_the_collapse_and_says_research_software(metrics: Metrics) -> None:
    text = " ".join(honesty_lines(metrics, Dataset(source="a hospital")))
    for fact in ("no medical device", "0.63", "0.2975", "0.4502", "0.25 to 0.70", "4 models"):
        assert fact in text
    assert "synthetic" not in text
    assert "very clips" in text


def test_synthetic_clips_are_called_so_before_any_figure(metrics: Metrics) -> None:
    dataset = Dataset(source="synthetic")
    said = safety_lines(dataset)
    assert any("mean nothing clinically" in line for line in said)
    assert honesty_lines(metrics, dataset)[: len(said)] == said


def test_unknown_sources_are_admitted(metrics: Metrics) -> None:
    assert any("not stated" in line for line in honesty_lines(metrics, Dataset()))


def test_few_children_perfect_figures_and_left_out_replicates_are_admitted() -> None:
    rows = [("a", 0, 1, 0.9), ("a", 0, 0, 0.1), ("b", 1, 0, 0.2)]
    text = " ".join(honesty_lines(score(predictions(rows), policy="0.5"), Dataset(source="x")))
    assert "Few children (2)" in text
    assert "proves little" in text
    assert "resamplings gave no figure" in text
    assert "very clips" not in text  # a given threshold was not chosen on them
