"""`edgekit bench` runs by default, compares on request, and fails where a model failed."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench_records import MACHINE, TINY_BUNDLE, record, stage
from edgekit_bench.results import BenchRecord, Unmeasured, read_record, write_record
from typer.testing import CliRunner

from edgekit.cli import bench
from edgekit.cli.bench_show import raise_failures
from edgekit.errors import IntegrityError, UsageError

BRIEF = ["--seconds", "0.02", "--no-yardstick"]


def test_a_bundle_is_measured_without_naming_a_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDGEKIT_CACHE", str(tmp_path))
    path = tmp_path / "here.json"

    result = CliRunner().invoke(bench.app, [str(TINY_BUNDLE), *BRIEF, "--json", str(path)])

    assert result.exit_code == 0, result.output
    found = read_record(path)
    names = [one.name for one in found.measurements] + [one.name for one in found.unmeasured]
    for name in names:
        assert any(line.startswith(name) for line in result.output.splitlines()), name
    assert "best here: " in result.output
    assert f"written to {path}" in result.output


def test_without_arguments_it_looks_for_a_bundle_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    result = CliRunner().invoke(bench.app, [])

    assert isinstance(result.exception, UsageError)
    assert "no bundle there" in str(result.exception)


def test_a_failed_model_ends_in_an_error() -> None:
    failed = Unmeasured(name="onnx-fp32", stage="model", reason="bad file", is_error=True)
    absent = Unmeasured(name="pose", stage="pose", reason="no model", is_error=False)

    raise_failures(record(unmeasured=(absent,)))
    with pytest.raises(IntegrityError, match="onnx-fp32 could not be measured: bad file"):
        raise_failures(record(unmeasured=(absent, failed)))


def two_files(folder: Path, *records: BenchRecord) -> list[str]:
    """Write records and return their paths."""
    paths = [folder / f"{n}.json" for n in range(len(records))]
    for path, one in zip(paths, records, strict=True):
        write_record(path, one)
    return [str(path) for path in paths]


def test_two_runs_are_compared(tmp_path: Path) -> None:
    paths = two_files(tmp_path, record(stage("a", 30.0)), record(stage("a", 10.0)))

    result = CliRunner().invoke(bench.app, ["compare", *paths])

    assert result.exit_code == 0, result.output
    assert "x3.00" in result.output


def test_unlike_hosts_are_refused_and_compared_anyway(tmp_path: Path) -> None:
    other = MACHINE.model_copy(update={"cpu": "Cortex-A76"})
    unlike = record(stage("a", 10.0)).model_copy(update={"machine": other})
    paths = two_files(tmp_path, record(stage("a", 30.0)), unlike)

    refused = CliRunner().invoke(bench.app, ["compare", *paths])
    forced = CliRunner().invoke(bench.app, ["compare", *paths, "--anyway"])

    assert isinstance(refused.exception, UsageError)
    assert refused.exception.exit_code == 2
    assert "CPU: Zen / Cortex-A76" in str(refused.exception)
    assert forced.exit_code == 0
    assert "x3.00" in forced.output
