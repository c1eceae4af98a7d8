"""A bed for hand-written scenes: one alarm core, told what happens in a few words."""

from __future__ import annotations

from edgekit.serve.alarm.events import (
    Acknowledge,
    AlarmEvent,
    ConditionsFound,
    Decided,
    Tick,
    Transition,
)
from edgekit.serve.alarm.policy import AlarmRules
from edgekit.serve.alarm.sound import sound
from edgekit.serve.alarm.state import Sound
from edgekit.serve.alarm.step import first_state, step
from edgekit.serve.conditions import Condition

SOBER = AlarmRules(3, 5, refractory_s=6.0, cluster_spasms=3, cluster_minutes=5.0)
"""The defaults of a bundle."""


class Bed:
    """One alarm core on a camera: the source's clock is the monotonic one."""

    def __init__(self, rules: AlarmRules = SOBER) -> None:
        self.state = first_state(rules)
        self.t = 1000.0
        self.log: list[Transition] = []

    @property
    def kinds(self) -> list[str]:
        """Kinds of all transitions so far."""
        return [row.kind for row in self.log]

    def heard(self) -> Sound | None:
        return sound(self.state, self.t)

    def tell(self, event: AlarmEvent) -> tuple[Transition, ...]:
        self.state, rows = step(self.state, event, self.t)
        self.log.extend(rows)
        return rows

    def wait(self, seconds: float) -> tuple[Transition, ...]:
        """Let time pass, and one tick come."""
        self.t += seconds
        return self.tell(Tick())

    def windows(self, marks: str, hop_s: float = 0.5) -> tuple[Transition, ...]:
        """Judge windows: `+` yes, `-` no, `?` not judged."""
        rows: list[Transition] = []
        for mark in marks:
            self.t += hop_s
            rows += self.tell(Decided(self.t, {"+": True, "-": False, "?": None}[mark]))
        return tuple(rows)

    def spasm(self) -> tuple[Transition, ...]:
        """Let a spasm of a second be seen: in eleven windows of 5 s, then in none for a while."""
        return self.windows("+" * 11 + "-" * 5)

    def find(self, *conditions: Condition) -> tuple[Transition, ...]:
        return self.tell(ConditionsFound(frozenset(conditions)))

    def acknowledge(self, event_id: int | None = None) -> tuple[Transition, ...]:
        return self.tell(Acknowledge("nurse", event_id))
