"""What every request passes before any route: rate, Host, Origin, size; and headers on each answer.

A browser on the same network is the enemy here: another site's page must neither read (Host, or
DNS rebinding would do it) nor act (Origin, JSON only), and nothing foreign may run in ours (CSP).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edgekit.serve.http.addresses import client_key, host_name, is_own
from edgekit.serve.http.limits import Limits
from edgekit.serve.http.rates import Rates
from edgekit.serve.http.refusals import refusal

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
HEADERS: dict[str, str] = {
    "content-security-policy": CSP,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), usb=(), serial=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
"""No HSTS: with a self-made certificate it would lock the family out of the page."""


@dataclass(frozen=True)
class Guard:
    """An ASGI application around another."""

    app: ASGIApp
    names: frozenset[str]
    """Host names that are ours."""
    limits: Limits
    rates: Rates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request, or hand it on with its whole body."""
        if scope["type"] != "http":
            return
        safe_send = _with_headers(send)
        no = self._refusal(scope)
        if no is None:
            body = await self._body(scope, receive)
            if isinstance(body, bytes):
                await self.app(scope, _replayed(body, receive), safe_send)
                return
            no = body
        await no(scope, receive, safe_send)

    def _refusal(self, scope: Scope) -> JSONResponse | None:
        # The page is thirty small files in memory: a tablet that reloads it must not be left
        # with half of them.
        if not _is_of_the_page(scope["path"]):
            wait = self.rates.wait_s(client_key(scope["client"][0] if scope["client"] else ""))
            if wait:
                return refusal(429, wait_s=wait, is_last=True)
        headers = Headers(scope=scope)
        host, origin = headers.get("host", ""), headers.get("origin")
        name = host_name(host)
        if name is None or len(headers.getlist("host")) != 1:
            return refusal(400)
        if not is_own(name, self.names, scope["server"][0] if scope["server"] else ""):
            return refusal(421)
        if origin is not None and origin.lower() != f"{scope['scheme']}://{host.lower()}":
            return refusal(403, "the request comes from another site's page")
        if scope["method"] == "POST" and not _is_json(headers.get("content-type", "")):
            return refusal(415, is_last=True)
        return None

    async def _body(self, scope: Scope, receive: Receive) -> bytes | JSONResponse:
        told = Headers(scope=scope).get("content-length", "0")
        if not told.isdecimal() or int(told[:20]) > self.limits.body_bytes:
            return refusal(413, is_last=True)
        try:
            body = await asyncio.wait_for(self._gathered(receive), self.limits.body_s)
        except asyncio.TimeoutError:
            return refusal(408, is_last=True)
        return refusal(413, is_last=True) if body is None else body

    async def _gathered(self, receive: Receive) -> bytes | None:
        """Return a whole body; None as soon as it is too large, or its sender has gone."""
        body = bytearray()
        while True:
            message = await receive()
            body += message.get("body", b"")
            if len(body) > self.limits.body_bytes or message["type"] != "http.request":
                return None
            if not message.get("more_body", False):
                return bytes(body)


def _replayed(body: bytes, receive: Receive) -> Receive:
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return waiting.pop() if waiting else await receive()

    return replay


def _with_headers(send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.update(HEADERS)
            headers.setdefault("cache-control", "no-store")
        await send(message)

    return send_with_headers


def _is_of_the_page(path: str) -> bool:
    return path == "/" or path.startswith("/static/")


def _is_json(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() == "application/json"
