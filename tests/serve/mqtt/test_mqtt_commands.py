"""Who may publish may silence, so orders are off by default, strict, and logged by name."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from serve.mqtt.bedside import Bedside, FakeCore, Listener, settings, until
from serve.mqtt.mosquitto import Mosquitto

from edgekit.errors import DataError
from edgekit.serve.alarm.events import Acknowledge, Pause
from edgekit.serve.alarm.events import TestAlarm as SoundTest
from edgekit.serve.mqtt.orders import MAX_ORDER_BYTES, carry_out, parse_order

Make = Callable[..., Bedside]
Listen = Callable[..., Listener]
COMMAND, RESULT = "edgekit/bed-1/command", "edgekit/bed-1/command/result"
AVAILABILITY = "edgekit/bed-1/availability"
SUBSCRIBED = f"edgekit-bed-1 1 {COMMAND}\n"
"""As mosquitto logs it."""


def order(**content: object) -> bytes:
    return json.dumps({"who": "nurse", **content}).encode()


def test_off_by_default(broker: Mosquitto, bedside: Make, listener: Listen) -> None:
    ward = listener(broker.port, AVAILABILITY, RESULT)
    bed = bedside(settings(broker.port))
    until(lambda: bool(ward.of(AVAILABILITY)))
    ward.say(COMMAND, order(action="acknowledge", event_id=1))
    time.sleep(0.3)
    assert not bed.core.asked
    assert not ward.of(RESULT)
    assert SUBSCRIBED not in broker.log, "it did not even subscribe"


def test_on(broker: Mosquitto, bedside: Make, listener: Listen) -> None:
    ward = listener(broker.port, AVAILABILITY, RESULT)
    ward.say(COMMAND, order(action="pause", seconds=120), is_retained=True)
    bed = bedside(settings(broker.port, is_commanded=True))
    until(lambda: bool(ward.of(AVAILABILITY)))
    assert SUBSCRIBED in broker.log
    ward.say(COMMAND, order(action="acknowledge", event_id=7))
    ward.say(COMMAND, order(action="shout"))
    ward.say(COMMAND, order(action="test"))
    until(lambda: len(ward.of(RESULT)) == 3)
    assert bed.core.asked == [Acknowledge("mqtt:nurse", 7), SoundTest("mqtt:nurse")], (
        "the retained order is an old one: nobody knows whether it still holds"
    )
    first, refused, last = ward.contents(RESULT)
    assert (first["is_done"], first["event_id"], first["who"]) == (True, 7, "nurse")
    assert refused["is_done"] is False
    assert refused["text"].startswith("refused: action: ")
    assert last["action"] == "test"


def test_a_flood_is_bounded(broker: Mosquitto, bedside: Make, listener: Listen) -> None:
    ward = listener(broker.port, AVAILABILITY)
    bed = bedside(settings(broker.port, is_commanded=True))
    until(lambda: bool(ward.of(AVAILABILITY)))
    bed.core.is_dead = True
    for _ in range(200):
        ward.say(COMMAND, order(action="test"))
    bed.core.is_dead = False
    bed.happen(1)
    until(lambda: not bed.store.waiting)
    assert bed.longest_silence_s < 1.0


def test_an_order_becomes_a_command() -> None:
    assert parse_order(order(action="acknowledge")).command == Acknowledge("mqtt:nurse", None)
    assert parse_order(order(action="pause", seconds=0)).command == Pause("mqtt:nurse", 0.0)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"acknowledge",
        b"[]",
        b"\xff\xfe",
        order(),
        order(action="wipe"),
        order(action="acknowledge", event_id="7"),
        order(action="acknowledge", event_id=0),
        order(action="acknowledge", event_id=True),
        order(action="acknowledge", seconds=5),
        order(action="pause"),
        order(action="pause", seconds=-1),
        order(action="pause", seconds=601),
        b'{"action": "pause", "who": "nurse", "seconds": NaN}',
        order(action="test", event_id=3),
        order(action="test", force=True),
        order(action="test", who=""),
        order(action="test", who="x" * 49),
        order(action="test", who="line\nbreak"),
        json.dumps({"action": "test"}).encode(),
        b" " * MAX_ORDER_BYTES + order(action="test"),
        b"[" * 1000,
    ],
)
def test_refused(payload: bytes) -> None:
    with pytest.raises(DataError):
        parse_order(payload)


@given(st.binary(max_size=200))
def test_any_bytes_are_an_order_or_refused(payload: bytes) -> None:
    """Row 7: nothing else comes of them."""
    with suppress(DataError):
        parse_order(payload)


def test_a_core_that_does_not_answer() -> None:
    outcome = carry_out(parse_order(order(action="test")), FakeCore(is_dead=True))
    assert not outcome.is_done
    assert "no answer" in outcome.text
