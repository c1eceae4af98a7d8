from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace

from store_rows import ORIGIN, stamp

from edgekit.serve.store.boots import Origin
from edgekit.serve.store.export import NOTICE, ExportedEvent, iso_utc, to_csv, to_jsonl
from edgekit.serve.store.fhir import PRIORITY_SYSTEM, to_fhir
from edgekit.serve.store.seams import StoredEvent

EVENT = StoredEvent(
    event_id=7,
    kind="spasm",
    stamp=stamp(12.5, utc_s=1_800_000_000.125),
    t_s=3.0,
    priority="high",
    probability=0.75,
    threshold=0.5,
    n_spasms=2,
    acknowledged_by="=HYPERLINK()",
    acknowledged_utc_s=1_800_000_060.0,
    is_escalated=True,
    has_landmarks=False,
)
OPEN = replace(EVENT, event_id=8, acknowledged_by=None, acknowledged_utc_s=None, probability=None)
REPLAYED = replace(ORIGIN, is_live=False)
SYNTHETIC = replace(ORIGIN, is_synthetic=True)
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
FHIR_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")


def _bundle(*events: ExportedEvent) -> dict[str, object]:
    bundle = json.loads(to_fhir(events, 1_800_000_000.0))
    assert isinstance(bundle, dict)
    return bundle


def _resources(*events: ExportedEvent) -> list[dict[str, object]]:
    entries = _bundle(*events)["entry"]
    assert isinstance(entries, list)
    return [entry["resource"] for entry in entries]


def test_every_event_says_what_it_is_not() -> None:
    origins: dict[str, Origin | None] = {
        "not diagnoses": ORIGIN,
        "replayed": REPLAYED,
        "SYNTHETIC": SYNTHETIC,
        "not known": None,
    }
    for words, origin in origins.items():
        exported = ExportedEvent(EVENT, origin)
        assert words in exported.notice
        assert words in to_csv([exported])
        assert words in to_jsonl([exported])
        assert words in to_fhir([exported], 0.0)


def test_csv_is_exact_and_no_cell_is_a_formula() -> None:
    text = to_csv([ExportedEvent(EVENT, ORIGIN), ExportedEvent(OPEN, ORIGIN)])
    first, second = csv.DictReader(io.StringIO(text))
    assert first["utc"] == "2027-01-15T08:00:00.125Z"
    assert (first["monotonic_s"], first["boot_id"]) == ("12.5", EVENT.stamp.boot_id)
    assert first["acknowledged_by"] == "'=HYPERLINK()"
    assert (first["is_escalated"], second["probability"], second["acknowledged_by"]) == (
        "1",
        "",
        "",
    )
    assert to_csv([]).count("\n") == 1


def test_json_lines_hold_one_object_each() -> None:
    first, second = map(
        json.loads, to_jsonl([ExportedEvent(EVENT, ORIGIN), ExportedEvent(OPEN, None)]).splitlines()
    )
    assert (first["event_id"], first["probability"], first["device"]) == (7, 0.75, "bed-7")
    assert second["acknowledged_utc"] is None
    assert to_jsonl([]) == ""


def test_fhir_bundle_has_what_r4_requires() -> None:
    """R4: Bundle.type 1..1, unique absolute fullUrl, no empty arrays, resolvable references."""
    bundle = _bundle(ExportedEvent(EVENT, ORIGIN), ExportedEvent(OPEN, ORIGIN))
    assert (bundle["resourceType"], bundle["type"]) == ("Bundle", "collection")
    assert INSTANT.fullmatch(str(bundle["timestamp"]))
    entries = bundle["entry"]
    assert isinstance(entries, list)
    urls = [entry["fullUrl"] for entry in entries]
    assert len(set(urls)) == len(urls) == 3
    assert all(url.startswith("urn:uuid:") for url in urls)
    for entry in entries:
        assert FHIR_ID.fullmatch(entry["resource"]["id"])
    device, *observations = [entry["resource"] for entry in entries]
    assert device["resourceType"] == "Device"
    assert all({"name", "type"} <= set(name) for name in device["deviceName"])
    assert all("value" in version for version in device["version"])
    assert all(one["device"]["reference"] == urls[0] for one in observations)
    assert "entry" not in _bundle()


def test_fhir_observation_has_what_r4_requires() -> None:
    """R4: status and code 1..1, component.code 1..1, one value[x] each, obs-7, note.text 1..1."""
    closed, still_open = _resources(ExportedEvent(EVENT, None), ExportedEvent(OPEN, None))
    for one in (closed, still_open):
        assert one["status"] == "preliminary"
        assert INSTANT.fullmatch(str(one["effectiveDateTime"]))
        assert "device" not in one
        assert isinstance(one["note"], list)
        assert one["note"][0]["text"].startswith(NOTICE)
        components = one["component"]
        assert isinstance(components, list)
        codes = [part["code"]["coding"][0]["code"] for part in components]
        assert len(set(codes)) == len(codes)
        assert one["code"] not in [part["code"] for part in components]
        for part in components:
            assert sum(key.startswith("value") for key in part) == 1
    told = {part["code"]["coding"][0]["code"]: part for part in closed["component"]}  # type: ignore[attr-defined]  # a list
    assert told["priority"]["valueCodeableConcept"]["coding"][0] == {
        "system": PRIORITY_SYSTEM,
        "code": "high",
    }
    assert told["acknowledged"]["valueDateTime"] == iso_utc(1_800_000_060.0)
    assert told["probability"]["valueQuantity"]["value"] == 0.75
    assert "probability" not in json.dumps(still_open)
