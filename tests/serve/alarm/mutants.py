"""Alarm cores with one planted fault each: what the invariants are there to catch."""

from __future__ import annotations

from dataclasses import replace
from math import inf

from edgekit.serve.alarm.events import (
    Acknowledge,
    AlarmEvent,
    ConditionsFound,
    Decided,
    Pause,
    Restore,
    TransitionKind,
)
from edgekit.serve.alarm.state import AlarmState, Stepped
from edgekit.serve.alarm.step import step
from edgekit.serve.conditions import Condition


def fault_hides(state: AlarmState, event: AlarmEvent, t_mono: float) -> Stepped:
    state, rows = step(state, event, t_mono)
    is_fault = isinstance(event, ConditionsFound) and event.conditions
    return (replace(state, patient=None) if is_fault else state), rows


def fault_delays(state: AlarmState, event: AlarmEvent, t_mono: float) -> Stepped:
    """A window is not taken while the camera is away."""
    is_blind = any(alarm.condition is Condition.NO_CAMERA for alarm in state.technical)
    if isinstance(event, Decided) and is_blind:
        event = replace(event, is_positive=None)
    return step(state, event, t_mono)


def fault_empties_the_count(state: AlarmState, event: AlarmEvent, t_mono: float) -> Stepped:
    state, rows = step(state, event, t_mono)
    return (replace(state, recent=()) if isinstance(event, ConditionsFound) else state), rows


def spasm_clears_faults(state: AlarmState, event: AlarmEvent, t_mono: float) -> Stepped:
    after, rows = step(state, event, t_mono)
    is_new = state.patient is None and after.patient is not None
    return (replace(after, technical=()) if is_new else after), rows


def fault_ends_the_alarm_in_the_log_too(
    state: AlarmState, event: AlarmEvent, t_mono: float
) -> Stepped:
    state, rows = step(state, event, t_mono)
    if isinstance(event, ConditionsFound) and event.conditions and state.patient is not None:
        state, more = step(state, Acknowledge("nobody", state.patient.event_id), t_mono)
        rows += more
    return state, rows


def one_acknowledgement_for_both(state: AlarmState, event: AlarmEvent, t_mono: float) -> Stepped:
    state, rows = step(state, event, t_mono)
    is_technical = isinstance(event, Acknowledge) and event.event_id is None
    return (replace(state, patient=None) if is_technical else state), rows


def any_id_acknowledges(state: AlarmState, event: AlarmEvent, t_mono: float) -> Stepped:
    if isinstance(event, Acknowledge) and event.event_id is not None:
        event = replace(event, event_id=state.next_event_id)
    return step(state, event, t_mono)


def pause_is_unbounded(state: AlarmState, event: AlarmEvent, t_mono: float) -> Stepped:
    if not isinstance(event, Pause):
        return step(state, event, t_mono)
    generous = replace(state, rules=replace(state.rules, pause_max_s=inf))
    after, rows = step(generous, event, t_mono)
    return replace(after, rules=state.rules), rows


def pause_outlives_a_spasm(state: AlarmState, event: AlarmEvent, t_mono: float) -> Stepped:
    after, rows = step(state, event, t_mono)
    if not isinstance(event, Decided) or not any(row.kind == "spasm" for row in rows):
        return after, rows
    after = replace(after, pause_until_mono=state.pause_until_mono)
    return after, tuple(row for row in rows if row.kind != "pause_ended")


def nobody_is_told_again(state: AlarmState, event: AlarmEvent, t_mono: float) -> Stepped:
    patient = replace(state, rules=replace(state.rules, escalate_after_s=inf))
    after, rows = step(patient, event, t_mono)
    rules = state.rules if after.rules is patient.rules else after.rules
    return replace(after, rules=rules), rows


def id_counts_down(state: AlarmState, event: AlarmEvent, t_mono: float) -> Stepped:
    after, rows = step(state, event, t_mono)
    is_restored = isinstance(event, Restore)
    return (replace(after, next_event_id=1) if is_restored else after), rows


def a_fault_never_ends(state: AlarmState, event: AlarmEvent, t_mono: float) -> Stepped:
    if isinstance(event, ConditionsFound) and state.technical:
        last = state.technical[-1].condition
        event = ConditionsFound(event.conditions | {last})
    return step(state, event, t_mono)


def garbage_deafens(state: AlarmState, event: AlarmEvent, t_mono: float) -> Stepped:
    """A window without a finite time lengthens the refractory time for ever."""
    after, rows = step(state, event, t_mono)
    if isinstance(event, Decided) and not abs(event.t_s) < inf:
        after = replace(after, rules=replace(after.rules, n_positive=after.rules.n_windows + 1))
    return after, rows


def without_row(kind: TransitionKind, state: AlarmState, event: AlarmEvent, t: float) -> Stepped:
    state, rows = step(state, event, t)
    return state, tuple(row for row in rows if row.kind != kind)


def with_row_twice(kind: TransitionKind, state: AlarmState, event: AlarmEvent, t: float) -> Stepped:
    state, rows = step(state, event, t)
    return state, rows + tuple(row for row in rows if row.kind == kind)


MUTANTS = (
    fault_hides,
    fault_delays,
    fault_empties_the_count,
    spasm_clears_faults,
    fault_ends_the_alarm_in_the_log_too,
    one_acknowledgement_for_both,
    any_id_acknowledges,
    pause_is_unbounded,
    pause_outlives_a_spasm,
    nobody_is_told_again,
    id_counts_down,
    a_fault_never_ends,
    garbage_deafens,
)
