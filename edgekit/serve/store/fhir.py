"""Events as a FHIR R4 (4.0.1) Bundle of a Device and one Observation for each event.

R4 has no resource for a device's alarm (DeviceAlert comes with R6, and only its priority codes
are used here), and DetectedIssue is about clinical actions. An Observation that a device made is
what R4's point-of-care device guide uses. Nobody has reviewed it, so its status is `preliminary`.
It has no `subject`: edgekit does not know who lies in the bed.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Sequence

from edgekit.serve.store.boots import Origin
from edgekit.serve.store.export import NOTICE, ExportedEvent, iso_utc

Json = dict[str, object]

SYSTEM = "urn:edgekit:codes"
"""Our own codes: no standard terminology holds a spasm that software thinks possible."""
PRIORITY_SYSTEM = "http://hl7.org/fhir/devicealert-priority"
UCUM = "http://unitsofmeasure.org"
_KINDS = {"spasm": "possible epileptic spasm", "cluster": "possible cluster of epileptic spasms"}


def to_fhir(events: Sequence[ExportedEvent], written_utc_s: float) -> str:
    """Return a Bundle of type `collection` as JSON."""
    origins = list(dict.fromkeys(event.origin for event in events if event.origin is not None))
    resources = [_device(origin) for origin in origins] + [_observation(one) for one in events]
    bundle: Json = {
        "resourceType": "Bundle",
        "meta": {"tag": [{"system": SYSTEM, "code": "notice", "display": NOTICE}]},
        "type": "collection",
        "timestamp": iso_utc(written_utc_s),
    }
    # FHIR's JSON has no empty arrays.
    if resources:
        bundle["entry"] = [{"fullUrl": _url(one), "resource": one} for one in resources]
    return json.dumps(bundle, indent=2, allow_nan=False) + "\n"


def _device(origin: Origin) -> Json:
    return {
        "resourceType": "Device",
        "id": _device_id(origin),
        "status": "active",
        "deviceName": [{"name": origin.device, "type": "user-friendly-name"}],
        "type": {"text": "edgekit, software that watches body landmarks"},
        "version": [{"type": {"text": "edgekit"}, "value": origin.version}],
        "note": [{"text": f"{NOTICE}; model bundle {origin.bundle_sha256}"}],
    }


def _observation(exported: ExportedEvent) -> Json:
    event, origin = exported.event, exported.origin
    made: Json = {
        "resourceType": "Observation",
        "id": _identity(f"event-{event.stamp.boot_id}-{event.event_id}"),
        "identifier": [{"system": "urn:edgekit:event", "value": str(event.event_id)}],
        "status": "preliminary",
        "code": _concept("event", "alarm event of edgekit"),
        "effectiveDateTime": iso_utc(event.stamp.utc_s),
        "valueCodeableConcept": _concept(event.kind, _KINDS[event.kind]),
        "note": [{"text": exported.notice}],
        "component": _components(exported),
    }
    if origin is not None:
        made["device"] = {"reference": _url(_device(origin))}
    return made


def _components(exported: ExportedEvent) -> list[Json]:
    event = exported.event
    priority = {"coding": [{"system": PRIORITY_SYSTEM, "code": event.priority}]}
    monotonic = {"value": event.stamp.mono_s, "unit": "s", "system": UCUM, "code": "s"}
    components = [
        _component("priority", "alarm priority", "valueCodeableConcept", priority),
        _component("n-spasms", "spasms in this alarm", "valueInteger", event.n_spasms),
        _component("is-escalated", "nobody came in time", "valueBoolean", event.is_escalated),
        _component("boot-id", "start of the daemon", "valueString", event.stamp.boot_id),
        _component("monotonic", "seconds on that start's clock", "valueQuantity", monotonic),
    ]
    for code, text, ratio in (
        ("probability", "the model's probability", event.probability),
        ("threshold", "the model's threshold", event.threshold),
    ):
        if ratio is not None:
            quantity = {"value": ratio, "unit": "1", "system": UCUM, "code": "1"}
            components.append(_component(code, text, "valueQuantity", quantity))
    if event.acknowledged_by is not None and event.acknowledged_utc_s is not None:
        when = iso_utc(event.acknowledged_utc_s)
        who = event.acknowledged_by
        components.append(_component("acknowledged", "acknowledged at", "valueDateTime", when))
        components.append(_component("acknowledged-by", "acknowledged by", "valueString", who))
    return components


def _component(code: str, text: str, kind: str, value: object) -> Json:
    return {"code": _concept(code, text), kind: value}


def _concept(code: str, text: str) -> Json:
    return {"coding": [{"system": SYSTEM, "code": code, "display": text}], "text": text}


def _device_id(origin: Origin) -> str:
    return _identity(f"{origin.device}-{origin.version}-{origin.bundle_sha256[:12]}")


def _identity(text: str) -> str:
    """Return a valid FHIR id: 1 to 64 letters, digits, `-` and `.`."""
    return re.sub(r"[^A-Za-z0-9.-]", "-", text)[:64]


def _url(resource: Json) -> str:
    name = f"urn:edgekit:{resource['resourceType']}:{resource['id']}"
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, name)}"
