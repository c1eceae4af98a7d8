"""The public keys that a device trusts: `*.pub` files in one folder, and how a new one gets there.

The first is taken on the word of whoever installs it. Every further one must be signed by one that
is there: that is rotation. To stop trusting a key, delete its file.
"""

from __future__ import annotations

from pathlib import Path

from edgekit import files
from edgekit.errors import IntegrityError, UsageError
from edgekit.field.minisign import MAX_FILE_BYTES, PublicKey, read_public_key, read_signature
from edgekit.field.owner import give_to_owner
from edgekit.field.secret_key import SecretKey

_COMMENT = "edgekit key"
"""Trusted comment of a signed key: a signature of something else never makes a key trusted."""


def read_keys(folder: Path) -> tuple[PublicKey, ...]:
    """Return the installed keys, by name; none where there is no such folder.

    Raises:
        IntegrityError: A file there is no key: it may have been the one that counts.
    """
    try:
        paths = sorted(folder.glob("*.pub"))
        return tuple(read_public_key(_content(path), str(path)) for path in paths)
    except OSError as error:
        raise IntegrityError(f"{folder}: keys cannot be read: {error.strerror}") from error


def signature_of(path: Path) -> Path:
    """Return where the signature of a key's file lies."""
    return path.with_name(f"{path.name}.minisig")


def sign_key(path: Path, key: SecretKey) -> Path:
    """Vouch for another public key with this one; return the signature's file.

    Raises:
        UsageError: There is no such file.
        IntegrityError: It is no public key.
        OutputError: The signature cannot be written.
    """
    content = _given(path)
    read_public_key(content, str(path))
    target = signature_of(path)
    files.write_bytes(target, key.sign(content, _COMMENT).text().encode())
    return target


def install_key(path: Path, folder: Path) -> PublicKey:
    """Trust a public key from now on: the first, or one that an installed key has signed.

    Raises:
        UsageError: There is no such file.
        IntegrityError: It is no key, or no installed key has signed it.
        OutputError: It cannot be written.
    """
    content = _given(path)
    new = read_public_key(content, str(path))
    installed = read_keys(folder)
    if new in installed:
        return new
    if any(new.key_id == key.key_id for key in installed):
        raise IntegrityError(f"{path}: another key with the id {new.name} is installed; refused")
    if installed:
        _refuse_stranger(path, content, installed)
    target = folder / f"{new.name}.pub"
    files.write_bytes(target, new.text().encode(), mode=0o644)
    give_to_owner(folder, like=folder.parent)
    return new


def _refuse_stranger(path: Path, content: bytes, installed: tuple[PublicKey, ...]) -> None:
    vouched = signature_of(path)
    if not vouched.is_file():
        raise IntegrityError(
            f"{path}: keys are installed here, and {vouched.name} is missing: have it signed by an "
            "installed key with edgekit bundle sign"
        )
    signature = read_signature(_content(vouched), str(vouched))
    is_signed = any(signature.holds_for(content, key) for key in installed)
    if not is_signed or signature.comment != _COMMENT:
        raise IntegrityError(f"{vouched}: no installed key has signed this key; refused")


def _given(path: Path) -> bytes:
    try:
        return _content(path)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error


def _content(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_FILE_BYTES)
