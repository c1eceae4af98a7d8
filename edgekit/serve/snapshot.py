"""The core's own state and everybody's figures, as one picture of now."""

from __future__ import annotations

from dataclasses import dataclass

from edgekit.serve.account import Account
from edgekit.serve.alarm.state import AlarmState
from edgekit.serve.alarm.step import pause_left_s, sound
from edgekit.serve.conditions import Condition, by_urgency, state_of
from edgekit.serve.live import Snapshot
from edgekit.serve.store.rows import Stamp


@dataclass(frozen=True)
class Figures:
    """What the watching side looks like in numbers."""

    fps: float
    """Frames a second through the extractor, on the source's clock."""
    latency_s: float | None
    """Of the last decision."""
    seen_share: float | None
    decision_age_s: float | None
    """Since the last window that was really judged."""


def snapshot_of(
    state: AlarmState,
    stamp: Stamp,
    conditions: frozenset[Condition],
    figures: Figures,
    *,
    probability: float | None,
    account: Account,
    n_child_restarts: int,
    n_waiting: int,
) -> Snapshot:
    """Return what is true at `stamp`."""
    now = stamp.mono_s
    test_until = state.test_until_mono
    return Snapshot(
        mono_s=now,
        utc_s=stamp.utc_s,
        state=state_of(conditions),
        conditions=by_urgency(conditions),
        patient=state.patient,
        technical=state.technical,
        sound=sound(state, now),
        pause_left_s=pause_left_s(state, now),
        test_left_s=max(test_until - now, 0.0) if test_until is not None else 0.0,
        probability=probability,
        decision_age_s=figures.decision_age_s,
        fps=figures.fps,
        latency_ms=None if figures.latency_s is None else figures.latency_s * 1000,
        seen_share=figures.seen_share,
        uptime_s=account.uptime_s(now),
        blind_s=account.blind_s(now),
        n_child_restarts=n_child_restarts,
        n_waiting=n_waiting,
    )
