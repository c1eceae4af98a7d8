"""Why the daemon is not, or not fully, watching: every condition, what it means and its cure.

A condition is present or absent. Each present one is a technical alarm of its own; together they
make the state that people see. "Cannot see" is never "no seizure".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Literal

Priority = Literal["high", "medium", "low", "info"]
"""FHIR's `devicealert-priority` codes, highest first."""
PRIORITIES: tuple[Priority, ...] = ("high", "medium", "low", "info")


class WatchState(str, Enum):
    """What a person at the bed may rely on."""

    ARMED = "ARMED"
    """Watching, with nothing wrong."""
    DEGRADED = "DEGRADED"
    """Watching, but less well than the bundle was tested for, or unable to tell everybody."""
    NOT_MONITORING = "NOT MONITORING"
    """Blind: a seizure now would not be seen."""


class Condition(str, Enum):
    """Something that is wrong."""

    STARTING = "starting"
    NO_CAMERA = "no_camera"
    PICTURE_FROZEN = "picture_frozen"
    PICTURE_COVERED = "picture_covered"
    PICTURE_DARK = "picture_dark"
    NOBODY_IN_VIEW = "nobody_in_view"
    TOO_FEW_LANDMARKS = "too_few_landmarks"
    LOW_FRAME_RATE = "low_frame_rate"
    POSE_STOPPED = "pose_stopped"
    POSE_SLOW = "pose_slow"
    POSE_DIFFERS = "pose_differs"
    DECISION_STALE = "decision_stale"
    MODEL_FAILED = "model_failed"
    GOLDEN_WRONG = "golden_wrong"
    CRASH_LOOP = "crash_loop"
    SOURCE_ENDED = "source_ended"
    CLOCK_JUMPED = "clock_jumped"
    DEVICE_SLEPT = "device_slept"
    DISK_FULL = "disk_full"
    STORE_FAILING = "store_failing"
    STORE_REPLACED = "store_replaced"
    THROTTLED = "throttled"
    BRIDGE_SILENT = "bridge_silent"
    BROKER_AWAY = "broker_away"
    SETTINGS_REFUSED = "settings_refused"
    NOBODY_LISTENS = "nobody_listens"
    BUNDLE_ROLLED_BACK = "bundle_rolled_back"


@dataclass(frozen=True)
class Meaning:
    """What a condition does to the state, how urgent it is, and what to tell a person."""

    is_blind: bool
    """It makes the state NOT MONITORING; else DEGRADED."""
    priority: Priority
    text: str
    """A few plain words, as on the page."""
    cure: str
    """What to do about it, one sentence."""


_BLIND, _IMPAIRED = True, False

