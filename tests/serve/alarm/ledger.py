"""What the log alone says: a fold of transitions that must come to the same as the state.

A change without its row, or a row without its change, makes the two differ.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from edgekit.serve.alarm.events import AlarmEvent, Restore, Transition
from edgekit.serve.alarm.state import AlarmState
from edgekit.serve.conditions import MEANINGS, Condition


class BrokenInvariantError(AssertionError):
    """The alarm core did what it must never do."""


def demand(is_so: object, what: str, *about: object) -> None:
    """Raise unless it is so; what it is about is written out only then."""
    if not is_so:
        raise BrokenInvariantError(": ".join((what, *map(repr, about))))


@dataclass
class Ledger:
    """Everything a reader of the log knows."""

    patient: tuple[int, str, int, bool] | None = None
    """Event id, kind, spasms, escalated."""
    technical: dict[Condition, tuple[str, bool, bool]] = field(default_factory=dict)
    """Priority, acknowledged, escalated."""
    pause_until: float | None = None
    test_until: float | None = None
    newest_id: int = 0
    """Of the spasms and clusters in the log: they count up."""

    def enter(self, row: Transition, event: AlarmEvent, now: float) -> None:
        """Take one row; it must make sense after those before."""
        who = getattr(event, "who", None)
        is_answer = row.kind in {"acknowledged", "acknowledged_late", "paused", "test_began"}
        demand(row.who == who if is_answer else row.who in {None, who}, "who", row)
        if row.latch == "patient":
            self._enter_patient(row, event)
        elif row.latch == "technical":
            self._enter_technical(row)
        else:
            self._enter_audio(row, now)

    def matches(self, state: AlarmState) -> bool:
        """Whether the state is what the log says."""
        latched = state.patient
        return (
            self.patient
            == (
                latched and (latched.event_id, latched.kind, latched.n_spasms, latched.is_escalated)
            )
            and self.technical
            == {
                alarm.condition: (alarm.priority, alarm.is_acknowledged, alarm.is_escalated)
                for alarm in state.technical
            }
            and len(self.technical) == len(state.technical)
            and self.pause_until == state.pause_until_mono
            and self.test_until == state.test_until_mono
        )

    def _enter_patient(self, row: Transition, event: AlarmEvent) -> None:
        event_id, kind, n_spasms, is_escalated = self.patient or (0, "spasm", 0, False)
        if row.kind in {"spasm", "cluster"}:
            demand(row.event_id is not None and row.event_id > self.newest_id, "id", row)
            self.newest_id = row.event_id or 0
            kind = "cluster" if row.kind == "cluster" else kind
            self.patient = (self.newest_id, kind, n_spasms + (row.kind == "spasm"), is_escalated)
        elif row.kind == "restored":
            demand(isinstance(event, Restore) and self.patient is None, "restored nothing")
            kind = "cluster" if getattr(event, "is_cluster", False) else "spasm"
            self.patient = (row.event_id or 0, kind, row.n_spasms or 0, False)
            self.newest_id = max(self.newest_id, row.event_id or 0)
        elif row.kind == "acknowledged":
            demand(self.patient and row.event_id == event_id, "not latched", row)
            self.patient = None
        elif row.kind == "escalated":
            demand(self.patient and not is_escalated, "again, or nothing is latched", row)
            self.patient = (event_id, kind, n_spasms, True)
        else:
            demand(row.kind == "acknowledged_late", "not of a patient alarm", row)
        if self.patient and row.kind != "acknowledged_late":
            demand(row.n_spasms == self.patient[2], "n_spasms", row)
            demand(row.priority == "high", "priority", row)

    def _enter_technical(self, row: Transition) -> None:
        if row.kind == "acknowledged_late":
            return
        condition = row.condition
        demand(condition is not None, "of which condition?", row)
        assert condition is not None
        if row.kind == "condition_began":
            demand(condition not in self.technical, "began twice", row)
            demand(row.priority == MEANINGS[condition].priority, "priority", row)
            self.technical[condition] = (row.priority, False, False)
            return
        demand(condition in self.technical, "not present", row)
        priority, is_acknowledged, is_escalated = self.technical.pop(condition)
        if row.kind == "condition_ended":
            demand(row.seconds is not None and row.seconds >= 0, "length", row)
        elif row.kind == "acknowledged":
            demand(not is_acknowledged, "twice", row)
            self.technical[condition] = (priority, True, is_escalated)
        else:
            demand(row.kind == "escalated", "not of a technical alarm", row)
            demand(not is_acknowledged and not is_escalated, "not waiting", row)
            self.technical[condition] = (row.priority, False, True)

    def _enter_audio(self, row: Transition, now: float) -> None:
        if row.kind in {"paused", "test_began"}:
            demand(row.seconds is not None and row.seconds > 0, "length", row)
        until = now + (row.seconds or 0)
        if row.kind == "paused":
            self.pause_until = until
        elif row.kind == "pause_ended":
            demand(self.pause_until is not None, "a pause ended that was none")
            self.pause_until = None
        elif row.kind == "test_began":
            self.test_until = until
        else:
            demand(row.kind == "test_ended", "not of audio or test", row)
            demand(self.test_until is not None, "a test ended that was none")
            self.test_until = None
