from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from edgekit.cli.token import app
from edgekit.errors import UsageError
from edgekit.serve.http.tokens import TokenStore


def test_a_token_is_made_listed_and_revoked(tmp_path: Path) -> None:
    def run(*words: str) -> str:
        result = CliRunner().invoke(app, [*words, "--state", str(tmp_path)])
        assert result.exit_code == 0, result.output
        return result.stdout

    secret = run("new", "--name", "ward", "--scope", "ack").strip()
    found = TokenStore(tmp_path).find(secret)
    assert found is not None
    assert found.scope == "ack"
    listed = run("list")
    assert "ward" in listed
    assert secret not in listed
    assert run("revoke", "ward") == "revoked ward\n"
    assert TokenStore(tmp_path).find(secret) is None


def test_the_state_folder_is_the_settings_one(tmp_path: Path) -> None:
    settings = tmp_path / "edgekit.toml"
    settings.write_text(f'[store]\nfolder = "{tmp_path}/state"\n')
    words = ["new", "--name", "ward", "--settings", str(settings)]
    assert CliRunner().invoke(app, words).exit_code == 0
    assert [token.name for token in TokenStore(tmp_path / "state").read()] == ["ward"]
    again = CliRunner().invoke(app, words)
    assert isinstance(again.exception, UsageError)
