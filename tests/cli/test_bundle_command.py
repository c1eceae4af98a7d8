"""`edgekit bundle`, from a key to a rollback."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from field_bundles import TINY_BUNDLE
from typer.testing import CliRunner, Result

from edgekit.cli.bundle import app
from edgekit.errors import IntegrityError, UsageError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place of its own, with a bundle, and no settings of anybody's."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EDGEKIT_SETTINGS", str(tmp_path / "edgekit.toml"))
    (tmp_path / "edgekit.toml").write_text(f'bundle = "{tmp_path}/state/slots"\n')
    shutil.copytree(TINY_BUNDLE, tmp_path / "bundle")
    return tmp_path


def tried(*words: str, said: str | None = None) -> Result:
    return CliRunner().invoke(app, list(words), input=said)


def run(*words: str, said: str | None = None) -> str:
    result = tried(*words, said=said)
    assert result.exit_code == 0, (result.output, result.exception)
    return str(result.stdout)


def refused(kind: type[Exception], *words: str) -> str:
    error = tried(*words).exception
    assert isinstance(error, kind), error
    return str(error)


@pytest.mark.usefixtures("folder")
def test_from_a_key_to_a_rollback() -> None:
    state = ("--state", "state")
    assert "secret, 0600" in run("keygen", "--key", "ward.key", "--no-passphrase")
    assert "version=1" in run("sign", "bundle", "--key", "ward.key", "--version", "1")
    assert "0.7 MB" in run("pack", "bundle", "--out", "one.tar")
    assert "is trusted" in run("install", "ward.pub", *state)
    assert "version 1, signed by key" in run("install", "one.tar", *state)
    run("sign", "bundle", "--key", "ward.key", "--version", "2", "--expires", "2100-01-01")
    assert "version 2" in run("install", "bundle", *state)
    listed = run("list", *state)
    assert "2100-01-01  active, on trial  whole" in listed
    assert "to go back to" in listed
    assert "slots/a: active" in run("rollback", *state)
    assert "rolled back: by edgekit bundle rollback" in run("list", *state)
    assert "is not newer than 1" in refused(IntegrityError, "install", "one.tar", *state)
    assert "no other bundle" in refused(UsageError, "rollback", *state)


def test_a_passphrase_is_asked_or_read(folder: Path) -> None:
    run("keygen", "--key", "ward.key", said="open sesame\nopen sesame\n")
    (folder / "phrase").write_text("open sesame\n")
    sign = ("sign", "bundle", "--key", "ward.key", "--version", "1")
    assert "version=1" in run(*sign, "--passphrase-file", "phrase")
    (folder / "phrase").write_text("wrong\n")
    assert "wrong passphrase" in refused(UsageError, *sign, "--passphrase-file", "phrase")
    (folder / "phrase").write_text("\n")
    assert "first line is empty" in refused(UsageError, *sign, "--passphrase-file", "phrase")


@pytest.mark.usefixtures("folder")
def test_a_key_is_rotated() -> None:
    state = ("--state", "state")
    for name in ("old", "new"):
        run("keygen", "--key", f"{name}.key", "--no-passphrase")
    run("install", "old.pub", *state)
    assert "have it signed" in refused(IntegrityError, "install", "new.pub", *state)
    assert "vouches for new.pub" in run("sign", "new.pub", "--key", "old.key")
    assert "is trusted" in run("install", "new.pub", *state)


@pytest.mark.usefixtures("folder")
def test_what_does_not_go_together() -> None:
    run("keygen", "--key", "ward.key", "--no-passphrase")
    for words in (
        ("keygen", "--key", "x.key", "--no-passphrase", "--passphrase-file", "x"),
        ("sign", "bundle", "--key", "ward.key"),
        ("sign", "ward.pub", "--key", "ward.key", "--version", "1"),
        ("sign", "bundle", "--key", "ward.key", "--version", "0"),
        ("sign", "bundle", "--key", "ward.key", "--version", "1", "--expires", "soon"),
        ("sign", "bundle", "--key", "ward.key", "--version", "1", "--expires", "2020-01-01"),
        ("sign", "bundle", "--key", "gone.key", "--version", "1"),
        ("install", "gone.tar", "--state", "state"),
    ):
        refused(UsageError, *words)


@pytest.mark.usefixtures("folder")
def test_without_a_key_it_says_that_nobody_vouches() -> None:
    assert "no key is installed" in run("install", "bundle", "--slots", "elsewhere")
    assert "signatures are not checked" in run("list", "--slots", "elsewhere", "--state", "state")
