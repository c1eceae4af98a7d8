"""What is true right now, for clients; and what is true when the core no longer says so.

A snapshot that has grown old is never shown as it was: the state becomes NOT MONITORING, with a
condition `core_stuck` that the core itself could not have raised.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from edgekit.serve.alarm.state import PatientAlarm, Sound, TechnicalAlarm
from edgekit.serve.conditions import MEANINGS, Condition, Meaning, Priority, WatchState
from edgekit.serve.live import Snapshot

STUCK_AFTER_S = 2.0
"""The core publishes at least every half second."""
FIRST_AFTER_S = 10.0
"""The first snapshot may take so long."""
ESCALATE_AFTER_S = 120.0
STUCK = "core_stuck"
_STUCK = Meaning(
    is_blind=True,
    priority="medium",
    text="the daemon hangs",
    cure="It is restarted by its watchdog; if it stays, restart the device.",
)


class ConditionReply(BaseModel):
    """Something that is wrong."""

    condition: Condition | Literal["core_stuck"]
    is_blind: bool
    priority: Priority
    text: str
    cure: str


class TechnicalReply(BaseModel):
    """The technical alarm of one condition."""

    condition: Condition | Literal["core_stuck"]
    text: str
    cure: str
    priority: Priority
    since_s: float
    """Seconds since it began."""
    is_acknowledged: bool
    is_escalated: bool


class PatientReply(BaseModel):
    """The patient alarm, while it is latched."""

    event_id: int
    kind: Literal["spasm", "cluster"]
    priority: Priority
    since_s: float
    """Seconds since it began."""
    n_spasms: int
    is_escalated: bool


class StateReply(BaseModel):
    """The whole picture at one moment; ages and remainders are in seconds at the answer."""

    age_s: float
    """Of the core's word for it; above 2 s it counts for nothing."""
    mono_s: float
    utc_s: float
    state: WatchState
    conditions: list[ConditionReply]
    """Most urgent first."""
    patient: PatientReply | None
    technical: list[TechnicalReply]
    sound: Sound | None
    pause_left_s: float
    test_left_s: float
    probability: float | None
    decision_age_s: float | None
    fps: float
    latency_ms: float | None
    seen_share: float | None
    uptime_s: float
    blind_s: float
    n_child_restarts: int
    n_waiting: int
    problem: str
    """Why there are no pictures, in the pose process's own words; empty while there are."""


def state_reply(snapshot: Snapshot | None, now_mono: float, began_mono: float) -> StateReply:
    """Return what clients are told at `now_mono` by a server that began at `began_mono`."""
    if snapshot is None:
        return _before_the_first(now_mono, began_mono)
    age = max(now_mono - snapshot.mono_s, 0.0)
    fresh = _as_published(snapshot, age)
    return _stuck(fresh) if age > STUCK_AFTER_S else fresh


def is_armed(reply: StateReply) -> bool:
    """Return whether a seizure now would be seen."""
    return reply.state != WatchState.NOT_MONITORING and reply.decision_age_s is not None


def _as_published(snapshot: Snapshot, age_s: float) -> StateReply:
    now = snapshot.mono_s + age_s
    decision_age = snapshot.decision_age_s
    return StateReply(
        age_s=age_s,
        mono_s=snapshot.mono_s,
        utc_s=snapshot.utc_s,
        state=snapshot.state,
        conditions=[_condition(c, MEANINGS[c]) for c in snapshot.conditions],
        patient=None if snapshot.patient is None else _patient(snapshot.patient, now),
        technical=[_technical(alarm, now) for alarm in snapshot.technical],
        sound=snapshot.sound,
        pause_left_s=max(snapshot.pause_left_s - age_s, 0.0),
        test_left_s=max(snapshot.test_left_s - age_s, 0.0),
        probability=snapshot.probability,
        decision_age_s=None if decision_age is None else decision_age + age_s,
        fps=snapshot.fps,
        latency_ms=snapshot.latency_ms,
        seen_share=snapshot.seen_share,
        uptime_s=snapshot.uptime_s + age_s,
        blind_s=snapshot.blind_s,
        n_child_restarts=snapshot.n_child_restarts,
        n_waiting=snapshot.n_waiting,
        problem=snapshot.problem,
    )


def _stuck(reply: StateReply) -> StateReply:
    """Return the same with the truth added: nobody watches."""
    is_escalated = reply.age_s > ESCALATE_AFTER_S
    priority: Priority = "high" if is_escalated else _STUCK.priority
    alarm = TechnicalReply(
        condition="core_stuck",
        text=_STUCK.text,
        cure=_STUCK.cure,
        priority=priority,
        since_s=reply.age_s,
        is_acknowledged=False,
        is_escalated=is_escalated,
    )
    return reply.model_copy(
        update={
            "state": WatchState.NOT_MONITORING,
            "conditions": [_condition(STUCK, _STUCK), *reply.conditions],
            "technical": [*reply.technical, alarm],
            # A latched patient alarm goes on; whatever was paused, this is new.
            "sound": _stuck_sound(reply, is_escalated=is_escalated),
            "pause_left_s": 0.0,
            "probability": None,
            "seen_share": None,
            "fps": 0.0,
        }
    )


def _stuck_sound(reply: StateReply, *, is_escalated: bool) -> Sound:
    if reply.patient is not None:
        return "patient"
    return "technical_high" if is_escalated else "technical_medium"


def _before_the_first(now_mono: float, began_mono: float) -> StateReply:
    age = now_mono - began_mono
    starting = StateReply(
        age_s=age,
        mono_s=began_mono,
        utc_s=0.0,
        state=WatchState.NOT_MONITORING,
        conditions=[_condition(Condition.STARTING, MEANINGS[Condition.STARTING])],
        patient=None,
        technical=[],
        sound=None,
        pause_left_s=0.0,
        test_left_s=0.0,
        probability=None,
        decision_age_s=None,
        fps=0.0,
        latency_ms=None,
        seen_share=None,
        uptime_s=age,
        blind_s=age,
        n_child_restarts=0,
        n_waiting=0,
        problem="",
    )
    return _stuck(starting) if age > FIRST_AFTER_S else starting


def _condition(name: str, meaning: Meaning) -> ConditionReply:
    return ConditionReply.model_validate(
        {
            "condition": name,
            "is_blind": meaning.is_blind,
            "priority": meaning.priority,
            "text": meaning.text,
            "cure": meaning.cure,
        }
    )


def _technical(alarm: TechnicalAlarm, now_mono: float) -> TechnicalReply:
    meaning = MEANINGS[alarm.condition]
    return TechnicalReply(
        condition=alarm.condition,
        text=meaning.text,
        cure=meaning.cure,
        priority=alarm.priority,
        since_s=now_mono - alarm.since_mono,
        is_acknowledged=alarm.is_acknowledged,
        is_escalated=alarm.is_escalated,
    )


def _patient(alarm: PatientAlarm, now_mono: float) -> PatientReply:
    return PatientReply(
        event_id=alarm.event_id,
        kind=alarm.kind,
        priority=alarm.priority,
        since_s=now_mono - alarm.since_mono,
        n_spasms=alarm.n_spasms,
        is_escalated=alarm.is_escalated,
    )
