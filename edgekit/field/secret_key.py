"""The secret key that signs, in minisign's file format: `minisign` and edgekit read each other's.

base64("Ed" + kdf (2) + "B2" + salt (32) + opslimit (8) + memlimit (8) + sealed (104)), where
`sealed` is key id, Ed25519 seed, public key and a BLAKE2b-256 of them, and is XORed with scrypt
of the passphrase where kdf is "Sc". Without a passphrase kdf and checksum are zeros.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from edgekit import files
from edgekit.errors import IntegrityError, MissingExtraError, UsageError
from edgekit.field.minisign import (
    KEY_KIND,
    MAX_FILE_BYTES,
    UNTRUSTED,
    PublicKey,
    Signature,
    digest,
)

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_SCRYPT, _NONE, _CHECKSUM = b"Sc", b"\0\0", b"B2"
_FILE_BYTES, _SEALED_BYTES = 158, 104
_R = 8
_MEMLIMIT = 1 << 27
"""Bytes that guessing a passphrase of a new key costs, each time; a Pi can spare them."""
_MAX_MEMLIMIT = 1 << 30
"""minisign's own default; no more is taken for a file that asks for it."""


@dataclass(frozen=True, repr=False)
class SecretKey:
    """A key pair. Its text form shows nothing of it."""

    key_id: bytes
    seed: bytes
    """(32,)"""

    @property
    def public(self) -> PublicKey:
        """The half that everybody may know."""
        return PublicKey(self.key_id, _private(self.seed).public_key().public_bytes_raw())

    def sign(self, content: bytes, comment: str) -> Signature:
        """Sign `content`, and `comment` with it (one line)."""
        private = _private(self.seed)
        signature = private.sign(digest(content))
        return Signature(
            self.key_id, signature, comment, private.sign(signature + comment.encode())
        )


def new_secret_key() -> SecretKey:
    """Return a new random key pair."""
    return SecretKey(secrets.token_bytes(8), secrets.token_bytes(32))


def write_secret_key(path: Path, key: SecretKey, passphrase: str) -> None:
    """Write it, readable by its owner only; an empty passphrase leaves it open.

    Raises:
        UsageError: The file exists: no key is ever written over.
        OutputError: It cannot be written.
    """
    if path.exists():
        raise UsageError(f"{path}: exists; a key is never overwritten, name another file")
    opslimit = _MEMLIMIT // 32
    body = key.key_id + key.seed + key.public.key
    if passphrase:
        salt, kdf = secrets.token_bytes(32), _SCRYPT
        limits = opslimit.to_bytes(8, "little") + _MEMLIMIT.to_bytes(8, "little")
        sealed = _xor(body + _checksum(body), _stream(passphrase, salt, _MEMLIMIT))
    else:
        salt, kdf, limits, sealed = bytes(32), _NONE, bytes(16), body + bytes(32)
    line = base64.b64encode(KEY_KIND + kdf + _CHECKSUM + salt + limits + sealed).decode("ascii")
    what = "encrypted secret key" if passphrase else "secret key, without a passphrase"
    files.write_bytes(path, f"{UNTRUSTED}minisign {what}\n{line}\n".encode(), mode=0o600)


def write_key_pair(path: Path, key: SecretKey, passphrase: str) -> tuple[PublicKey, Path]:
    """Write a secret key and, beside it as `.pub`, its public half; return that and its file.

    Raises:
        UsageError: One of the files exists, or `path` names a public key.
        OutputError: One cannot be written.
    """
    target = path.with_suffix(".pub")
    if target == path:
        raise UsageError(f"{path}: .pub is for the public half; name another file")
    if target.exists():
        raise UsageError(f"{target}: exists; a key is never overwritten, name another file")
    write_secret_key(path, key, passphrase)
    files.write_bytes(target, key.public.text().encode())
    return key.public, target


def is_sealed(path: Path) -> bool:
    """Tell whether a passphrase is needed to read it.

    Raises:
        UsageError: There is no such file.
        IntegrityError: It is no secret key.
    """
    return _raw(path)[2:4] == _SCRYPT


def read_secret_key(path: Path, passphrase: str) -> SecretKey:
    """Read a secret key of edgekit's or minisign's making.

    Raises:
        UsageError: There is no such file, or the passphrase is wrong.
        IntegrityError: It is no secret key.
    """
    raw = _raw(path)
    body = raw[54:]
    if raw[2:4] == _SCRYPT:
        opslimit, memlimit = (int.from_bytes(raw[at : at + 8], "little") for at in (38, 46))
        is_usual = 1 << 20 <= memlimit <= _MAX_MEMLIMIT and opslimit == memlimit // 32
        if not is_usual or memlimit & (memlimit - 1):
            raise IntegrityError(f"{path}: unusual scrypt limits; make the key anew")
        body = _xor(body, _stream(passphrase, raw[6:38], memlimit))
        if not secrets.compare_digest(_checksum(body[:72]), body[72:]):
            raise UsageError(f"{path}: wrong passphrase")
    key = SecretKey(body[:8], body[8:40])
    if key.public.key != body[40:72]:
        raise IntegrityError(f"{path}: damaged: its halves do not belong together; restore it")
    return key


def _raw(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            text = file.read(MAX_FILE_BYTES).decode("ascii")
        raw = base64.b64decode(text.split("\n")[1].strip(), validate=True)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, IndexError, binascii.Error) as error:
        raise IntegrityError(f"{path}: not a minisign secret key") from error
    is_shaped = len(raw) == _FILE_BYTES and raw[:2] == KEY_KIND and raw[4:6] == _CHECKSUM
    if not is_shaped or raw[2:4] not in (_SCRYPT, _NONE):
        raise IntegrityError(f"{path}: not a minisign secret key")
    return raw


def _stream(passphrase: str, salt: bytes, memlimit: int) -> bytes:
    """Return scrypt's bytes as libsodium would with opslimit = memlimit / 32: N from memory."""
    n = memlimit // (128 * _R)
    return hashlib.scrypt(
        passphrase.encode(), salt=salt, n=n, r=_R, p=1, maxmem=memlimit * 2, dklen=_SEALED_BYTES
    )


def _checksum(body: bytes) -> bytes:
    return hashlib.blake2b(KEY_KIND + body, digest_size=32).digest()


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


def _private(seed: bytes) -> Ed25519PrivateKey:
    try:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    except ModuleNotFoundError as error:
        raise MissingExtraError("serve", "cryptography") from error
    return Ed25519PrivateKey.from_private_bytes(seed)
