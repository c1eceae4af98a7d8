"""Our files and Debian's minisign's are the same files."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgekit.errors import IntegrityError, UsageError
from edgekit.field import secret_key as module
from edgekit.field.minisign import read_public_key, read_signature
from edgekit.field.secret_key import (
    SecretKey,
    is_sealed,
    new_secret_key,
    read_secret_key,
    write_key_pair,
)

CONTENT, COMMENT = b"what is signed\n", "edgekit bundle version=7 signed=2026-11-22"
PASSPHRASE = "a long sentence of nobody"  # noqa: S105 -- of keys made here


def minisign(folder: Path, *words: str, said: str = "") -> subprocess.CompletedProcess[str]:
    program = shutil.which("minisign")
    if program is None:
        pytest.skip("needs Debian's minisign: make tools")
    return subprocess.run(
        [program, *words], cwd=folder, input=said, capture_output=True, text=True, check=False
    )


def signed(folder: Path, key: SecretKey) -> None:
    (folder / "file").write_bytes(CONTENT)
    (folder / "file.minisig").write_text(key.sign(CONTENT, COMMENT).text())


@pytest.mark.parametrize("passphrase", ["", PASSPHRASE])
def test_minisign_verifies_ours_and_signs_with_our_key(passphrase: str, tmp_path: Path) -> None:
    public, _ = write_key_pair(tmp_path / "ours.key", new_secret_key(), passphrase)
    key = read_secret_key(tmp_path / "ours.key", passphrase)
    signed(tmp_path, key)
    found = minisign(tmp_path, "-V", "-p", "ours.pub", "-m", "file")
    assert found.returncode == 0, found.stderr
    assert f"Trusted comment: {COMMENT}" in found.stdout
    quiet = [] if passphrase else ["-W"]
    found = minisign(
        tmp_path, "-S", *quiet, "-s", "ours.key", "-m", "file", "-t", "theirs", said=passphrase
    )
    assert found.returncode == 0, found.stderr
    theirs = read_signature((tmp_path / "file.minisig").read_bytes(), "theirs")
    assert theirs.holds_for(CONTENT, public)
    assert theirs.comment == "theirs"


def test_we_read_minisigns_keys_and_verify_its_signature(tmp_path: Path) -> None:
    assert minisign(tmp_path, "-G", "-W", "-p", "k.pub", "-s", "k.key").returncode == 0
    (tmp_path / "file").write_bytes(CONTENT)
    minisign(tmp_path, "-S", "-W", "-s", "k.key", "-m", "file", "-t", COMMENT)
    text = (tmp_path / "k.pub").read_bytes()
    public = read_public_key(text, "k.pub")
    assert public.text().encode() == text
    assert read_secret_key(tmp_path / "k.key", "").public == public
    signature = read_signature((tmp_path / "file.minisig").read_bytes(), "file.minisig")
    assert signature.holds_for(CONTENT, public)
    assert signature.comment == COMMENT


def test_minisign_refuses_what_we_refuse(tmp_path: Path) -> None:
    key = new_secret_key()
    (tmp_path / "k.pub").write_text(key.public.text())
    signed(tmp_path, key)
    path = tmp_path / "file.minisig"
    text = path.read_text()
    path.write_text(text.replace("version=7", "version=8"))
    assert minisign(tmp_path, "-V", "-p", "k.pub", "-m", "file").returncode != 0
    forged = read_signature(path.read_bytes(), "forged")
    assert not forged.holds_for(CONTENT, key.public)


def test_nothing_but_what_was_signed_by_that_key_holds() -> None:
    key, other = new_secret_key(), new_secret_key()
    signature = key.sign(CONTENT, COMMENT)
    again = read_signature(signature.text().encode(), "ours")
    assert again == signature
    assert again.holds_for(CONTENT, key.public)
    assert not again.holds_for(CONTENT + b"\n", key.public)
    assert not again.holds_for(CONTENT, other.public)
    impostor = SecretKey(key.key_id, other.seed).public
    assert not again.holds_for(CONTENT, impostor), "the id alone is nothing"


def test_an_unhashed_signature_is_refused(tmp_path: Path) -> None:
    minisign(tmp_path, "-G", "-W", "-p", "k.pub", "-s", "k.key")
    (tmp_path / "file").write_bytes(CONTENT)
    minisign(tmp_path, "-S", "-l", "-W", "-s", "k.key", "-m", "file")
    with pytest.raises(IntegrityError, match="not a prehashed signature"):
        read_signature((tmp_path / "file.minisig").read_bytes(), "file.minisig")


def test_a_secret_key_is_its_owners_and_needs_its_passphrase(tmp_path: Path) -> None:
    path = tmp_path / "k.key"
    key = new_secret_key()
    write_key_pair(path, key, PASSPHRASE)
    assert path.stat().st_mode & 0o777 == 0o600
    assert is_sealed(path)
    assert key.seed not in path.read_bytes()
    assert key.seed.hex() not in repr(key)
    with pytest.raises(UsageError, match="wrong passphrase"):
        read_secret_key(path, "another")
    with pytest.raises(UsageError, match="never overwritten"):
        write_key_pair(path, key, PASSPHRASE)
    with pytest.raises(UsageError, match="public half"):
        write_key_pair(tmp_path / "k.pub", key, "")


def test_a_key_file_that_asks_for_all_memory_gets_none(tmp_path: Path) -> None:
    import base64

    path = tmp_path / "k.key"
    write_key_pair(path, new_secret_key(), PASSPHRASE)
    first, line, _ = path.read_text().split("\n")
    raw = bytearray(base64.b64decode(line))
    raw[46:54] = (1 << 62).to_bytes(8, "little")
    path.write_text(f"{first}\n{base64.b64encode(raw).decode()}\n")
    with pytest.raises(IntegrityError, match="unusual scrypt limits"):
        read_secret_key(path, PASSPHRASE)
    assert module.is_sealed(path)


@given(st.binary(max_size=400))
def test_garbage_is_no_key_and_no_signature(content: bytes) -> None:
    for read in (read_public_key, read_signature):
        with pytest.raises(IntegrityError, match="not a minisign"):
            read(content, "file")


@given(st.data())
def test_a_changed_byte_never_leaves_a_good_signature(data: st.DataObject) -> None:
    key = SecretKey(b"12345678", bytes(32))
    text = bytearray(key.sign(CONTENT, COMMENT).text().encode())
    begin = text.index(b"\n") + 1
    at = data.draw(st.integers(begin, len(text) - 2))
    text[at] ^= data.draw(st.integers(1, 255))
    try:
        found = read_signature(bytes(text), "file")
    except IntegrityError:
        return
    same = key.sign(CONTENT, COMMENT)
    # Base64 has spare bits, and CR before LF is no content: only what means the same may hold.
    assert not found.holds_for(CONTENT, key.public) or found == same
