"""The core's own state and everybody's figures, as one picture of now."""

from __future__ import annotations

from edgekit.serve.account import Account
from edgekit.serve.alarm.sound import pause_left_s, sound, test_left_s
from edgekit.serve.alarm.state import AlarmState
from edgekit.serve.conditions import Condition, by_urgency, state_of
from edgekit.serve.live import Snapshot
from edgekit.serve.parts import Health
from edgekit.serve.store.rows import Stamp


def snapshot_of(
    state: AlarmState,
    stamp: Stamp,
    conditions: frozenset[Condition],
    health: Health,
    *,
    probability: float | None,
    account: Account,
    n_child_restarts: int,
    n_waiting: int,
    problem: str,
) -> Snapshot:
    """Return what is true at `stamp`."""
    now, latency_s = stamp.mono_s, health.last_latency_s
    return Snapshot(
        mono_s=now,
        utc_s=stamp.utc_s,
        state=state_of(conditions),
        conditions=by_urgency(conditions),
        patient=state.patient,
        technical=state.technical,
        sound=sound(state, now),
        pause_left_s=pause_left_s(state, now),
        test_left_s=test_left_s(state, now),
        probability=probability,
        decision_age_s=health.decision_age_s(now),
        fps=health.fps(now),
        latency_ms=None if latency_s is None else latency_s * 1000,
        seen_share=health.seen_share,
        uptime_s=account.uptime_s(now),
        blind_s=account.blind_s(now),
        n_child_restarts=n_child_restarts,
        n_waiting=n_waiting,
        problem=problem,
    )
