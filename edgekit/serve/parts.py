"""What the core is made of: seams to everything that it does not do itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from edgekit.serve.account import Account
from edgekit.serve.conditions import Condition
from edgekit.serve.health.device import DeviceFacts
from edgekit.serve.live import Live
from edgekit.serve.review import Review
from edgekit.serve.sinks import AlarmSink
from edgekit.serve.store.rows import Stamp
from edgekit.serve.store.seams import Recording
from edgekit.serve.thinning import Thinning
from edgekit.serve.watch.seen import Report


class Health(Protocol):
    """Judges the watching side; see `edgekit.serve.health`."""

    def take(self, report: Report) -> None:
        """Take one report."""

    def conditions(self, now_mono: float) -> frozenset[Condition]:
        """Return what is wrong with the watching side now."""

    def fps(self, now_mono: float) -> float:
        """Return the frames a second through the extractor."""

    def decision_age_s(self, now_mono: float) -> float | None:
        """Return the seconds since a window was really judged."""

    @property
    def last_latency_s(self) -> float | None:
        """From the newest frame of the last decision to the decision."""

    @property
    def seen_share(self) -> float | None:
        """Of the last window."""


class Device(Protocol):
    """What the device itself says, polled; see `edgekit.serve.health.device`."""

    @property
    def facts(self) -> DeviceFacts:
        """What the last poll read."""

    def poll(self, mono_s: float, wall_s: float) -> None:
        """Read clock, power and temperature."""

    def conditions(self, now_mono: float) -> frozenset[Condition]:
        """Return what is wrong with them."""


@dataclass(frozen=True)
class Clock:
    """Time, so that tests can make it."""

    mono: Callable[[], float] = time.monotonic
    utc: Callable[[], float] = time.time


@dataclass(frozen=True)
class CoreParts:
    """What the core is made of."""

    live: Live
    recording: Recording
    health: Health
    device: Device
    sinks: list[AlarmSink]
    elsewhere: Callable[[], frozenset[Condition]]
    """Conditions found elsewhere: broker, settings, self-test."""
    on_acknowledged: Callable[[], None]
    """Told when somebody acknowledges the technical alarms."""
    review: Review | None
    """None where the settings keep no landmarks."""
    thinning: Thinning
    account: Account
    clock: Clock = Clock()

    def stamp(self) -> Stamp:
        """Return now, as rows carry it."""
        return Stamp(self.live.identity.boot_id, self.clock.mono(), self.clock.utc())
