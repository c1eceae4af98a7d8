"""The alarm core: `step(state, event, t_mono) -> (state, transitions)`, pure and total.

The rules stand in README.md beside this file. Whatever comes, in whatever order and at whatever
times, leads to a state from which it recovers; nothing raises.
"""

from __future__ import annotations

from dataclasses import replace

from edgekit.serve.alarm import audio, patient, technical
from edgekit.serve.alarm.events import (
    Acknowledge,
    AlarmEvent,
    ConditionsFound,
    Decided,
    NewRules,
    Pause,
    Restore,
    TestAlarm,
    Tick,
)
from edgekit.serve.alarm.policy import AlarmRules
from edgekit.serve.alarm.state import AlarmState, Stepped

FURTHEST_S = 1e12
"""Monotonic times are at most so far from 0: 30,000 years, still exact to a millisecond."""


def first_state(rules: AlarmRules) -> AlarmState:
    """Return the state before the first event: nothing latched, nothing seen."""
    return AlarmState(rules)


def step(state: AlarmState, event: AlarmEvent, t_mono: float) -> Stepped:
    """Return the state after `event`, and a transition for everything that changed, in order.

    Args:
        state: The state before.
        event: What happened.
        t_mono: When, in seconds on the monotonic clock. What is no time at all (not finite, or
            beyond `FURTHEST_S`) counts as the time of the event before; a time that goes
            backwards ends a pause and a test.
    """
    now = t_mono if abs(t_mono) <= FURTHEST_S else state.last_mono
    state, passed = _pass_time(state, now)
    state, answered = _answer(state, event, now)
    state, interrupted = audio.interrupt(state, answered)
    return state, passed + answered + interrupted


def next_deadline(state: AlarmState) -> float | None:
    """Return the monotonic time at which a `Tick` next changes something; None when none would."""
    deadlines = (
        state.pause_until_mono,
        state.test_until_mono,
        patient.deadline(state),
        technical.deadline(state),
    )
    return min((deadline for deadline in deadlines if deadline is not None), default=None)


def _pass_time(state: AlarmState, now: float) -> Stepped:
    is_turned_back = now < state.last_mono
    state = replace(_turn_back(state, now) if is_turned_back else state, last_mono=now)
    return _meet_deadlines(state, now, is_turned_back=is_turned_back)


def _meet_deadlines(state: AlarmState, now: float, *, is_turned_back: bool = False) -> Stepped:
    state, lapsed = audio.lapse(state, now, is_turned_back=is_turned_back)
    state, patient_escalated = patient.escalate(state, now)
    state, technical_escalated = technical.escalate(state, now)
    escalated = patient_escalated + technical_escalated
    state, interrupted = audio.interrupt(state, escalated)
    return state, lapsed + escalated + interrupted


def _turn_back(state: AlarmState, now: float) -> AlarmState:
    """Let nothing have begun in the future: its escalation would wait for that future."""
    latched = state.patient
    return replace(
        state,
        patient=latched and replace(latched, since_mono=min(latched.since_mono, now)),
        technical=tuple(
            replace(alarm, since_mono=min(alarm.since_mono, now)) for alarm in state.technical
        ),
    )


def _answer(state: AlarmState, event: AlarmEvent, now: float) -> Stepped:
    match event:
        case Decided():
            stepped = patient.decide(state, event, now)
        case ConditionsFound():
            stepped = technical.find(state, event, now)
        case Acknowledge():
            stepped = _acknowledge(state, event)
        case Pause():
            stepped = audio.pause(state, event, now)
        case TestAlarm():
            stepped = audio.test(state, event, now)
        case Tick():
            stepped = state, ()
        case Restore():
            stepped = patient.restore(state, event, now)
        case NewRules():
            stepped = _obey(state, event.rules, now)
    return stepped


def _acknowledge(state: AlarmState, event: Acknowledge) -> Stepped:
    if event.event_id is None:
        return technical.acknowledge(state, event)
    return patient.acknowledge(state, event, event.event_id)


def _obey(state: AlarmState, rules: AlarmRules, now: float) -> Stepped:
    """Take new rules at once: a pause or test that they would not have granted ends."""
    state = replace(state, rules=rules, recent=state.recent[-rules.n_windows :])
    return _meet_deadlines(state, now)
