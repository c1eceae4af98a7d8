"""A release: a bundle's version and last day of installing, signed with its manifest.

Both stand in the signature's trusted comment, so that a manifest stays what the export wrote and
`minisign -V` shows them:

    trusted comment: edgekit bundle version=7 signed=2026-11-22 expires=2027-06-01
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from edgekit import files
from edgekit.bundle import MANIFEST_FILE, SIGNATURE_FILE, load_bundle
from edgekit.errors import IntegrityError, UsageError
from edgekit.field.minisign import MAX_FILE_BYTES, PublicKey, Signature, read_signature
from edgekit.field.secret_key import SecretKey

MAX_VERSION = 2**31 - 1
_NO_RELEASE = "signs no release of a bundle; sign it with edgekit bundle sign"
_DAY = r"\d{4}-\d{2}-\d{2}"
_COMMENT = re.compile(
    rf"edgekit bundle version=([1-9]\d{{0,9}}) signed=({_DAY})(?: expires=({_DAY}))?", re.ASCII
)


@dataclass(frozen=True)
class Release:
    """What was signed beside the manifest."""

    version: int
    """Grows with every release; an older one is never installed over a newer."""
    signed: date
    expires: date | None = None
    """Last day on which it may be installed; what is installed runs on for ever."""

    def comment(self) -> str:
        """Return the trusted comment that says so."""
        expires = "" if self.expires is None else f" expires={self.expires}"
        return f"edgekit bundle version={self.version} signed={self.signed}{expires}"

    def refuse_expired(self, today: date) -> None:
        """Refuse to install a release whose last day has passed, or on a clock that is wrong.

        Raises:
            IntegrityError: It has expired, or today lies before the day of signing.
        """
        if self.expires is None:
            return
        if today < self.signed:
            raise IntegrityError(
                f"version {self.version} was signed on {self.signed}, and the clock says {today}: "
                "set the clock, then install it again"
            )
        if today > self.expires:
            raise IntegrityError(
                f"version {self.version} could be installed until {self.expires}; get a newer one"
            )


@dataclass(frozen=True)
class Seal:
    """A release and the key that vouches for it."""

    release: Release
    key_name: str


def sign_bundle(folder: Path, key: SecretKey, release: Release) -> Path:
    """Check a bundle and put its signature into it; return the signature's file.

    Raises:
        UsageError: There is no bundle, or the version is out of range.
        IntegrityError: The bundle is damaged.
        OutputError: The signature cannot be written.
    """
    if not 1 <= release.version <= MAX_VERSION:
        raise UsageError(f"--version {release.version}: a number from 1 to {MAX_VERSION}")
    if release.expires is not None and release.expires < release.signed:
        raise UsageError(f"--expires {release.expires}: has passed already")
    load_bundle(folder)
    content = (folder / MANIFEST_FILE).read_bytes()
    path = folder / SIGNATURE_FILE
    files.write_bytes(path, key.sign(content, release.comment()).text().encode())
    return path


def check_seal(folder: Path, keys: Sequence[PublicKey]) -> Seal | None:
    """Check a bundle's signature against the installed keys; None where none is installed.

    It covers the manifest only, which has the SHA-256 of every other file: call
    `bundle.load_bundle` too.

    Raises:
        IntegrityError: It is unsigned, signed by no installed key, or signed as something else.
    """
    if not keys:
        return None
    signature = _signature_in(folder)
    content = (folder / MANIFEST_FILE).read_bytes()
    known = {key.key_id: key for key in keys}
    if signature.key_id not in known:
        raise IntegrityError(
            f"{folder}: signed by key {signature.name}, which is not installed here "
            f"({', '.join(key.name for key in keys)}); get it from who you trust"
        )
    if not signature.holds_for(content, known[signature.key_id]):
        raise IntegrityError(
            f"{folder / SIGNATURE_FILE}: does not fit the manifest: one of them was changed; get "
            "the bundle again"
        )
    return Seal(read_release(signature.comment, folder / SIGNATURE_FILE), signature.name)


def read_release(comment: str, path: Path) -> Release:
    """Read a trusted comment.

    Raises:
        IntegrityError: It is no release's.
    """
    found = _COMMENT.fullmatch(comment)
    if found is None or int(found[1]) > MAX_VERSION:
        raise IntegrityError(f"{path}: {_NO_RELEASE}")
    try:
        expires = None if found[3] is None else date.fromisoformat(found[3])
        return Release(int(found[1]), date.fromisoformat(found[2]), expires)
    except ValueError as error:
        raise IntegrityError(f"{path}: {_NO_RELEASE}") from error


def _signature_in(folder: Path) -> Signature:
    path = folder / SIGNATURE_FILE
    if not path.exists():
        raise IntegrityError(
            f"{folder}: not signed, and a key is installed here: sign it with edgekit bundle sign"
        )
    if path.is_symlink() or not path.is_file() or path.stat().st_size > MAX_FILE_BYTES:
        raise IntegrityError(f"{path}: not a minisign signature; copy it again")
    return read_signature(path.read_bytes(), str(path))
