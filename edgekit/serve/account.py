"""The figures a person asks for afterwards: how long it ran, and how long it was blind."""

from __future__ import annotations

from dataclasses import dataclass

from edgekit.serve.conditions import WatchState
from edgekit.serve.store.rows import HealthRow, Stamp

PERIOD_S = 3600.0


@dataclass(frozen=True)
class DeviceFigures:
    """What a health row tells of the device, beside the core's own counts."""

    rss_mb: float
    child_rss_mb: float
    temperature_c: float | None
    n_child_restarts: int


class Account:
    """Counts of one start of the daemon, and of the hour that is running."""

    def __init__(self, now_s: float, start_reason: str | None) -> None:
        self._started_s = self._period_began_s = self._state_since_s = now_s
        self._start_reason = start_reason
        self._state = WatchState.NOT_MONITORING
        self._blind_s = self._blind_before_period_s = 0.0
        self._n_frames = self._n_decisions = self._n_restarts_before = 0
        self._worst_latency_s = 0.0
        self._slept_s = self._slept_before_period_s = 0.0

    def frame(self) -> None:
        """Count one frame."""
        self._n_frames += 1

    def decision(self, latency_s: float) -> None:
        """Count one decision."""
        self._n_decisions += 1
        self._worst_latency_s = max(self._worst_latency_s, latency_s)

    def slept(self, total_s: float) -> None:
        """Take for how long the device has been suspended so far: nobody was watched then."""
        self._slept_s = max(total_s, self._slept_s)

    def state(self, state: WatchState, now_s: float) -> None:
        """Take the state from `now_s` on."""
        if self._state is WatchState.NOT_MONITORING:
            self._blind_s += max(now_s - self._state_since_s, 0.0)
        self._state, self._state_since_s = state, now_s

    def blind_s(self, now_s: float) -> float:
        """Return the seconds in NOT MONITORING, or suspended, since the start."""
        is_blind = self._state is WatchState.NOT_MONITORING
        lasting_s = max(now_s - self._state_since_s, 0.0) if is_blind else 0.0
        return self._blind_s + lasting_s + self._slept_s

    def uptime_s(self, now_s: float) -> float:
        """Return the seconds since the start."""
        return now_s - self._started_s + self._slept_s

    def is_due(self, now_s: float) -> bool:
        """Tell whether an hour has passed since the last row."""
        return now_s - self._period_began_s >= PERIOD_S

    def close_period(self, stamp: Stamp, figures: DeviceFigures) -> HealthRow:
        """Return the row of the period that ends now, and begin the next."""
        now_s = stamp.mono_s
        blind_s = self.blind_s(now_s)
        row = HealthRow(
            stamp,
            period_s=now_s - self._period_began_s + self._slept_s - self._slept_before_period_s,
            uptime_s=self.uptime_s(now_s),
            n_child_restarts=figures.n_child_restarts - self._n_restarts_before,
            n_frames=self._n_frames,
            n_decisions=self._n_decisions,
            blind_s=blind_s - self._blind_before_period_s,
            worst_latency_s=self._worst_latency_s,
            rss_mb=figures.rss_mb,
            child_rss_mb=figures.child_rss_mb,
            temperature_c=figures.temperature_c,
            start_reason=self._start_reason,
        )
        self._period_began_s, self._blind_before_period_s = now_s, blind_s
        self._slept_before_period_s = self._slept_s
        self._n_restarts_before = figures.n_child_restarts
        self._n_frames = self._n_decisions = 0
        self._worst_latency_s = 0.0
        self._start_reason = None
        return row
