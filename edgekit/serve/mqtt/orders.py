"""What others may order over MQTT, where the settings allow it: acknowledge, pause, test.

Whoever may publish to the command topic may silence the alarm, so it is off by default, and
every order is logged with the name that it gave.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, ValidationError, model_validator

from edgekit.errors import DataError
from edgekit.records import Frozen, first_problem
from edgekit.serve.alarm.events import Acknowledge, Pause, TestAlarm
from edgekit.serve.live import Commands, Outcome
from edgekit.serve.mqtt.payloads import MAX_TEXT, encode

MAX_ORDER_BYTES = 1024


class Order(Frozen):
    """One order, as JSON on the command topic."""

    action: Literal["acknowledge", "pause", "test"]
    who: str = Field(pattern=r"^[^\x00-\x1f\x7f]{1,48}$")
    """A person or a program, for the log."""
    event_id: int | None = Field(None, ge=1, le=2**53)
    """Of `acknowledge`: the newest event that was seen; without it, the technical alarms."""
    seconds: float | None = Field(None, ge=0, le=600)
    """Of `pause`; 0 ends one."""

    @model_validator(mode="after")
    def _fits_its_action(self) -> Order:
        if (self.seconds is not None) != (self.action == "pause"):
            raise ValueError("pause needs seconds, and nothing else takes them")
        if self.event_id is not None and self.action != "acknowledge":
            raise ValueError("event_id is for acknowledge")
        return self

    @property
    def command(self) -> Acknowledge | Pause | TestAlarm:
        """What the core is asked."""
        who = f"mqtt:{self.who}"
        if self.action == "acknowledge":
            return Acknowledge(who, self.event_id)
        if self.action == "pause":
            return Pause(who, self.seconds or 0.0)
        return TestAlarm(who)


def parse_order(payload: bytes) -> Order:
    """Read an order.

    Raises:
        DataError: It is too long, no JSON, or does not fit.
    """
    if len(payload) > MAX_ORDER_BYTES:
        raise DataError(f"longer than {MAX_ORDER_BYTES} bytes")
    try:
        return Order.model_validate_json(payload, strict=True)
    except ValidationError as error:
        raise DataError(first_problem(error)) from error


def carry_out(order: Order, commands: Commands) -> Outcome:
    """Ask the core, and say so when it does not answer; takes up to a second."""
    try:
        return commands.ask(order.command)
    except TimeoutError:
        return Outcome(is_done=False, text="no answer in time: look before you try again")


def result_payload(order: Order | None, outcome: Outcome) -> bytes:
    """Return the answer to an order; without an order, to one that was refused."""
    return encode(
        {
            "action": None if order is None else order.action,
            "event_id": None if order is None else order.event_id,
            "who": None if order is None else order.who[:MAX_TEXT],
            "is_done": outcome.is_done,
            "text": outcome.text[:256],
        }
    )
