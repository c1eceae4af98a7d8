"""The technical alarms: one for each condition, which begins and ends with it.

They read nothing of the patient latch, and it nothing of them.
"""

from __future__ import annotations

from dataclasses import replace

from edgekit.serve.alarm.events import Acknowledge, ConditionsFound, Transition
from edgekit.serve.alarm.state import AlarmState, Stepped, TechnicalAlarm
from edgekit.serve.conditions import MEANINGS, Condition, by_urgency


def is_escalating(condition: Condition) -> bool:
    """Whether it becomes high when nobody acknowledges it: monitoring is lost, by a fault.

    Nobody in view blinds too, but an empty bed is no fault. A start that never ends is one.
    """
    return MEANINGS[condition].is_blind and condition is not Condition.NOBODY_IN_VIEW


def find(state: AlarmState, event: ConditionsFound, now: float) -> Stepped:
    """Begin and end alarms so that they are the conditions found."""
    before = {alarm.condition for alarm in state.technical}
    if before == event.conditions:
        return state, ()
    ended = tuple(a for a in state.technical if a.condition not in event.conditions)
    stayed = tuple(a for a in state.technical if a.condition in event.conditions)
    began = tuple(
        TechnicalAlarm(condition, MEANINGS[condition].priority, since_mono=now)
        for condition in by_urgency(event.conditions - before)
    )
    transitions = (
        *(_ended(alarm, now) for alarm in ended),
        *(
            Transition("condition_began", "technical", alarm.priority, condition=alarm.condition)
            for alarm in began
        ),
    )
    return replace(state, technical=(*stayed, *began)), transitions


def acknowledge(state: AlarmState, event: Acknowledge) -> Stepped:
    """Silence all that are present, for as long as they last; one row for each."""
    unseen = tuple(alarm for alarm in state.technical if not alarm.is_acknowledged)
    if not unseen:
        return state, (Transition("acknowledged_late", "technical", "info", who=event.who),)
    technical = tuple(replace(alarm, is_acknowledged=True) for alarm in state.technical)
    return replace(state, technical=technical), tuple(
        Transition("acknowledged", "technical", "info", condition=alarm.condition, who=event.who)
        for alarm in unseen
    )


def deadline(state: AlarmState) -> float | None:
    """Return when the next of them escalates; None when none will."""
    waiting = [alarm.since_mono for alarm in state.technical if _is_waiting(alarm)]
    return min(waiting) + state.rules.escalate_after_s if waiting else None


def escalate(state: AlarmState, now: float) -> Stepped:
    """Raise to high what nobody acknowledged in time; once for each time that it begins."""
    due = deadline(state)
    if due is None or now < due:
        return state, ()
    technical = tuple(
        replace(alarm, priority="high", is_escalated=True)
        if _is_waiting(alarm) and now >= alarm.since_mono + state.rules.escalate_after_s
        else alarm
        for alarm in state.technical
    )
    raised = (
        after.condition
        for before, after in zip(state.technical, technical, strict=True)
        if after is not before
    )
    return replace(state, technical=technical), tuple(
        Transition("escalated", "technical", "high", condition=condition) for condition in raised
    )


def _is_waiting(alarm: TechnicalAlarm) -> bool:
    return not (alarm.is_acknowledged or alarm.is_escalated) and is_escalating(alarm.condition)


def _ended(alarm: TechnicalAlarm, now: float) -> Transition:
    return Transition(
        "condition_ended",
        "technical",
        "info",
        condition=alarm.condition,
        seconds=now - alarm.since_mono,
    )
