"""What the alarm core remembers. All times are seconds on the monotonic clock unless said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from edgekit.serve.alarm.policy import AlarmRules
from edgekit.serve.conditions import Condition, Priority


@dataclass(frozen=True)
class PatientAlarm:
    """The patient latch, until somebody acknowledges it."""

    event_id: int
    """Of the newest spasm or cluster in it."""
    kind: Literal["spasm", "cluster"]
    priority: Priority
    since_mono: float
    n_spasms: int
    is_escalated: bool = False


@dataclass(frozen=True)
class TechnicalAlarm:
    """One condition that is present. It ends by itself, and stays in the log."""

    condition: Condition
    priority: Priority
    since_mono: float
    is_acknowledged: bool = False
    is_escalated: bool = False


@dataclass(frozen=True)
class AlarmState:
    """Everything; a new one is made at each step."""

    rules: AlarmRules
    next_event_id: int = 1
    patient: PatientAlarm | None = None
    technical: tuple[TechnicalAlarm, ...] = ()
    """In order of their beginning."""
    pause_until_mono: float | None = None
    test_until_mono: float | None = None
    recent: tuple[bool | None, ...] = ()
    """The last windows, newest last; at most `rules.n_windows`, emptied by a spasm."""
    spasm_times_s: tuple[float, ...] = ()
    """Of the spasms within the cluster time, on the source's clock."""


Sound = Literal["patient", "technical_high", "technical_medium", "technical_low", "test"]
"""What a person hears: one sound at a time, the most urgent."""
