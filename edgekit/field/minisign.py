"""Public keys and signatures in minisign's file formats, and their checking.

    untrusted comment: <free text, signed by nobody>
    base64("ED" + key id (8) + Ed25519 signature (64) of the file's BLAKE2b-512)
    trusted comment: <text>
    base64(Ed25519 signature (64) of the signature above and the text)

Source: https://jedisct1.github.io/minisign/. Only prehashed signatures ("ED", what minisign
writes by default) are read.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass

from edgekit.errors import IntegrityError, MissingExtraError

PREHASHED, KEY_KIND = b"ED", b"Ed"
KEY_ID_BYTES, KEY_BYTES, SIGNATURE_BYTES = 8, 32, 64
UNTRUSTED, TRUSTED = "untrusted comment: ", "trusted comment: "
MAX_FILE_BYTES = 4096
"""No key or signature is longer; longer files are not read."""


@dataclass(frozen=True)
class PublicKey:
    """What a signature is checked with."""

    key_id: bytes
    """(8,) random; tells keys apart, and is no secret."""
    key: bytes
    """(32,) Ed25519."""

    @property
    def name(self) -> str:
        """The key id as minisign prints it."""
        return name_of(self.key_id)

    def text(self) -> str:
        """Return the file that holds it."""
        line = _encode(KEY_KIND + self.key_id + self.key)
        return f"{UNTRUSTED}minisign public key {self.name}\n{line}\n"


@dataclass(frozen=True)
class Signature:
    """A signature file, read but not checked."""

    key_id: bytes
    signature: bytes
    """(64,) of the file's BLAKE2b-512."""
    comment: str
    """The trusted comment."""
    comment_signature: bytes
    """(64,) of `signature` and `comment`."""

    @property
    def name(self) -> str:
        """The id of the key that made it, as minisign prints it."""
        return name_of(self.key_id)

    def text(self) -> str:
        """Return the file that holds it."""
        return (
            f"{UNTRUSTED}signature from edgekit, key {self.name}\n"
            f"{_encode(PREHASHED + self.key_id + self.signature)}\n"
            f"{TRUSTED}{self.comment}\n{_encode(self.comment_signature)}\n"
        )

    def holds_for(self, content: bytes, key: PublicKey) -> bool:
        """Tell whether `key` signed both this content and the trusted comment."""
        return key.key_id == self.key_id and (
            _is_signed(key, self.signature, digest(content))
            and _is_signed(key, self.comment_signature, self.signature + self.comment.encode())
        )


def read_public_key(content: bytes, name: str) -> PublicKey:
    """Read a public key's file; `name` is how an error calls it.

    Raises:
        IntegrityError: It is none.
    """
    lines = _lines(content, name, "public key")
    if len(lines) != 2 or not lines[0].startswith(UNTRUSTED):
        raise _no(name, "public key")
    raw = _decode(lines[1], name, "public key")
    if len(raw) != 2 + KEY_ID_BYTES + KEY_BYTES or raw[:2] != KEY_KIND:
        raise _no(name, "public key")
    return PublicKey(raw[2:10], raw[10:])


def read_signature(content: bytes, name: str) -> Signature:
    """Read a signature's file; `name` is how an error calls it.

    Raises:
        IntegrityError: It is none, or not a prehashed one.
    """
    lines = _lines(content, name, "signature")
    is_shaped = len(lines) == 4 and lines[0].startswith(UNTRUSTED) and lines[2].startswith(TRUSTED)
    if not is_shaped:
        raise _no(name, "signature")
    raw, over_comment = (_decode(lines[at], name, "signature") for at in (1, 3))
    if len(raw) != 2 + KEY_ID_BYTES + SIGNATURE_BYTES or len(over_comment) != SIGNATURE_BYTES:
        raise _no(name, "signature")
    if raw[:2] != PREHASHED:
        raise IntegrityError(
            f"{name}: not a prehashed signature; sign it again without minisign -l"
        )
    return Signature(raw[2:10], raw[10:], lines[2][len(TRUSTED) :], over_comment)


def digest(content: bytes) -> bytes:
    """Return what is signed in place of a file, its BLAKE2b-512 (64 bytes)."""
    return hashlib.blake2b(content).digest()


def name_of(key_id: bytes) -> str:
    """Return a key id as minisign prints it: a little-endian number in hexadecimal digits."""
    return f"{int.from_bytes(key_id, 'little'):X}"


def _is_signed(key: PublicKey, signature: bytes, message: bytes) -> bool:
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ModuleNotFoundError as error:
        raise MissingExtraError("serve", "cryptography") from error
    try:
        Ed25519PublicKey.from_public_bytes(key.key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _lines(content: bytes, name: str, what: str) -> list[str]:
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise _no(name, what) from error
    # Only line feeds separate, as in minisign: splitlines() would also break at a form feed.
    return [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")]


def _encode(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def _decode(line: str, name: str, what: str) -> bytes:
    try:
        return base64.b64decode(line, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _no(name, what) from error


def _no(name: str, what: str) -> IntegrityError:
    return IntegrityError(f"{name}: not a minisign {what}; copy it again")
