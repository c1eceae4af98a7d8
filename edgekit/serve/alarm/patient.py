"""The patient latch: k of n windows, refractory time, clusters, acknowledgement, escalation.

It reads nothing of the technical alarms, and they nothing of it.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Literal

from edgekit.serve.alarm.events import Acknowledge, Decided, Restore, Transition
from edgekit.serve.alarm.state import AlarmState, PatientAlarm, Stepped


def decide(state: AlarmState, event: Decided, now: float) -> Stepped:
    """Take one window into the count; k positive ones of the last n latch the alarm.

    Windows of the refractory time are left out: each of them may still hold the movement that was
    just counted. A window without a finite time cannot be placed in it, and counts.
    """
    if math.isfinite(event.t_s):
        state = _after_gap(_follow_source(state, event.t_s), event.t_s)
        if _is_refractory(state, event.t_s):
            return state, ()
    rules = state.rules
    recent = (*state.recent, event.is_positive)[-rules.n_windows :]
    if not event.is_positive or recent.count(True) < rules.n_positive:
        return replace(state, recent=recent), ()
    return _count_spasm(replace(state, recent=()), event.t_s, now)


def acknowledge(state: AlarmState, event: Acknowledge, event_id: int) -> Stepped:
    """Clear the latch when this person saw its newest event; else say that it was too late.

    A cluster that was acknowledged is over: as many spasms again make another.
    """
    patient = state.patient
    if patient is None or event_id < patient.event_id:
        late = Transition("acknowledged_late", "patient", "info", event_id=event_id, who=event.who)
        return state, (late,)
    if patient.kind == "cluster":
        state = replace(state, spasm_times_s=(), is_in_cluster=False)
    done = Transition(
        "acknowledged",
        "patient",
        "info",
        event_id=patient.event_id,
        who=event.who,
        n_spasms=patient.n_spasms,
    )
    return replace(state, patient=None), (done,)


def restore(state: AlarmState, event: Restore, now: float) -> Stepped:
    """Latch again what was unacknowledged before a restart. Event ids never count down."""
    next_event_id = max(state.next_event_id, event.next_event_id, (event.event_id or 0) + 1)
    state = replace(state, next_event_id=next_event_id)
    if event.event_id is None or state.patient is not None:
        return state, ()
    patient = PatientAlarm(
        event_id=event.event_id,
        kind="cluster" if event.is_cluster else "spasm",
        priority="high",
        since_mono=now,
        n_spasms=event.n_spasms,
    )
    return replace(state, patient=patient), (_about("restored", patient),)


def deadline(state: AlarmState) -> float | None:
    """Return when the alarm escalates; None when it is not latched, or has done so."""
    if state.patient is None or state.patient.is_escalated:
        return None
    return state.patient.since_mono + state.rules.escalate_after_s


def escalate(state: AlarmState, now: float) -> Stepped:
    """Announce once more what nobody came for: once for each time that it latches.

    Further spasms do not put it off: in a cluster it would otherwise never come.
    """
    due = deadline(state)
    if state.patient is None or due is None or now < due:
        return state, ()
    patient = replace(state.patient, is_escalated=True)
    return replace(state, patient=patient), (_about("escalated", patient),)


def _follow_source(state: AlarmState, t_s: float) -> AlarmState:
    """Forget times that lie ahead: the source's clock has begun again. What is latched stays."""
    if state.last_spasm_s is None or t_s >= state.last_spasm_s:
        return state
    return replace(state, last_spasm_s=None, spasm_times_s=(), is_in_cluster=False)


def _after_gap(state: AlarmState, t_s: float) -> AlarmState:
    """Forget what was counted before a time without windows."""
    before_s = state.last_window_s
    is_gap = before_s is not None and not 0 <= t_s - before_s <= state.rules.gap_s
    return replace(state, last_window_s=t_s, recent=() if is_gap else state.recent)


def _is_refractory(state: AlarmState, t_s: float) -> bool:
    return state.last_spasm_s is not None and t_s < state.last_spasm_s + state.rules.refractory_s


def _count_spasm(state: AlarmState, t_s: float, now: float) -> Stepped:
    if not math.isfinite(t_s):
        state, spasm = _latch(state, "spasm", None, now)
        return state, (spasm,)
    state = _remember(state, t_s)
    state, spasm = _latch(state, "spasm", t_s, now)
    if state.is_in_cluster or len(state.spasm_times_s) < state.rules.cluster_spasms:
        return state, (spasm,)
    state, cluster = _latch(replace(state, is_in_cluster=True), "cluster", t_s, now)
    return state, (spasm, cluster)


def _remember(state: AlarmState, t_s: float) -> AlarmState:
    """Add a spasm's time. A cluster lapses when the cluster time has passed without a spasm."""
    since_s = t_s - 60 * state.rules.cluster_minutes
    before = tuple(time_s for time_s in state.spasm_times_s if time_s >= since_s)
    return replace(
        state,
        last_spasm_s=t_s,
        spasm_times_s=(*before, t_s)[-state.rules.cluster_spasms :],
        is_in_cluster=state.is_in_cluster and bool(before),
    )


def _latch(
    state: AlarmState, kind: Literal["spasm", "cluster"], t_s: float | None, now: float
) -> tuple[AlarmState, Transition]:
    """Latch, or raise what is latched: the newest id, one spasm more, never from cluster back."""
    patient = state.patient or PatientAlarm(state.next_event_id, kind, "high", now, n_spasms=0)
    patient = replace(
        patient,
        event_id=state.next_event_id,
        kind="cluster" if kind == "cluster" else patient.kind,
        n_spasms=patient.n_spasms + (kind == "spasm"),
    )
    state = replace(state, patient=patient, next_event_id=state.next_event_id + 1)
    return state, _about(kind, patient, t_s)


def _about(
    kind: Literal["spasm", "cluster", "restored", "escalated"],
    patient: PatientAlarm,
    t_s: float | None = None,
) -> Transition:
    return Transition(
        kind,
        "patient",
        patient.priority,
        event_id=patient.event_id,
        t_s=t_s,
        n_spasms=patient.n_spasms,
    )
