"""Every answer that is not the wanted one: `{"error": text}`, and which a route may give."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.responses import JSONResponse

from edgekit.errors import EdgekitError

log = logging.getLogger("edgekit.http")


class ErrorReply(BaseModel):
    """What went wrong."""

    error: str


REASONS: dict[int, str] = {
    400: "The request is malformed",
    401: "A token is needed, and none or a wrong one was given",
    403: "The token's scope is too small, or the request comes from another site's page",
    404: "There is no such thing",
    405: "There is no such method here",
    408: "The body came too slowly",
    413: "The body is too large",
    415: "The body is not application/json",
    421: "The Host header does not name this device",
    422: "A field is missing, unknown or out of range",
    429: "Too many requests, wrong tokens or streams; Retry-After says when to come back",
    503: "The daemon cannot answer now: nothing is known of the outcome, or of what was kept",
}
_EVERYWHERE = (400, 403, 408, 413, 421, 429)
"""What the guard in front of every route may answer."""


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the error answers of a route for its OpenAPI entry."""
    return {
        status: {"model": ErrorReply, "description": REASONS[status]}
        for status in sorted({*_EVERYWHERE, *statuses})
    }


def refusal(
    status: int, text: str | None = None, *, wait_s: float | None = None, is_last: bool = False
) -> JSONResponse:
    """Return an answer that is an error; `is_last` closes the connection after it."""
    headers = {"retry-after": str(math.ceil(wait_s))} if wait_s is not None else {}
    if status == HTTPStatus.UNAUTHORIZED:
        headers["www-authenticate"] = "Bearer"
    if is_last:
        headers["connection"] = "close"
    return _error(status, text or REASONS[status], headers)


def install(app: FastAPI) -> None:
    """Make all errors of an application look alike; none shows what is inside."""
    app.add_exception_handler(StarletteHTTPException, _on_refused)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(EdgekitError, _on_unreadable)
    app.add_exception_handler(Exception, _on_failed)


def refused(status: int, text: str | None = None, *, wait_s: float | None = None) -> HTTPException:
    """Return an exception that ends a route with an error."""
    answer = refusal(status, text, wait_s=wait_s)
    headers = {
        name: value
        for name, value in answer.headers.items()
        if name not in {"content-length", "content-type"}
    }
    return HTTPException(status, text or REASONS[status], headers)


async def _on_refused(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, StarletteHTTPException)
    return _error(error.status_code, error.detail, error.headers)


async def _on_invalid(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    # Its place and kind only: the value given may be anything.
    return _error(422, f"{where}: {first['msg']}".encode("ascii", "replace").decode(), None)


async def _on_unreadable(_request: Request, error: Exception) -> JSONResponse:
    log.warning("an answer is missing: %s", error)
    return _error(503, "what was kept cannot be read now; the state says why", None)


async def _on_failed(_request: Request, _error_inside: Exception) -> JSONResponse:
    # Starlette raises it again after this answer, and uvicorn writes it to the log.
    return _error(500, "internal error; the daemon's log says more", None)


def _error(status: int, text: str, headers: Mapping[str, str] | None) -> JSONResponse:
    return JSONResponse({"error": text}, status, dict(headers or {}))
