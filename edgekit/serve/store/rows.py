"""What the store keeps: one frozen dataclass for each table, and the stamp that every row has."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgekit.serve.alarm.events import Transition
from edgekit.serve.conditions import Condition, WatchState


@dataclass(frozen=True)
class Stamp:
    """When, in a way that survives a wrong clock: order is by boot and monotonic time."""

    boot_id: str
    """Of this start of the daemon; 16 hexadecimal digits."""
    mono_s: float
    """Monotonic seconds."""
    utc_s: float
    """Wall clock, seconds since 1970; may jump, only ever shown."""


@dataclass(frozen=True)
class TransitionRow:
    """One transition of the alarm core: exactly one row each."""

    stamp: Stamp
    seq: int
    """Counts the transitions of this boot from 1: `<boot_id>-<seq>` names it everywhere."""
    transition: Transition
    probability: float | None = None
    """Of `spasm` and `cluster`: the deciding window's."""
    threshold: float | None = None


@dataclass(frozen=True)
class StateRow:
    """The watch state changed."""

    stamp: Stamp
    state: WatchState
    conditions: tuple[Condition, ...]


@dataclass(frozen=True)
class DecisionRow:
    """A decision; thinned before it comes here, save around an event."""

    stamp: Stamp
    t_s: float
    """End of the window on the source's clock."""
    probability: float | None
    seen_share: float


@dataclass(frozen=True)
class LandmarksRow:
    """The landmarks around an event, for review; never a picture."""

    stamp: Stamp
    event_id: int
    fps: float
    landmarks: NDArray[np.float32]
    """(T, V, 5), NaN where not observed."""


@dataclass(frozen=True)
class AuditRow:
    """Somebody did something other than handle an alarm: settings, tokens, export, wipe."""

    stamp: Stamp
    who: str
    what: str
    """As in `settings reloaded`."""
    detail: str = ""


@dataclass(frozen=True)
class HealthRow:
    """What the last hour was like."""

    stamp: Stamp
    period_s: float
    """Seconds that this row covers; the last row before a stop covers less than an hour."""
    uptime_s: float
    n_child_restarts: int
    n_frames: int
    n_decisions: int
    blind_s: float
    """Seconds of the period in NOT MONITORING."""
    worst_latency_s: float
    """Longest time from a frame's capture to the decision that it completed."""
    rss_mb: float
    child_rss_mb: float
    temperature_c: float | None
    start_reason: str | None = None
    """Set on the first row of a boot: `clean`, `crash`, `first`."""


Row = TransitionRow | StateRow | DecisionRow | LandmarksRow | AuditRow | HealthRow