MEANINGS: dict[Condition, Meaning] = {
    Condition.STARTING: Meaning(
        _BLIND, "low", "starting", "Wait: it needs a few seconds of pictures before it can decide."
    ),
    Condition.NO_CAMERA: Meaning(
        _BLIND, "medium", "no camera", "Check the camera's cable and power; see edgekit doctor."
    ),
    Condition.PICTURE_FROZEN: Meaning(
        _BLIND, "medium", "picture frozen", "Unplug the camera and plug it in again."
    ),
    Condition.PICTURE_COVERED: Meaning(
        _BLIND, "medium", "picture covered", "Take away what is in front of the camera."
    ),
    Condition.PICTURE_DARK: Meaning(
        _BLIND, "medium", "too dark", "Give more light, or use a camera that sees infrared light."
    ),
    Condition.NOBODY_IN_VIEW: Meaning(
        _BLIND, "low", "nobody in view", "Point the camera at the child."
    ),
    Condition.TOO_FEW_LANDMARKS: Meaning(
        _IMPAIRED, "low", "child partly hidden", "Uncover arms and legs, or move the camera."
    ),
    Condition.LOW_FRAME_RATE: Meaning(
        _IMPAIRED,
        "low",
        "too few pictures a second",
        "Use a lighter pose model, more light, or a faster device.",
    ),
    Condition.POSE_STOPPED: Meaning(
        _BLIND, "medium", "pose extraction stopped", "It is being restarted; if it stays, restart."
    ),
    Condition.POSE_SLOW: Meaning(
        _BLIND, "medium", "pose extraction hangs", "It is being restarted; if it stays, restart."
    ),
    Condition.POSE_DIFFERS: Meaning(
        _IMPAIRED,
        "low",
        "another pose model than in training",
        "Fetch the pose model that the bundle names: edgekit pose fetch.",
    ),
    Condition.DECISION_STALE: Meaning(
        _BLIND, "medium", "no fresh decision", "The device is overloaded; if it stays, restart it."
    ),
    Condition.MODEL_FAILED: Meaning(
        _BLIND, "medium", "the model fails", "Run edgekit verify; install the bundle again."
    ),
    Condition.GOLDEN_WRONG: Meaning(
        _BLIND,
        "medium",
        "self-test failed",
        "The model answers otherwise than at export: edgekit verify says where.",
    ),
    Condition.CRASH_LOOP: Meaning(
        _IMPAIRED, "medium", "keeps crashing", "Look at the log: journalctl -u edgekit."
    ),
    Condition.SOURCE_ENDED: Meaning(
        _BLIND, "medium", "recording ended", "Start it again with a source, or with a camera."
    ),
    Condition.CLOCK_JUMPED: Meaning(
        _IMPAIRED, "low", "clock was set", "Nothing to do: times in the log are marked."
    ),
    Condition.DEVICE_SLEPT: Meaning(
        _IMPAIRED, "medium", "device slept", "It watched nobody then: switch off its sleep mode."
    ),
    Condition.DISK_FULL: Meaning(
        _IMPAIRED, "low", "disk full", "Free some space; events are kept in memory until then."
    ),
    Condition.STORE_FAILING: Meaning(
        _IMPAIRED, "low", "event store fails", "Check the disk; events are kept in memory."
    ),
    Condition.STORE_REPLACED: Meaning(
        _IMPAIRED,
        "low",
        "event store was damaged",
        "A new one was begun; the old file was set aside beside it. Acknowledge to go on.",
    ),
    Condition.THROTTLED: Meaning(
        _IMPAIRED, "low", "device throttled", "Check its power supply and cooling."
    ),
    Condition.BRIDGE_SILENT: Meaning(
        _IMPAIRED, "medium", "alarm box silent", "Check the alarm box's cable and power."
    ),
    Condition.BROKER_AWAY: Meaning(
        _IMPAIRED, "low", "message broker away", "Check the network; events wait in the outbox."
    ),
    Condition.SETTINGS_REFUSED: Meaning(
        _IMPAIRED,
        "low",
        "new settings refused",
        "The old ones stay; edgekit serve --check says why.",
    ),
    Condition.NOBODY_LISTENS: Meaning(
        _IMPAIRED,
        "low",
        "nobody would hear an alarm",
        "Open the page on a device in earshot, or connect a broker.",
    ),
    Condition.BUNDLE_ROLLED_BACK: Meaning(
        _IMPAIRED,
        "low",
        "new bundle rolled back",
        "The old one watches; edgekit bundle list says why. Acknowledge to go on.",
    ),
}


def state_of(conditions: Iterable[Condition]) -> WatchState:
    """Return the state that these conditions make: the worst of them decides."""
    present = tuple(conditions)
    if any(MEANINGS[condition].is_blind for condition in present):
        return WatchState.NOT_MONITORING
    return WatchState.DEGRADED if present else WatchState.ARMED


def by_urgency(conditions: Iterable[Condition]) -> tuple[Condition, ...]:
    """Return them as people should read them: blinding ones first, then by priority and name."""
    return tuple(
        sorted(
            conditions,
            key=lambda c: (
                not MEANINGS[c].is_blind,
                PRIORITIES.index(MEANINGS[c].priority),
                c.value,
            ),
        )
    )
