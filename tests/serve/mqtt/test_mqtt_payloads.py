"""What is said fits its bounds, names no picture, and says unknown where it knows nothing."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import get_args

from serve.mqtt.bedside import IDENTITY, snapshot
from serve.mqtt.store_fakes import BOOT_ID, transition_row

from edgekit.serve.alarm.events import Transition, TransitionKind
from edgekit.serve.alarm.state import PatientAlarm
from edgekit.serve.conditions import Condition, by_urgency, state_of
from edgekit.serve.mqtt.payloads import MAX_BYTES, event_payload, state_payload, utc


def test_the_fullest_state_is_small() -> None:
    everything = by_urgency(Condition)
    full = replace(
        snapshot(),
        conditions=everything,
        state=state_of(everything),
        patient=PatientAlarm(2**53, "cluster", "high", 0.0, n_spasms=10**6, is_escalated=True),
        sound="technical_medium",
    )
    assert len(state_payload(replace(IDENTITY, device="d" * 32), full)) < MAX_BYTES


def test_event_by_hand() -> None:
    content = json.loads(event_payload("bed-1", transition_row(3), is_stored=True))
    assert content == {
        "id": f"{BOOT_ID}-3",
        "device": "bed-1",
        "kind": "spasm",
        "latch": "patient",
        "priority": "high",
        "event_id": 3,
        "condition": None,
        "text": None,
        "who": None,
        "t_s": 2.0,
        "seconds": None,
        "n_spasms": 1,
        "probability": 0.9,
        "threshold": 0.5,
        "utc": "2023-11-14T22:13:23.000Z",
        "is_stored": True,
        "notice": "research software, no medical device",
    }


def test_every_kind_and_condition_is_small() -> None:
    for kind in get_args(TransitionKind):
        for condition in Condition:
            transition = Transition(
                kind, "technical", "low", condition=condition, who="ß" * 10_000, seconds=1e9
            )
            row = transition_row(2**31, transition)
            assert len(event_payload("d" * 32, row, is_stored=False)) < MAX_BYTES


def test_what_is_no_number_is_unknown() -> None:
    odd = replace(snapshot(), probability=math.nan, decision_age_s=math.inf, fps=0.0)
    content = json.loads(state_payload(IDENTITY, odd))
    assert content["probability"] is None
    assert content["decision_age_s"] is None


def test_nothing_of_a_person_but_the_alarm() -> None:
    """Row 30: no landmark and no picture has a place in it."""
    said = set(json.loads(state_payload(IDENTITY, snapshot())))
    said |= set(json.loads(event_payload("bed-1", transition_row(1), is_stored=True)))
    assert not {name for name in said if "landmark" in name or "frame" in name or "pose" in name}


def test_time_of_day() -> None:
    assert utc(0.0) == "1970-01-01T00:00:00.000Z"
