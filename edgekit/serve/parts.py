"""What the core is made of: seams to everything that it does not do itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from edgekit.serve.account import Account
from edgekit.serve.conditions import Condition
from edgekit.serve.live import Live
from edgekit.serve.review import ReviewBuffer
from edgekit.serve.sinks import AlarmSink
from edgekit.serve.snapshot import Figures
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

    def figures(self, now_mono: float) -> Figures:
        """Return what the page shows of it."""


class Device(Protocol):
    """What the device itself says, polled."""

    def poll(self, now_mono: float, utc_s: float) -> frozenset[Condition]:
        """Return what is wrong with clock, power or temperature."""

    @property
    def rss_mb(self) -> float:
        """Resident memory of this process."""

    @property
    def temperature_c(self) -> float | None:
        """Of the processor; None where nobody tells."""


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
    sinks: Sequence[AlarmSink]
    elsewhere: Callable[[], frozenset[Condition]]
    """Conditions found elsewhere: broker, settings, self-test."""
    on_acknowledged: Callable[[], None]
    """Told when somebody acknowledges the technical alarms."""
    review: ReviewBuffer
    thinning: Thinning
    account: Account
    clock: Clock = Clock()

    def stamp(self) -> Stamp:
        """Return now, as rows carry it."""
        return Stamp(self.live.identity.boot_id, self.clock.mono(), self.clock.utc())
