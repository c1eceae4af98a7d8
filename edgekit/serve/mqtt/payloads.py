"""What is said, in JSON: the state and one transition. No picture, no landmark, no secret.

Every text in it is cut, so that a payload stays under `MAX_BYTES`.
"""

from __future__ import annotations

import json
import math
from datetime import datetime, timezone

from edgekit.serve.conditions import MEANINGS, WatchState
from edgekit.serve.live import Identity, Snapshot
from edgekit.serve.store.rows import TransitionRow

ONLINE = b"online"
OFFLINE = b"offline"
NOTICE = "research software, no medical device"
VALID_FOR_S = 10.0
"""A state that is older than this says nothing about now."""
MAX_BYTES = 4096
MAX_TEXT = 64

Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]


def encode(content: dict[str, Json]) -> bytes:
    """Return compact JSON in UTF-8."""
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def key_of(row: TransitionRow) -> str:
    """Return the name of a transition, the same wherever it is told."""
    return f"{row.stamp.boot_id}-{row.seq}"


def state_payload(identity: Identity, snapshot: Snapshot) -> bytes:
    """Return how things stand."""
    is_blind = snapshot.state is WatchState.NOT_MONITORING
    patient = snapshot.patient
    has_alarm = patient is not None
    return encode(
        {
            "device": identity.device,
            "state": snapshot.state.value,
            "is_monitoring": not is_blind,
            # Nobody who is not watching may say that there is no spasm.
            "possible_spasm": True if has_alarm else None if is_blind else False,
            "patient": None
            if patient is None
            else {
                "event_id": patient.event_id,
                "kind": patient.kind,
                "priority": patient.priority,
                "n_spasms": patient.n_spasms,
                "is_escalated": patient.is_escalated,
                "since_s": _rounded(snapshot.mono_s - patient.since_mono, 1),
            },
            "conditions": [
                {
                    "condition": condition.value,
                    "text": MEANINGS[condition].text,
                    "priority": MEANINGS[condition].priority,
                }
                for condition in snapshot.conditions
            ],
            "sound": snapshot.sound,
            "pause_left_s": _rounded(snapshot.pause_left_s, 1),
            "probability": _rounded(snapshot.probability, 4),
            "threshold": _rounded(identity.threshold, 4),
            "decision_age_s": _rounded(snapshot.decision_age_s, 1),
            "fps": _rounded(snapshot.fps, 1),
            "utc": utc(snapshot.utc_s),
            "valid_for_s": VALID_FOR_S,
            "boot_id": identity.boot_id,
            "version": identity.version,
            "is_live": identity.is_live,
            "notice": NOTICE,
        }
    )


def event_payload(device: str, row: TransitionRow, *, is_stored: bool) -> bytes:
    """Return one transition."""
    transition = row.transition
    condition = transition.condition
    return encode(
        {
            "id": key_of(row),
            "device": device,
            "kind": transition.kind,
            "latch": transition.latch,
            "priority": transition.priority,
            "event_id": transition.event_id,
            "condition": None if condition is None else condition.value,
            "text": None if condition is None else MEANINGS[condition].text,
            "who": None if transition.who is None else transition.who[:MAX_TEXT],
            "t_s": _rounded(transition.t_s, 3),
            "seconds": _rounded(transition.seconds, 1),
            "n_spasms": transition.n_spasms,
            "probability": _rounded(row.probability, 4),
            "threshold": _rounded(row.threshold, 4),
            "utc": utc(row.stamp.utc_s),
            "is_stored": is_stored,
            "notice": NOTICE,
        }
    )


def utc(seconds: float) -> str:
    """Return wall-clock seconds as ISO 8601 in UTC, to the millisecond."""
    moment = datetime.fromtimestamp(seconds, tz=timezone.utc)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _rounded(value: float | None, digits: int) -> float | None:
    """JSON has no NaN; a number that is none is unknown."""
    return round(value, digits) if value is not None and math.isfinite(value) else None
