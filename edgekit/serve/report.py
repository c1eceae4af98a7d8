"""What a device did over days at the bedside: how long it watched, how often it alarmed.

What it cannot tell is its sensitivity: nobody counts the spasms that it missed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from edgekit.serve.store.boots import Boot
from edgekit.serve.store.reader import Reader
from edgekit.serve.store.rows import HealthRow
from edgekit.serve.store.seams import StoredEvent

HOUR_S = 3600.0
_BISECTIONS = 60


@dataclass(frozen=True)
class Rate:
    """So many events in so many days, with the exact 95 % interval of a Poisson process."""

    n_events: int
    days: float

    @property
    def per_day(self) -> float:
        """Events in 24 h of watching."""
        return self.n_events / self.days

    @property
    def interval(self) -> tuple[float, float]:
        """Lower and upper bound of events in 24 h of watching."""
        low, high = poisson_interval(self.n_events)
        return low / self.days, high / self.days


@dataclass(frozen=True)
class BedsideReport:
    """The figures. Hours are of the hourly rows; what ran without one is `unaccounted_h`."""

    monitored_h: float
    """Running, blind time included."""
    blind_h: float
    unaccounted_h: float
    """Running, but no hourly row tells what was seen: the ends of crashed starts."""
    n_starts: int
    n_crashes: int
    crash_free_h: float
    """Running hours without a crash at their end, each crash taking at most one."""
    n_child_restarts: int
    spasms: Rate | None
    """None when nothing was watched."""
    clusters: Rate | None
    n_unacknowledged: int
    median_answer_s: float | None
    """From an event to its acknowledgement."""
    worst_latency_s: float | None
    is_synthetic: bool
    """At least one start watched something made up, or replayed a recording."""

    @property
    def blind_share(self) -> float | None:
        """Of the monitored hours; None when there are none."""
        return self.blind_h / self.monitored_h if self.monitored_h > 0 else None


def make_report(reader: Reader, *, since_utc_s: float | None = None) -> BedsideReport:
    """Read the store and count.

    Raises:
        UsageError: There is no store.
        IntegrityError: It is damaged.
    """
    health = reader.health(since_utc_s=since_utc_s)
    events = reader.events(limit=-1, since_utc_s=since_utc_s)
    boots = [
        boot
        for boot in reader.boots()
        if since_utc_s is None
        or boot.stamp.utc_s >= since_utc_s
        or any(row.stamp.boot_id == boot.stamp.boot_id for row in health)
    ]
    return summarise(boots, health, events, reader.answer_times_s(since_utc_s=since_utc_s))


def summarise(
    boots: Sequence[Boot],
    health: Sequence[HealthRow],
    events: Sequence[StoredEvent],
    answer_times_s: Sequence[float],
) -> BedsideReport:
    """Count. `boots` are newest first: the newest may still run, and is no crash."""
    monitored_s = sum(row.period_s for row in health)
    blind_s = sum(row.blind_s for row in health)
    running_s = sum(boot.uptime_s for boot in boots)
    crashed = [boot for boot in boots[1:] if not boot.is_clean]
    lost_s = sum(min(boot.uptime_s, HOUR_S) for boot in crashed)
    watched_days = (monitored_s - blind_s) / (24 * HOUR_S)
    counted = _in_accounted_time(events, health)
    return BedsideReport(
        monitored_h=monitored_s / HOUR_S,
        blind_h=blind_s / HOUR_S,
        unaccounted_h=max(running_s - monitored_s, 0.0) / HOUR_S,
        n_starts=len(boots),
        n_crashes=len(crashed),
        crash_free_h=max(running_s - lost_s, 0.0) / HOUR_S,
        n_child_restarts=sum(row.n_child_restarts for row in health),
        spasms=_rate(counted, "spasm", watched_days),
        clusters=_rate(counted, "cluster", watched_days),
        n_unacknowledged=sum(event.acknowledged_by is None for event in events),
        median_answer_s=median(answer_times_s) if answer_times_s else None,
        worst_latency_s=max((row.worst_latency_s for row in health), default=None),
        is_synthetic=any(boot.origin.is_synthetic or not boot.origin.is_live for boot in boots),
    )


def _in_accounted_time(
    events: Sequence[StoredEvent], health: Sequence[HealthRow]
) -> list[StoredEvent]:
    """Return the events of the time that hourly rows cover: only these belong to the rate."""
    until_s: dict[str, float] = {}
    for row in health:
        boot_id = row.stamp.boot_id
        until_s[boot_id] = max(until_s.get(boot_id, 0.0), row.stamp.mono_s)
    return [
        event for event in events if event.stamp.mono_s <= until_s.get(event.stamp.boot_id, -1.0)
    ]


def _rate(events: Sequence[StoredEvent], kind: str, days: float) -> Rate | None:
    return Rate(sum(event.kind == kind for event in events), days) if days > 0 else None


def poisson_interval(n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return Garwood's exact interval for the mean of a Poisson count of `n`.

    Garwood, Biometrika 28 (1936): the bounds are the means at which counting `n` or more, or `n`
    or fewer, has the probability (1 - confidence) / 2.
    """
    tail = (1 - confidence) / 2
    ceiling = n + 10 * math.sqrt(n + 1) + 20
    low = 0.0 if n == 0 else _root(lambda mean: poisson_cdf(n - 1, mean) - (1 - tail), ceiling)
    return low, _root(lambda mean: poisson_cdf(n, mean) - tail, ceiling)


def poisson_cdf(n: int, mean: float) -> float:
    """Return the probability of counting at most `n`."""
    if mean <= 0:
        return 1.0
    logs = (k * math.log(mean) - mean - math.lgamma(k + 1) for k in range(n + 1))
    return math.fsum(map(math.exp, logs))


def _root(falling: Callable[[float], float], ceiling: float) -> float:
    """Return where a falling function crosses zero between 0 and `ceiling`."""
    low, high = 0.0, ceiling
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        if falling(middle) > 0:
            low = middle
        else:
            high = middle
    return (low + high) / 2
