"""The application: all routes behind the guard, and their OpenAPI description."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from edgekit import __version__
from edgekit.serve.http import refusals
from edgekit.serve.http.alarm_routes import alarm_routes
from edgekit.serve.http.event_routes import event_routes
from edgekit.serve.http.history_routes import history_routes
from edgekit.serve.http.page_routes import FOLDER, page_routes, read_page
from edgekit.serve.http.parts import Parts
from edgekit.serve.http.watch_routes import watch_routes

OPENAPI_PATH = "/api/v1/openapi.json"
_ABOUT = """State, alarms and history of one bedside device. Research software, no medical device.

Tokens go into the header `Authorization: Bearer ...`, never into a URL. Each scope includes those
before it: view, ack, admin. On loopback no token is asked for unless the settings say so.
Every error is `{"error": text}`.
"""
_TOKEN = {"type": "http", "scheme": "bearer", "description": "edgekit token new"}


def build_app(parts: Parts) -> FastAPI:
    """Return the application, without the guard."""
    app = FastAPI(
        title="edgekit",
        version=__version__,
        description=_ABOUT,
        openapi_url=OPENAPI_PATH,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.access = parts.access
    refusals.install(app)
    for router in (
        watch_routes(parts),
        alarm_routes(parts),
        event_routes(parts),
        history_routes(parts),
        page_routes(read_page(FOLDER)),
    ):
        app.include_router(router)
    _describe(app)
    return app


def _describe(app: FastAPI) -> None:
    """Add the security scheme to the description, which FastAPI then keeps and serves."""
    schema: dict[str, Any] = app.openapi()
    schema["components"].setdefault("securitySchemes", {})["token"] = _TOKEN
    app.openapi_schema = schema
