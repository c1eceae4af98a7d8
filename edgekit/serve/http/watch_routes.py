"""What is true right now: for people, for a supervisor, for Prometheus, and as a live stream."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import TypeAdapter
from starlette.responses import Response, StreamingResponse

from edgekit.serve.http.access import Viewer, asks_for
from edgekit.serve.http.metrics import metrics_page
from edgekit.serve.http.parts import Parts, as_json, as_json_of
from edgekit.serve.http.refusals import documented, refused
from edgekit.serve.http.replies import AliveReply, ReadyReply, SessionReply
from edgekit.serve.http.state_reply import StateReply, is_armed
from edgekit.serve.http.stream import LiveResponse
from edgekit.serve.live import Identity

ALIVE_S = 3.0
"""A core that has published nothing for so long is not alive."""
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Server-sent events: state (at least once a second), pose, decision, "
        "transition, lost",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}
_METRICS: dict[int | str, dict[str, Any]] = {
    200: {"description": "Prometheus text", "content": {"text/plain": {}}},
}


def watch_routes(parts: Parts) -> APIRouter:
    """Return the routes of the state, behind their scopes."""
    router = APIRouter(tags=["watch"])
    _add_probes(router, parts)
    _add_metrics(router, parts)
    _add_who(router, parts)
    _add_state(router, parts)
    return router


def _add_probes(router: APIRouter, parts: Parts) -> None:
    """What a service manager or load balancer asks, without a token."""

    @router.get(
        "/healthz",
        response_model=AliveReply,
        responses=documented(503),
        openapi_extra=asks_for(None),
    )
    async def healthz() -> Response:
        """Whether the process works: 503 when its core has been silent for 3 s."""
        snapshot = parts.live.snapshot
        if snapshot is None or parts.clock() - snapshot.mono_s >= ALIVE_S:
            raise refused(503, "the core is silent")
        return as_json(AliveReply())

    @router.get(
        "/readyz",
        response_model=ReadyReply,
        responses={
            **documented(401),
            503: {"model": ReadyReply, "description": "It does not watch"},
        },
        openapi_extra=asks_for(None),
    )
    async def readyz(request: Request) -> Response:
        """Whether it watches: 200 only when ARMED or DEGRADED; why not with scope view."""
        may_see = parts.access.caller(request).may("view")
        reply = parts.state()
        reasons = [str(getattr(c.condition, "value", c.condition)) for c in reply.conditions]
        ready = ReadyReply(state=reply.state.value, conditions=reasons if may_see else None)
        status = HTTPStatus.OK if is_armed(reply) else HTTPStatus.SERVICE_UNAVAILABLE
        content = ready.model_dump_json(exclude_none=True)
        return Response(content, status, media_type="application/json")


def _add_metrics(router: APIRouter, parts: Parts) -> None:
    render = metrics_page(parts.live.identity, parts.state)

    @router.get(
        "/metrics",
        response_class=Response,
        responses={**documented(401), **_METRICS},
        openapi_extra=asks_for("view"),
    )
    async def metrics(_: Viewer) -> Response:
        """The watch state for Prometheus."""
        return Response(render(), headers={"content-type": CONTENT_TYPE_LATEST})


def _add_who(router: APIRouter, parts: Parts) -> None:
    """Who asks, and who answers."""
    identity, access = parts.live.identity, parts.access
    identities = TypeAdapter(Identity)

    @router.get(
        "/api/v1/session",
        response_model=SessionReply,
        responses=documented(401),
        openapi_extra=asks_for(None),
    )
    async def session(request: Request) -> Response:
        """What the caller may do here."""
        caller = access.caller(request)
        return as_json(
            SessionReply(
                scope=caller.scope,
                name=caller.name,
                is_open=access.is_open,
                device=identity.device if caller.may("view") else "",
            )
        )

    @router.get(
        "/api/v1/identity",
        response_model=Identity,
        responses=documented(401),
        openapi_extra=asks_for("view"),
    )
    async def about(_: Viewer) -> Response:
        """What does not change while the daemon runs."""
        return as_json_of(identities, identity)


def _add_state(router: APIRouter, parts: Parts) -> None:
    """How things stand: once, or as it happens."""

    @router.get(
        "/api/v1/state",
        response_model=StateReply,
        responses=documented(401),
        openapi_extra=asks_for("view"),
    )
    async def state(_: Viewer) -> Response:
        """The whole picture now."""
        return as_json(parts.state())

    @router.get(
        "/api/v1/live",
        response_class=StreamingResponse,
        responses={**documented(401), **_STREAM},
        openapi_extra=asks_for("view"),
    )
    async def live(caller: Viewer) -> Response:
        """Everything as it happens, until the token is revoked."""
        client = parts.hub.enter()
        if client is None:
            raise refused(429, "too many live streams", wait_s=10)
        return LiveResponse(parts.hub, client, lambda: parts.access.is_still_good(caller))
