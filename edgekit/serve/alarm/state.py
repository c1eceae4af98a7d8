"""What the alarm core remembers. All times are seconds on the monotonic clock unless said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from edgekit.serve.alarm.events import Transition
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
    """When it latched: its first spasm, not its newest."""
    n_spasms: int
    """Since it latched."""
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
    last_window_s: float | None = None
    """End of the last window in `recent`, on the source's clock."""
    last_spasm_s: float | None = None
    """On the source's clock: the refractory time counts from here."""
    spasm_times_s: tuple[float, ...] = ()
    """Of the spasms within the cluster time, on the source's clock; at most
    `rules.cluster_spasms`, emptied when a cluster is acknowledged."""
    is_in_cluster: bool = False
    """A cluster was announced and goes on: it has neither lapsed nor been acknowledged."""
    last_mono: float = 0.0
    """Time of the last event: stands in for one that is not finite, and shows a clock that goes
    backwards."""


Stepped = tuple[AlarmState, tuple[Transition, ...]]
"""The next state, and what there is to log and announce, in order."""

Sound = Literal["patient", "technical_high", "technical_medium", "technical_low", "test"]
"""What a person hears: one sound at a time, the most urgent."""
