"""What happened before: decisions, the alarm log, health, audit."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from edgekit.serve.http.access import Admin, Viewer, asks_for
from edgekit.serve.http.event_routes import Limit
from edgekit.serve.http.parts import Parts, as_json
from edgekit.serve.http.refusals import documented
from edgekit.serve.http.replies import (
    AuditReply,
    DecisionsReply,
    HealthReply,
    TransitionsReply,
    stored_decision_reply,
    stored_transition_reply,
)

_ANSWERS = documented(401, 422, 503)


def history_routes(parts: Parts) -> APIRouter:
    """Return the routes of the past: scope view, and admin for the audit."""
    router = APIRouter(prefix="/api/v1", tags=["history"])
    reader = parts.reader
    view = asks_for("view")

    @router.get("/decisions", response_model=DecisionsReply, responses=_ANSWERS, openapi_extra=view)
    async def decisions(
        _: Viewer,
        minutes: Annotated[float, Query(gt=0, le=1440, allow_inf_nan=False)] = 10,
    ) -> Response:
        """Kept decisions of this start of the daemon, oldest first."""
        boot_id, since = parts.live.identity.boot_id, parts.clock() - minutes * 60
        found = await parts.read(lambda: reader.decisions(boot_id=boot_id, since_mono_s=since))
        return as_json(DecisionsReply(decisions=list(map(stored_decision_reply, found))))

    @router.get(
        "/transitions",
        response_model=TransitionsReply,
        responses=_ANSWERS,
        openapi_extra=view,
    )
    async def transitions(_: Viewer, limit: Limit = 200) -> Response:
        """The alarm log, newest first."""
        found = await parts.read(lambda: reader.transitions(limit=limit))
        return as_json(TransitionsReply(transitions=list(map(stored_transition_reply, found))))

    @router.get("/health", response_model=HealthReply, responses=_ANSWERS, openapi_extra=view)
    async def health(
        _: Viewer,
        since_utc_s: Annotated[float | None, Query(allow_inf_nan=False)] = None,
    ) -> Response:
        """The hourly rows, oldest first."""
        found = await parts.read(lambda: reader.health(since_utc_s=since_utc_s))
        return as_json(HealthReply(health=found))

    @router.get(
        "/audit",
        response_model=AuditReply,
        responses=_ANSWERS,
        openapi_extra=asks_for("admin"),
    )
    async def audit(_: Admin, limit: Limit = 200) -> Response:
        """What people did besides handling alarms, newest first."""
        found = await parts.read(lambda: reader.audit(limit=limit))
        return as_json(AuditReply(audit=found))

    return router
