"""What can happen to the alarm core, and what it says happened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from edgekit.serve.alarm.policy import AlarmRules
from edgekit.serve.conditions import Condition, Priority


@dataclass(frozen=True)
class Decided:
    """A window was judged, or could not be."""

    t_s: float
    """End of the window on the source's own clock. It decreases only when the source began again;
    one that is not finite cannot be placed, and is held back by no refractory time."""
    is_positive: bool | None
    """None when it could not be judged: that is neither a yes nor a no."""


@dataclass(frozen=True)
class ConditionsFound:
    """All conditions present now, replacing those found before."""

    conditions: frozenset[Condition]


@dataclass(frozen=True)
class Acknowledge:
    """Somebody has seen the alarm."""

    who: str
    event_id: int | None = None
    """Of a patient alarm: the newest event that this person saw. None: the technical alarms."""


@dataclass(frozen=True)
class Pause:
    """Somebody silences the sound for a while."""

    who: str
    seconds: float
    """At most `rules.pause_max_s` are granted. 0, less, or no finite number ends a pause."""


@dataclass(frozen=True)
class TestAlarm:
    """Somebody wants to hear what an alarm is like."""

    who: str


@dataclass(frozen=True)
class Tick:
    """Time has passed: deadlines are looked at. Every event does so too."""


@dataclass(frozen=True)
class Restore:
    """At start: what the store holds unacknowledged from before. It comes first, once."""

    next_event_id: int
    event_id: int | None = None
    """The newest unacknowledged event; None when there is none."""
    is_cluster: bool = False
    n_spasms: int = 1


@dataclass(frozen=True)
class NewRules:
    """The settings were reloaded."""

    rules: AlarmRules


AlarmEvent = Decided | ConditionsFound | Acknowledge | Pause | TestAlarm | Tick | Restore | NewRules

TransitionKind = Literal[
    "spasm",  # a possible spasm: the patient alarm latches, or counts one more
    "cluster",  # so many spasms in so short a time
    "restored",  # an unacknowledged patient alarm from before a restart is latched again
    "acknowledged",  # patient or technical; the first acknowledgement wins
    "acknowledged_late",  # nothing was left to acknowledge, or something newer stays latched
    "escalated",  # nobody came
    "condition_began",  # a technical alarm
    "condition_ended",
    "paused",
    "pause_ended",
    "test_began",
    "test_ended",
]


@dataclass(frozen=True)
class Transition:
    """One thing that happened: exactly one row in the log, and one announcement."""

    kind: TransitionKind
    latch: Literal["patient", "technical", "audio", "test"]
    priority: Priority
    event_id: int | None = None
    """Of `spasm` and `cluster` the new event's own; else the event it is about."""
    condition: Condition | None = None
    who: str | None = None
    t_s: float | None = None
    """Of `spasm` and `cluster`: end of the deciding window on the source's clock."""
    seconds: float | None = None
    """Length of a pause, or how long a condition was present."""
    n_spasms: int | None = None
    """Of patient alarms: spasms since the latch, this one included."""
