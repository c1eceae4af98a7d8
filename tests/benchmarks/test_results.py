"""A record survives the way to disk and back; other files are refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from bench_records import model, record, stage
from edgekit_bench.results import Unmeasured, default_file, read_record, write_record

from edgekit.errors import DataError, OutputError


def test_a_record_comes_back_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "run.json"
    absent = Unmeasured(name="pose", stage="pose", reason="not installed", is_error=False)
    before = record(model("onnx-fp32", 20.0), stage("features", 0.3), unmeasured=(absent,))

    write_record(path, before)

    assert read_record(path) == before
    assert json.loads(path.read_text())["schema_version"] == 2


def test_the_default_file_is_named_by_the_time() -> None:
    assert default_file(record()) == Path("bench/20261122T164300Z.json")


def test_a_measurement_is_found_by_its_name() -> None:
    found = record(stage("a", 1.0), model("onnx-fp32", 2.0), model("naive-fp32", 3.0))

    assert found.named("a") == found.measurements[0]
    assert found.named("b") is None
    assert [one.name for one in found.models] == ["onnx-fp32"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("no json", "not a file that edgekit bench wrote"),
        ("[1]", "not a file that edgekit bench wrote"),
        ('{"schema_version": 3}', "schema 3, this edgekit reads up to 2"),
        ('{"schema_version": 1}', "run edgekit bench again"),
    ],
)
def test_another_file_is_refused(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "other.json"
    path.write_text(content, encoding="utf-8")

    with pytest.raises(DataError, match=message) as caught:
        read_record(path)
    assert str(path) in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="No such file"):
        read_record(tmp_path / "none.json")


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")

    with pytest.raises(OutputError, match="a part of the path is a file"):
        write_record(tmp_path / "file" / "run.json", record())
