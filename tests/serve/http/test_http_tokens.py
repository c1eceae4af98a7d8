from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from edgekit.errors import DataError, UsageError
from edgekit.serve.http.tokens import TokenStore


def test_only_the_hash_is_kept_and_only_the_owner_may_read_it(tmp_path: Path) -> None:
    store = TokenStore(tmp_path / "state")
    secret = store.new("ward", "ack", 1.0)
    assert secret not in store.path.read_text()
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(store.path.parent.stat().st_mode) == 0o700
    assert len(secret) >= 43  # 256 bits in base 64


def test_a_secret_finds_its_token_and_nothing_else_does(tmp_path: Path) -> None:
    store = TokenStore(tmp_path)
    secrets = {name: store.new(name, "view", 1.0) for name in ("a", "b", "c")}
    for name, secret in secrets.items():
        found = store.find(secret)
        assert found is not None
        assert found.name == name
    for wrong in ("", "ek_", secrets["a"][:-1], secrets["a"] + "x", "\udcff"):
        assert store.find(wrong) is None


def test_the_file_is_read_again_when_another_process_changed_it(tmp_path: Path) -> None:
    daemon, command = TokenStore(tmp_path), TokenStore(tmp_path)
    assert daemon.find("ek_x") is None
    secret = command.new("ward", "view", 1.0)
    token = daemon.find(secret)
    assert token is not None
    assert daemon.holds(token)
    command.revoke("ward")
    assert daemon.find(secret) is None
    assert not daemon.holds(token)


@pytest.mark.parametrize("name", ["", "a b", "ward:night", "page", "x" * 33, "../x"])
def test_a_name_that_could_forge_a_log_line_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError):
        TokenStore(tmp_path).new(name, "view", 1.0)


def test_a_name_is_given_once_and_revoking_needs_a_known_one(tmp_path: Path) -> None:
    store = TokenStore(tmp_path)
    store.new("ward", "view", 1.0)
    with pytest.raises(UsageError, match="taken"):
        store.new("ward", "admin", 1.0)
    with pytest.raises(UsageError, match="there are ward"):
        store.revoke("night")


@pytest.mark.parametrize(
    "content", ["", "{", '{"schema_version": 2, "tokens": []}', '{"tokens": [{"name": "x"}]}']
)
def test_a_damaged_file_lets_nobody_in_and_says_so(
    tmp_path: Path, content: str, caplog: pytest.LogCaptureFixture
) -> None:
    store = TokenStore(tmp_path)
    secret = store.new("ward", "view", 1.0)
    assert store.find(secret) is not None
    good = store.path.read_text()
    store.path.write_text(content)
    assert store.find(secret) is None
    assert store.find(secret) is None
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    with pytest.raises(DataError, match="tokens.json"):
        store.read()
    store.path.write_text(good)
    assert store.find(secret) is not None


def test_the_file_is_plain_json(tmp_path: Path) -> None:
    store = TokenStore(tmp_path)
    store.new("ward", "ack", 12.0)
    (token,) = json.loads(store.path.read_text())["tokens"]
    assert (token["name"], token["scope"], token["created_utc_s"]) == ("ward", "ack", 12.0)
