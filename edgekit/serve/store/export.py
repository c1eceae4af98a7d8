"""Events for other programs: csv and JSON lines. Each says what it is, and what it is not."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

from edgekit.serve.store.boots import Origin
from edgekit.serve.store.reader import Reader
from edgekit.serve.store.seams import StoredEvent

NOTICE = "research software, no medical device: possible spasms, not diagnoses"
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class ExportedEvent:
    """An event with the start of the daemon that it came from."""

    event: StoredEvent
    origin: Origin | None
    """None where the start is no longer known: its database was damaged and set aside."""

    @property
    def notice(self) -> str:
        """What must be said of this event, wherever it goes."""
        if self.origin is None:
            return f"{NOTICE}; its source is not known"
        if self.origin.is_synthetic:
            return f"{NOTICE}; SYNTHETIC, no person was watched"
        return NOTICE if self.origin.is_live else f"{NOTICE}; from a recording that was replayed"


def gather(reader: Reader, *, since_utc_s: float | None = None) -> list[ExportedEvent]:
    """Return all events with their origins, oldest first.

    Raises:
        UsageError: There is no store.
        IntegrityError: It is damaged.
    """
    origins = {boot.stamp.boot_id: boot.origin for boot in reader.boots()}
    events = reader.events(limit=-1, since_utc_s=since_utc_s)
    return [ExportedEvent(event, origins.get(event.stamp.boot_id)) for event in reversed(events)]


def to_csv(events: Sequence[ExportedEvent]) -> str:
    """Return one line for each event, with a header."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_FIELDS)
    for exported in events:
        fields = _fields(exported)
        writer.writerow([_cell(fields[name]) for name in _FIELDS])
    return text.getvalue()


def to_jsonl(events: Sequence[ExportedEvent]) -> str:
    """Return one JSON object for each event, a line each."""
    lines = (json.dumps(_fields(exported), allow_nan=False) for exported in events)
    return "".join(f"{line}\n" for line in lines)


def iso_utc(utc_s: float) -> str:
    """Return a time as `2026-11-22T19:30:00.125Z`."""
    moment = datetime.fromtimestamp(utc_s, tz=timezone.utc)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


_FIELDS = (
    "event_id",
    "kind",
    "utc",
    "boot_id",
    "monotonic_s",
    "source_t_s",
    "priority",
    "probability",
    "threshold",
    "n_spasms",
    "is_escalated",
    "acknowledged_by",
    "acknowledged_utc",
    "device",
    "bundle_sha256",
    "notice",
)


def _fields(exported: ExportedEvent) -> dict[str, str | int | float | bool | None]:
    event, origin = exported.event, exported.origin
    answered_s = event.acknowledged_utc_s
    values = (
        event.event_id,
        event.kind,
        iso_utc(event.stamp.utc_s),
        event.stamp.boot_id,
        event.stamp.mono_s,
        event.t_s,
        event.priority,
        event.probability,
        event.threshold,
        event.n_spasms,
        event.is_escalated,
        event.acknowledged_by,
        None if answered_s is None else iso_utc(answered_s),
        origin.device if origin else None,
        origin.bundle_sha256 if origin else None,
        exported.notice,
    )
    return dict(zip(_FIELDS, values, strict=True))


def _cell(value: object) -> str:
    """Return a csv cell; text that a spreadsheet would run as a formula is made plain."""
    if isinstance(value, bool):
        return str(int(value))
    text = "" if value is None else str(value)
    is_risky = isinstance(value, str) and text.startswith(_FORMULA_STARTS)
    return f"'{text}" if is_risky else text
