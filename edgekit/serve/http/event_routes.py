"""The events: possible spasms and clusters, and the skeletons around them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import TypeAdapter
from starlette.responses import Response

from edgekit.serve.http.access import Viewer, asks_for
from edgekit.serve.http.alarm_routes import LARGEST_ID
from edgekit.serve.http.parts import Parts, as_json, as_json_of
from edgekit.serve.http.refusals import documented, refused
from edgekit.serve.http.replies import EventsReply, LandmarksReply, landmarks_reply
from edgekit.serve.store.seams import StoredEvent

Limit = Annotated[int, Query(ge=1, le=1000)]
EventId = Annotated[int, Path(ge=1, le=LARGEST_ID)]


def event_routes(parts: Parts) -> APIRouter:
    """Return the routes of the events: scope view."""
    router = APIRouter(prefix="/api/v1", tags=["history"])
    reader = parts.reader
    view, adapter = asks_for("view"), TypeAdapter(StoredEvent)

    @router.get(
        "/events",
        response_model=EventsReply,
        responses=documented(401, 422, 503),
        openapi_extra=view,
    )
    async def events(
        _: Viewer,
        limit: Limit = 100,
        before_id: Annotated[int | None, Query(ge=1, le=LARGEST_ID)] = None,
    ) -> Response:
        """Possible spasms and clusters, newest first."""
        found = await parts.read(lambda: reader.events(limit=limit, before_id=before_id))
        return as_json(EventsReply(events=found))

    @router.get(
        "/events/{event_id}",
        response_model=StoredEvent,
        responses=documented(401, 404, 422, 503),
        openapi_extra=view,
    )
    async def event(_: Viewer, event_id: EventId) -> Response:
        """One event."""
        found = await parts.read(lambda: reader.event(event_id))
        if found is None:
            raise refused(404, f"there is no event {event_id}")
        return as_json_of(adapter, found)

    @router.get(
        "/events/{event_id}/landmarks",
        response_model=LandmarksReply,
        responses=documented(401, 404, 422, 503),
        openapi_extra=view,
    )
    async def landmarks(_: Viewer, event_id: EventId) -> Response:
        """The skeletons around an event; there never is a picture."""

        def read() -> Response | None:
            row = reader.landmarks(event_id)
            return None if row is None else as_json(landmarks_reply(row))

        answer = await parts.read(read)
        if answer is None:
            raise refused(404, f"there are no landmarks of an event {event_id}")
        return answer

    return router
