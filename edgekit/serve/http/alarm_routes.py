"""What people may do about an alarm. The answer says what became of it, also when it was late."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import AfterValidator, Field, StringConstraints
from starlette.responses import Response

from edgekit.records import Frozen
from edgekit.serve.alarm.events import Acknowledge, Pause, TestAlarm
from edgekit.serve.http.access import Attendant, asks_for
from edgekit.serve.http.parts import Parts, as_json
from edgekit.serve.http.refusals import documented, refused
from edgekit.serve.http.replies import OutcomeReply

LARGEST_ID = 2**63 - 1


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("only printable characters")
    return text


Who = Annotated[
    str, StringConstraints(strict=True, min_length=1, max_length=64), AfterValidator(_printable)
]


class WhoBody(Frozen):
    """Who does it, besides the token."""

    who: Who | None = None
    """At most 64 printable characters; it goes into the log."""


class PatientBody(WhoBody):
    """Which alarm is acknowledged."""

    event_id: int = Field(strict=True, ge=1, le=LARGEST_ID)
    """The newest event that this person saw: a newer one stays latched."""


class PauseBody(WhoBody):
    """How long the sound is paused."""

    seconds: float = Field(strict=True, gt=0, le=600, allow_inf_nan=False)
    """The alarm rules may allow less."""


_ANSWERS = documented(401, 415, 422, 503)


def alarm_routes(parts: Parts) -> APIRouter:
    """Return the routes that act, all with scope ack."""
    router = APIRouter(prefix="/api/v1", tags=["alarm"])
    needs = asks_for("ack")

    async def ask(command: Acknowledge | Pause | TestAlarm) -> Response:
        try:
            outcome = await parts.ask(lambda: parts.commands.ask(command))
        except TimeoutError as error:
            raise refused(503) from error
        return as_json(OutcomeReply(is_done=outcome.is_done, text=outcome.text))

    @router.post(
        "/alarms/patient/acknowledge",
        response_model=OutcomeReply,
        responses=_ANSWERS,
        openapi_extra=needs,
    )
    async def acknowledge_patient(caller: Attendant, body: PatientBody) -> Response:
        """Acknowledge the patient alarm up to an event; the first one wins, both are logged."""
        return await ask(Acknowledge(caller.signed(body.who), body.event_id))

    @router.post(
        "/alarms/technical/acknowledge",
        response_model=OutcomeReply,
        responses=_ANSWERS,
        openapi_extra=needs,
    )
    async def acknowledge_technical(caller: Attendant, body: WhoBody) -> Response:
        """Acknowledge all technical alarms; they stay visible until their cause is gone."""
        return await ask(Acknowledge(caller.signed(body.who)))

    @router.post(
        "/audio/pause", response_model=OutcomeReply, responses=_ANSWERS, openapi_extra=needs
    )
    async def pause(caller: Attendant, body: PauseBody) -> Response:
        """Silence the sound for a while; a new alarm breaks the pause."""
        return await ask(Pause(caller.signed(body.who), body.seconds))

    @router.delete(
        "/audio/pause",
        response_model=OutcomeReply,
        responses=documented(401, 503),
        openapi_extra=needs,
    )
    async def resume(caller: Attendant) -> Response:
        """Let it sound again."""
        return await ask(Pause(caller.signed(None), 0.0))

    @router.post("/test", response_model=OutcomeReply, responses=_ANSWERS, openapi_extra=needs)
    async def test(caller: Attendant, body: WhoBody) -> Response:
        """Sound a test alarm for a few seconds."""
        return await ask(TestAlarm(caller.signed(body.who)))

    return router
