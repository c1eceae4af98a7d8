"""What Home Assistant is told, so that it shows the device by itself: one device, its entities.

One message for the whole device, as its MQTT integration documents it ("device discovery
payload", Home Assistant 2024.11 and newer).
"""

from __future__ import annotations

from edgekit.serve.live import Identity
from edgekit.serve.mqtt.payloads import NOTICE, VALID_FOR_S, Json, encode
from edgekit.serve.mqtt.topics import Topics

_SPASM = (
    "{{ 'ON' if value_json.possible_spasm"
    " else 'OFF' if value_json.possible_spasm is false else 'None' }}"
)
"""`None` is Home Assistant's word for unknown: a blind device does not say "off"."""


def discovery_payload(identity: Identity, topics: Topics) -> bytes:
    """Return the device's description."""
    watched = "" if identity.is_live else " (replayed recording)"
    return encode(
        {
            "device": {
                "identifiers": [f"edgekit_{identity.device}"],
                "name": f"{identity.device}{watched}",
                "manufacturer": "edgekit",
                "model": f"spasm detector, {NOTICE}",
                "sw_version": identity.version,
            },
            "origin": {"name": f"edgekit ({NOTICE})", "sw_version": identity.version},
            "availability_topic": topics.availability,
            "qos": 1,
            "components": {
                name: {**entity, "unique_id": f"edgekit_{identity.device}_{name}"}
                for name, entity in _entities(topics).items()
            },
        }
    )


def _entities(topics: Topics) -> dict[str, dict[str, Json]]:
    state: dict[str, Json] = {"state_topic": topics.state, "expire_after": round(VALID_FOR_S)}
    figures: dict[str, Json] = {**state, "platform": "sensor", "state_class": "measurement"}
    return {
        "possible_spasm": {
            **state,
            "platform": "binary_sensor",
            "name": "Possible spasm",
            "device_class": "problem",
            "value_template": _SPASM,
        },
        "not_monitoring": {
            **state,
            "platform": "binary_sensor",
            "name": "Not monitoring",
            "device_class": "problem",
            "value_template": "{{ 'OFF' if value_json.is_monitoring else 'ON' }}",
        },
        "state": {
            **state,
            "platform": "sensor",
            "name": "State",
            "value_template": "{{ value_json.state }}",
            "json_attributes_topic": topics.state,
        },
        "last_event": {
            "platform": "sensor",
            "name": "Last event",
            "state_topic": topics.event,
            "value_template": "{{ value_json.kind }}",
            "json_attributes_topic": topics.event,
            "force_update": True,
        },
        "probability": {
            **figures,
            "name": "Probability",
            "value_template": "{{ value_json.probability }}",
        },
        "frame_rate": {
            **figures,
            "name": "Frame rate",
            "unit_of_measurement": "fps",
            "entity_category": "diagnostic",
            "value_template": "{{ value_json.fps }}",
        },
    }
