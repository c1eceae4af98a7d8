"""Which scope a request has, and which it needs: a bearer token in the header, nowhere else."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import Depends, HTTPException, Request

from edgekit.serve.http.addresses import client_key
from edgekit.serve.http.rates import Rates
from edgekit.serve.http.refusals import refused
from edgekit.serve.http.tokens import SCOPES, Scope, Token, TokenStore

log = logging.getLogger("edgekit.http")

_RANKS: dict[str, int] = {"none": 0, **{scope: rank for rank, scope in enumerate(SCOPES, 1)}}
_LOCAL_NAME = "page"


@dataclass(frozen=True)
class Caller:
    """Who asks."""

    name: str
    """The token's; `page` without one."""
    scope: Literal["none"] | Scope
    token: Token | None
    """None on an open server, and for whoever has none."""

    def may(self, scope: Scope) -> bool:
        """Return whether this scope is within the caller's."""
        return _RANKS[self.scope] >= _RANKS[scope]

    def signed(self, typed: str | None) -> str:
        """Return who goes into the log: the token's name, and what the person typed."""
        return f"{self.name}: {typed}" if typed else self.name


class Access:
    """Finds the caller of a request."""

    def __init__(
        self,
        tokens: TokenStore,
        wrong: Rates,
        audit: Callable[[str, str, str], None],
        *,
        is_open: bool,
    ) -> None:
        self.is_open = is_open
        self._tokens = tokens
        self._wrong = wrong
        self._audit = audit
        self._noisy: str | None = None

    def caller(self, request: Request) -> Caller:
        """Return who asks; a wrong token is refused, none at all is `none`.

        Raises:
            HTTPException: 401, or 429 after too many wrong ones.
        """
        given = request.headers.get("authorization")
        if self.is_open:
            token = None if given is None else self._find(given)
            return Caller(token.name if token else _LOCAL_NAME, "admin", token)
        if given is None:
            return Caller("", "none", None)
        token = self._find(given)
        if token is None:
            raise self._wrong_token(client_key(request.client.host if request.client else ""))
        return Caller(token.name, token.scope, token)

    def is_still_good(self, caller: Caller) -> bool:
        """Return whether a caller, found before, has not been revoked."""
        return caller.token is None or self._tokens.holds(caller.token)

    def needed(self, request: Request, scope: Scope) -> Caller:
        """Return who asks, when the scope suffices.

        Raises:
            HTTPException: 401, 403, or 429 after too many wrong tokens.
        """
        caller = self.caller(request)
        if caller.scope == "none":
            raise refused(401)
        if not caller.may(scope):
            raise refused(403, f"this needs the scope {scope}; the token has {caller.scope}")
        return caller

    def _find(self, header: str) -> Token | None:
        kind, _, secret = header.partition(" ")
        return self._tokens.find(secret.strip()) if kind.lower() == "bearer" else None

    def _wrong_token(self, address: str) -> HTTPException:
        wait = self._wrong.wait_s(address)
        if not wait:
            return refused(401)
        if address != self._noisy:
            # Once for a guesser, or it could fill the log.
            self._noisy = address
            log.warning("many wrong tokens from %s", address)
            self._audit(address, "wrong tokens", "further ones are slowed down")
        return refused(429, wait_s=wait)


def asks_for(scope: Scope | None) -> dict[str, Any]:
    """Return what a route's OpenAPI entry says of the token; None: it needs none."""
    if scope is None:
        return {"security": [], "x-scope": "none"}
    return {"security": [{"token": [scope]}], "x-scope": scope}


def access_of(request: Request) -> Access:
    """Return the access rules of the application that a request came to."""
    access = request.app.state.access
    assert isinstance(access, Access)
    return access


async def _viewer(request: Request) -> Caller:
    return access_of(request).needed(request, "view")


async def _attendant(request: Request) -> Caller:
    return access_of(request).needed(request, "ack")


async def _admin(request: Request) -> Caller:
    return access_of(request).needed(request, "admin")


Viewer = Annotated[Caller, Depends(_viewer)]
"""Parameter of a route that needs scope view; it is asked before anything else is looked at."""
Attendant = Annotated[Caller, Depends(_attendant)]
"""... scope ack."""
Admin = Annotated[Caller, Depends(_admin)]
"""... scope admin."""
