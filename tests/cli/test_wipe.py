from __future__ import annotations

from pathlib import Path

import pytest
import typer
from store_rows import landmarks, recording, spasm, wait_until
from typer.testing import CliRunner

from edgekit.cli.wipe import wipe
from edgekit.errors import UsageError

app = typer.Typer()
app.command()(wipe)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A store with an event, a reserve, a damaged file set aside, and a token beside it."""
    folder = tmp_path / "state"
    with recording(folder) as (recorder, _):
        assert recorder.record([spasm(1), landmarks(1)], wait_s=5)
        assert wait_until((folder / "reserve.bin").exists)
    (folder / "events.corrupt-20260101T000000Z.db").write_bytes(b"what was")
    (folder / "events.corrupt-20260101T000000Z.db-wal").write_bytes(b"what was")
    (folder / "tokens.toml").write_text("kept")
    (tmp_path / "edgekit.toml").write_text(f'[store]\nfolder = "{folder}"\n')
    return folder


def _arguments(folder: Path, *more: str) -> list[str]:
    return ["--settings", str(folder.parent / "edgekit.toml"), *more]


def test_wipe_deletes_what_was_kept_and_says_so(folder: Path) -> None:
    result = CliRunner().invoke(app, _arguments(folder, "--yes"), catch_exceptions=False)
    assert result.exit_code == 0
    assert {file.name for file in folder.iterdir()} == {"tokens.toml", "lock"}
    for name in ("events.db", "reserve.bin", "event-ids", "20260101T000000Z.db-wal"):
        assert f"{name} (" in result.output
    again = CliRunner().invoke(app, _arguments(folder, "--yes"), catch_exceptions=False)
    assert "nothing is kept" in again.output


def test_wipe_asks_and_a_no_changes_nothing(folder: Path) -> None:
    before = {file.name for file in folder.iterdir()}
    result = CliRunner().invoke(app, _arguments(folder), input="n\n")
    assert result.exit_code == 1
    assert {file.name for file in folder.iterdir()} == before
    assert CliRunner().invoke(app, _arguments(folder), input="y\n").exit_code == 0
    assert not (folder / "events.db").exists()


def test_wipe_is_refused_while_the_daemon_runs(folder: Path) -> None:
    with recording(folder, boot_id="b2") as (recorder, _):
        result = CliRunner().invoke(app, _arguments(folder, "--yes"))
        assert isinstance(result.exception, UsageError)
        assert "stop it first" in str(result.exception)
        assert recorder.record([spasm(2)], wait_s=5)
