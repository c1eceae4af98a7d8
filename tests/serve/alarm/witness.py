"""Watches an alarm core step by step, and raises when one of the invariants (a) to (e) breaks.

It knows the core by its events, rows and sound only, and keeps its own ledger and its own clock.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import inf

from serve.alarm.ledger import Ledger, demand
from serve.alarm.traces import Trace

from edgekit.serve.alarm.events import (
    Acknowledge,
    AlarmEvent,
    ConditionsFound,
    Decided,
    Pause,
    Restore,
    Tick,
    Transition,
)
from edgekit.serve.alarm.policy import AlarmRules
from edgekit.serve.alarm.sound import sound
from edgekit.serve.alarm.state import AlarmState, PatientAlarm, Stepped
from edgekit.serve.alarm.step import first_state, next_deadline, step
from edgekit.serve.conditions import Condition

Step = Callable[[AlarmState, AlarmEvent, float], Stepped]

MONITORING_LOST = {Condition.STARTING, Condition.NO_CAMERA}
"""Of the conditions in traces: those that must become high."""
MAX_REMEMBERED = 400
"""Windows, spasm times and alarms together: more is growth without bound."""


class Witness:
    """Follows one alarm core from its first event."""

    def __init__(self, rules: AlarmRules, core: Step = step) -> None:
        self.state = first_state(rules)
        self.now = 0.0
        self._core = core
        self._ledger = Ledger()
        self._silent_until = -inf
        self._latched_since = inf

    def see(self, event: AlarmEvent, t_mono: float) -> tuple[Transition, ...]:
        """Let the core take a step, and hold every invariant of a single step against it."""
        before, was = self.state, self.now
        self.now = t_mono if abs(t_mono) <= 1e12 else was
        self.state, rows = self._core(before, event, t_mono)
        for row in rows:
            self._ledger.enter(row, event, self.now)
        demand(self._ledger.matches(self.state), "(d) the log is not the state", self._ledger)
        demand(len(rows) < 2 or len(set(rows)) == len(rows), "(d) a row came twice", rows)
        self._demand_answer(event, rows)
        self._demand_latched(before.patient, event)
        self._demand_sound(event, rows, is_turned_back=self.now < was)
        self._demand_escalation()
        held = (*self.state.recent, *self.state.spasm_times_s, *self.state.technical)
        demand(len(held) <= MAX_REMEMBERED, "grows without bound")
        demand(self.state.next_event_id >= before.next_event_id, "event ids count down")
        return rows

    def recover(self) -> None:
        """(e) From here no fault and one acknowledgement lead to idle."""
        self.see(ConditionsFound(frozenset()), self.now)
        self.see(Acknowledge("nurse", self.state.next_event_id), self.now)
        demand(self.state.patient is None and self.state.technical == (), "(e) not idle")
        self.see(Tick(), self.now + 600)
        demand(sound(self.state, self.now) is None, "(e) sounds while idle")
        demand(next_deadline(self.state) is None, "(e) waits for something while idle")

    def demand_alive(self) -> None:
        """(e) After anything whatever a movement that goes on is still counted."""
        n_before = self.state.next_event_id
        rules = self.state.rules
        for number in range(int(2 * rules.refractory_s) + rules.n_positive + 1):
            self.see(Decided(number / 2, is_positive=True), self.now + 0.5)
        demand(self.state.next_event_id > n_before, "(e) no spasm is counted any more")

    def demand_deadline(self) -> None:
        """Before the next deadline a tick changes nothing; at it, something."""
        due = next_deadline(self.state)
        until = self.now + 1e4 if due is None else due
        _, early = self._core(self.state, Tick(), (self.now + until) / 2)
        demand(not early or due == self.now, "something changed before the deadline", early)
        if due is not None:
            _, rows = self._core(self.state, Tick(), due)
            demand(rows, "nothing changed at the deadline", due)

    def _demand_answer(self, event: AlarmEvent, rows: tuple[Transition, ...]) -> None:
        if isinstance(event, Acknowledge):
            n_late = sum(row.kind == "acknowledged_late" for row in rows)
            n_done = sum(row.kind == "acknowledged" for row in rows)
            demand(n_late + bool(n_done) == 1, "an acknowledgement has exactly one answer")
            is_patient = event.event_id is not None
            demand(not (is_patient and n_done > 1), "one patient alarm is acknowledged once")

    def _demand_latched(self, before: PatientAlarm | None, event: AlarmEvent) -> None:
        after = self.state.patient
        if before is None or after is before:
            return
        if after is None:
            is_acknowledged = (
                isinstance(event, Acknowledge)
                and event.event_id is not None
                and event.event_id >= before.event_id
            )
            demand(is_acknowledged, "(c) ended without acknowledgement", before, event)
            return
        demand(after.event_id >= before.event_id, "(c) an older alarm replaced a newer one")
        demand(after.n_spasms >= before.n_spasms, "(c) spasms were uncounted")
        demand(after.kind == "cluster" or before.kind == "spasm", "(c) a cluster became a spasm")
        if isinstance(event, ConditionsFound):
            same = replace(before, is_escalated=after.is_escalated, since_mono=after.since_mono)
            demand(after == same, "(a) a fault changed the patient alarm")

    def _demand_sound(
        self, event: AlarmEvent, rows: tuple[Transition, ...], *, is_turned_back: bool
    ) -> None:
        if is_turned_back or any(map(_must_be_heard, rows)):
            self._silent_until = -inf
        if isinstance(event, Pause):
            asked = event.seconds if 0 < event.seconds < inf else 0.0
            self._silent_until = self.now + min(asked, self.state.rules.pause_max_s)
        state, heard = self.state, sound(self.state, self.now)
        if state.patient is None and not any(
            alarm.priority == "high" and not alarm.is_acknowledged for alarm in state.technical
        ):
            return
        demand(heard is not None or self.now < self._silent_until, "(b) silent without a pause")
        later = sound(state, max(self.now, self._silent_until))
        demand(later is not None, "(b) silent beyond the pause")
        if state.patient is not None:
            demand(heard in {None, "patient"}, "(a) another sound hides the patient alarm's")
            demand(later == "patient", "(a) another sound hides the patient alarm's")

    def _demand_escalation(self) -> None:
        after_s = self.state.rules.escalate_after_s
        patient = self.state.patient
        self._latched_since = inf if patient is None else min(self._latched_since, self.now)
        if patient is not None:
            is_due = self.now >= self._latched_since + after_s
            demand(patient.is_escalated or not is_due, "nobody came, and nobody was told again")
        for alarm in self.state.technical:
            is_lost = alarm.condition in MONITORING_LOST and not alarm.is_acknowledged
            is_due = is_lost and self.now >= alarm.since_mono + after_s
            demand(alarm.priority == "high" or not is_due, "never became high", alarm)
            demand(alarm.condition in MONITORING_LOST or not alarm.is_escalated, "escalated", alarm)


def follow(trace: Trace, core: Step = step) -> Witness:
    """Hold the invariants against a core that lives through a trace; return the witness."""
    witness = Witness(trace.rules, core)
    for t_mono, event in trace.steps:
        witness.see(event, t_mono)
    return witness


def demand_independence(trace: Trace, core: Step = step) -> None:
    """(a) Without its faults a trace has the same patient alarms, and the other way round."""
    of_all = _latches(trace.rules, trace.steps, core)
    for latch, others in ((0, ConditionsFound), (1, (Decided, Restore))):
        alone = _latches(
            trace.rules,
            tuple((t, Tick() if isinstance(event, others) else event) for t, event in trace.steps),
            core,
        )
        demand(
            [moment[latch] for moment in of_all] == [moment[latch] for moment in alone],
            "(a) the other latch goes otherwise without",
            others,
        )


def _latches(
    rules: AlarmRules, steps: tuple[tuple[float, AlarmEvent], ...], core: Step
) -> list[tuple[object, object]]:
    state = first_state(rules)
    moments: list[tuple[object, object]] = []
    for t_mono, event in steps:
        state, _ = core(state, event, t_mono)
        moments.append((state.patient, state.technical))
    return moments


def _must_be_heard(row: Transition) -> bool:
    return row.kind in {"spasm", "cluster", "restored", "escalated"} or (
        row.kind == "condition_began" and row.priority != "low"
    )
