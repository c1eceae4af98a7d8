"""`edgekit doctor` prints each finding with its fix, and says by its code what they amount to."""

from __future__ import annotations

import json
from pathlib import Path

import typer
from typer.testing import CliRunner

from edgekit.cli.doctor import doctor
from edgekit.doctor import examine
from edgekit.errors import UsageError

app = typer.Typer()
app.command()(doctor)


def test_findings_are_shown_with_their_fixes(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, [str(tmp_path)])

    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert any(line.startswith("numpy") for line in lines)
    bundle = next(n for n, line in enumerate(lines) if line.startswith("bundle"))
    assert "absent: no " in lines[bundle]
    assert lines[bundle + 1].strip() == "-> edgekit export"
    assert lines[-1].endswith("0 missing")


def test_json_holds_every_finding(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, [str(tmp_path), "--json"])

    found = {one["name"]: one["state"] for one in json.loads(result.output)}
    assert found == {one.name: one.state for one in examine(tmp_path)}


def test_strict_ends_in_an_error_at_a_warning(tmp_path: Path) -> None:
    # A folder of runs in which none is finished is a warning on every machine.
    (tmp_path / "runs").mkdir()

    assert CliRunner().invoke(app, [str(tmp_path)]).exit_code == 0
    assert CliRunner().invoke(app, [str(tmp_path), "--strict"]).exit_code == 16


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, [str(tmp_path / "none")])

    assert isinstance(result.exception, UsageError)
