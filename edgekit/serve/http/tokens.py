"""Who may do what: tokens, shown once and kept as SHA-256 in `tokens.json` (0600).

A token is 256 random bits, so its plain hash is safe to keep. The daemon reads the file again
when it changes: a revoked token ends within seconds. A file that cannot be read lets nobody in.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import logging
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from edgekit.errors import DataError, UsageError
from edgekit.files import write_bytes, writing
from edgekit.records import Frozen, first_problem

log = logging.getLogger("edgekit.http")

Scope = Literal["view", "ack", "admin"]
SCOPES: tuple[Scope, ...] = ("view", "ack", "admin")
"""Each includes those before it."""

_Version = tuple[int, int, int] | None


class Token(Frozen):
    """One token, without its secret."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.\-]{0,31}$")
    """Who holds it, as the log shows."""
    scope: Scope
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    created_utc_s: float


class _TokenFile(Frozen):
    schema_version: Literal[1] = 1
    tokens: tuple[Token, ...] = Field((), max_length=100)


class TokenStore:
    """The tokens of one state folder."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "tokens.json"
        self._tokens: tuple[Token, ...] = ()
        self._version: _Version = None
        self._complaint = ""

    def new(self, name: str, scope: Scope, utc_s: float) -> str:
        """Make a token and return its secret, which is kept nowhere.

        Raises:
            UsageError: The name is taken, or no name.
            DataError: The file is damaged.
            OutputError: The file cannot be written.
        """
        secret = f"ek_{secrets.token_urlsafe(32)}"
        try:
            token = Token(name=name, scope=scope, sha256=_hash(secret), created_utc_s=utc_s)
        except ValidationError as error:
            raise UsageError(f"token: {first_problem(error)}") from error
        with self._locked():
            tokens = self.read()
            if name == "page" or any(name == other.name for other in tokens):
                raise UsageError(f"token {name}: the name is taken; revoke it first")
            self._write((*tokens, token))
        return secret

    def revoke(self, name: str) -> None:
        """Make a token worthless.

        Raises:
            UsageError: There is none of that name.
            DataError: The file is damaged.
            OutputError: The file cannot be written.
        """
        with self._locked():
            tokens = self.read()
            rest = tuple(token for token in tokens if token.name != name)
            if len(rest) == len(tokens):
                known = ", ".join(token.name for token in tokens) or "none"
                raise UsageError(f"token {name}: there is no such token; there are {known}")
            self._write(rest)

    def read(self) -> tuple[Token, ...]:
        """Return all tokens as the file has them now.

        Raises:
            DataError: The file cannot be read, or is damaged.
        """
        try:
            return _TokenFile.model_validate_json(self.path.read_bytes()).tokens
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise DataError(f"{self.path}: cannot be read: {error.strerror}") from error
        except ValidationError as error:
            cure = "delete it and make new tokens: edgekit token new"
            raise DataError(f"{self.path}: {first_problem(error)}; {cure}") from error

    def find(self, secret: str) -> Token | None:
        """Return the token of a secret, in a time that tells nothing of the others."""
        digest = _hash(secret)
        found = None
        for token in self._current():
            if hmac.compare_digest(token.sha256, digest):
                found = token
        return found

    def holds(self, token: Token) -> bool:
        """Return whether a token that was found before is still good."""
        return token in self._current()

    def _current(self) -> tuple[Token, ...]:
        version = _version_of(self.path)
        if version != self._version:
            try:
                self._tokens, self._version, self._complaint = self.read(), version, ""
            except DataError as error:
                # Read again at the next request: it may only have been short of file handles.
                self._tokens, self._version = (), None
                self._complain(str(error))
        return self._tokens

    def _complain(self, text: str) -> None:
        if text != self._complaint:
            self._complaint = text
            log.error("nobody is let in: %s", text)

    def _write(self, tokens: tuple[Token, ...]) -> None:
        content = _TokenFile(tokens=tokens).model_dump_json(indent=1).encode()
        write_bytes(self.path, content, mode=0o600)
        if os.geteuid() == 0:
            # Made by root for a daemon that is not root: it must be able to read it.
            owner = self.path.parent.stat()
            with writing(self.path):
                os.chown(self.path, owner.st_uid, owner.st_gid)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with writing(self.path):
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


def _version_of(path: Path) -> _Version:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size
