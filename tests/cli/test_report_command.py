from __future__ import annotations

from pathlib import Path

import typer
from store_rows import health, recording, spasm
from typer.testing import CliRunner

from edgekit.cli.report import report
from edgekit.errors import UsageError

app = typer.Typer()
app.command()(report)


def _settings(tmp_path: Path) -> str:
    file = tmp_path / "edgekit.toml"
    file.write_text(f'[store]\nfolder = "{tmp_path / "state"}"\n')
    return str(file)


def test_report_says_what_it_counted_and_what_it_cannot_know(tmp_path: Path) -> None:
    with recording(tmp_path / "state") as (recorder, _):
        assert recorder.record([spasm(1), health(3700)], wait_s=5)
    arguments = ["--settings", _settings(tmp_path)]
    text = CliRunner().invoke(app, arguments, catch_exceptions=False).output
    assert "sensitivity: unknown" in text
    assert "1.00 h" in text
    assert "1.00% (0.01 h)" in text
    assert "1 counted" in text
    assert "synthetic" not in text


def test_report_without_a_store_is_one_line(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["--settings", _settings(tmp_path)])
    assert isinstance(result.exception, UsageError)
    assert "no events yet" in str(result.exception)
