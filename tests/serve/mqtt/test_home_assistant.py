"""Home Assistant finds the device by itself, and again after its own restart."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from serve.mqtt.bedside import IDENTITY, Bedside, Listener, settings, until
from serve.mqtt.mosquitto import Mosquitto

from edgekit.serve.mqtt.discovery import discovery_payload
from edgekit.serve.mqtt.payloads import NOTICE, VALID_FOR_S
from edgekit.serve.mqtt.topics import topics_of

Make = Callable[..., Bedside]
Listen = Callable[..., Listener]
DISCOVERY = "homeassistant/device/bed-1/config"
STATE = "edgekit/bed-1/state"


def described(broker: Mosquitto, bedside: Make, listener: Listen) -> dict[str, Any]:
    home = listener(broker.port, DISCOVERY)
    bedside(settings(broker.port))
    until(lambda: bool(home.of(DISCOVERY)))
    return home.contents(DISCOVERY)[0]


def test_one_device_with_what_home_assistant_demands(
    broker: Mosquitto, bedside: Make, listener: Listen
) -> None:
    content = described(broker, bedside, listener)
    assert content["device"]["identifiers"] == ["edgekit_bed-1"]
    assert NOTICE in content["origin"]["name"]
    assert content["availability_topic"] == "edgekit/bed-1/availability"
    entities = content["components"]
    assert {name: entity["platform"] for name, entity in entities.items()} == {
        "possible_spasm": "binary_sensor",
        "not_monitoring": "binary_sensor",
        "state": "sensor",
        "last_event": "sensor",
        "probability": "sensor",
        "frame_rate": "sensor",
    }
    assert len({entity["unique_id"] for entity in entities.values()}) == len(entities)
    for name, entity in entities.items():
        is_of_state = entity["state_topic"] == STATE
        assert entity.get("expire_after") == (VALID_FOR_S if is_of_state else None), name


def test_templates_name_what_the_state_has(
    broker: Mosquitto, bedside: Make, listener: Listen
) -> None:
    central = listener(broker.port, STATE, "edgekit/bed-1/event")
    content = described(broker, bedside, listener)
    until(lambda: bool(central.of(STATE)))
    state = central.contents(STATE)[0]
    for entity in content["components"].values():
        if entity["state_topic"] == STATE:
            for name in re.findall(r"value_json\.(\w+)", entity["value_template"]):
                assert name in state


def test_a_replayed_recording_is_named_so() -> None:
    topics = topics_of(settings(1883), "bed-1")
    assert b"replayed recording" in discovery_payload(replace(IDENTITY, is_live=False), topics)
    assert b"replayed recording" not in discovery_payload(IDENTITY, topics)


def test_home_assistant_restarts(broker: Mosquitto, bedside: Make, listener: Listen) -> None:
    """Row 20: discovery and state again within 5 s of its birth message."""
    home = listener(broker.port, DISCOVERY, STATE)
    bedside(settings(broker.port))
    until(lambda: bool(home.of(DISCOVERY)) and bool(home.of(STATE)))
    assert "edgekit-bed-1 1 homeassistant/status" in broker.log
    home.heard.clear()
    start_s = time.monotonic()
    home.say("homeassistant/status", "online")
    until(lambda: bool(home.of(DISCOVERY)), timeout_s=5.0)
    n_before = [topic for topic, _, _ in home.heard].index(DISCOVERY)
    until(lambda: STATE in [topic for topic, _, _ in list(home.heard)[n_before:]], timeout_s=5.0)
    assert time.monotonic() - start_s <= 5.0


def test_other_messages_there_mean_nothing(
    broker: Mosquitto, bedside: Make, listener: Listen
) -> None:
    home = listener(broker.port, DISCOVERY)
    home.say("homeassistant/status", "online", is_retained=True)
    bedside(settings(broker.port), speed=5)
    until(lambda: bool(home.of(DISCOVERY)))
    home.say("homeassistant/status", "offline")
    home.say("homeassistant/status", b"\xff" * 4000)
    time.sleep(0.6)
    assert len(home.of(DISCOVERY)) == 1, "one greeting, and no answer to old or wrong births"


def test_not_announced_where_it_is_switched_off(
    broker: Mosquitto, bedside: Make, listener: Listen
) -> None:
    home = listener(broker.port, "homeassistant/#", STATE)
    bedside(settings(broker.port, is_home_assistant=False))
    until(lambda: bool(home.of(STATE)))
    assert not home.of(DISCOVERY)
    assert "edgekit-bed-1 1 homeassistant/status" not in broker.log
