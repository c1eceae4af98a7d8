from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from store_rows import acknowledged, recording, spasm
from typer.testing import CliRunner

from edgekit.cli.events import app
from edgekit.errors import EdgekitError, UsageError


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """Settings whose store holds three events, the first two acknowledged."""
    with recording(tmp_path / "state") as (recorder, _):
        rows = [spasm(1), spasm(2), acknowledged(2, 20), spasm(3, kind="cluster")]
        assert recorder.record(rows, wait_s=5)
    return _settings(tmp_path, tmp_path / "state")


def _settings(tmp_path: Path, folder: Path) -> Path:
    file = tmp_path / "edgekit.toml"
    file.write_text(f'[store]\nfolder = "{folder}"\n')
    return file


def _run(settings: Path, *arguments: str) -> str:
    result = CliRunner().invoke(
        app, [*arguments, "--settings", str(settings)], catch_exceptions=False
    )
    assert result.exit_code == 0, result.output
    return result.output


def _fails_with(kind: type[EdgekitError], settings: Path, *arguments: str) -> str:
    result = CliRunner().invoke(app, [*arguments, "--settings", str(settings)])
    assert isinstance(result.exception, kind), result.output
    assert "\n" not in str(result.exception)
    return str(result.exception)


@pytest.mark.parametrize("command", ["list", "show", "export"])
def test_each_events_command_has_an_example(command: str) -> None:
    assert f"edgekit events {command}" in CliRunner().invoke(app, [command, "--help"]).output


def test_show_tells_who_acknowledged_it_together_with_a_later_one(settings: Path) -> None:
    assert "acknowledged by nurse, with a later event" in _run(settings, "show", "1")
    assert "with a later event" not in _run(settings, "show", "2")
    assert "acknowledged by nurse" in _run(settings, "show", "2")
    assert "with a later event" not in _run(settings, "show", "3")


def test_list_shows_the_newest_first_and_who_came(settings: Path) -> None:
    text = _run(settings, "list")
    lines = [line for line in text.splitlines() if line[:1].isdigit()]
    assert [line.split()[0] for line in lines] == ["3", "2", "1"]
    assert lines[0].endswith("nobody yet")
    assert lines[1].endswith("nurse")
    assert "not diagnoses" in text
    assert "cluster" in _run(settings, "list", "--limit", "1")
    assert "nurse" not in _run(settings, "list", "--limit", "1")


def test_show_tells_the_whole_story(settings: Path) -> None:
    text = _run(settings, "show", "2")
    assert "spasm\n" in text
    assert "acknowledged by nurse" in text
    assert "no event 9" in _fails_with(UsageError, settings, "show", "9")


def test_export_writes_each_format_oldest_first(settings: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert "wrote 3 events" in _run(settings, "export", "--out", str(out))
    rows = list(csv.DictReader(out.read_text().splitlines()))
    assert [row["event_id"] for row in rows] == ["1", "2", "3"]
    assert {row["notice"] for row in rows} == {
        "research software, no medical device: possible spasms, not diagnoses"
    }
    _run(settings, "export", "--format", "jsonl", "--out", str(out))
    assert [json.loads(line)["kind"] for line in out.read_text().splitlines()] == [
        "spasm",
        "spasm",
        "cluster",
    ]
    _run(settings, "export", "--format", "fhir", "--out", str(out))
    assert json.loads(out.read_text())["resourceType"] == "Bundle"


def test_without_a_store_it_says_where_it_looked(tmp_path: Path) -> None:
    settings = _settings(tmp_path, tmp_path / "none")
    for command in (["list"], ["show", "1"], ["export", "--out", str(tmp_path / "x")]):
        said = _fails_with(UsageError, settings, *command)
        assert said == f"no events yet in {tmp_path / 'none'}"
    assert not (tmp_path / "none").exists()


def test_reading_works_beside_a_daemon_that_writes(tmp_path: Path) -> None:
    with recording(tmp_path / "state") as (recorder, _):
        assert recorder.record([spasm(1)], wait_s=5)
        assert "spasm" in _run(_settings(tmp_path, tmp_path / "state"), "list")
        assert recorder.record([spasm(2)], wait_s=5)
