"""A core with everything around it made up: time, store, health, sinks."""

from __future__ import annotations

import queue
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from edgekit.runtime.detector import Judgement
from edgekit.serve.account import Account
from edgekit.serve.alarm.events import Restore
from edgekit.serve.alarm.policy import AlarmRules
from edgekit.serve.conditions import Condition
from edgekit.serve.core import Core, Inbox
from edgekit.serve.health.device import DeviceFacts
from edgekit.serve.live import Identity, Live, Message, Snapshot, Subscription, TransitionMessage
from edgekit.serve.parts import Clock, CoreParts
from edgekit.serve.review import Review
from edgekit.serve.store.rows import Row, TransitionRow
from edgekit.serve.thinning import Thinning
from edgekit.serve.watch.seen import Judged, Observation, Report

RULES = AlarmRules(
    n_positive=2, n_windows=3, refractory_s=6.0, cluster_spasms=3, cluster_minutes=5.0
)
IDENTITY = Identity(
    device="bed-1",
    version="0",
    boot_id="0" * 16,
    bundle_sha256="0" * 64,
    model="onnx-fp32",
    threshold=0.5,
    window_s=5.0,
    fps=30.0,
    source="0",
    is_live=True,
    is_policy_tuned=False,
    is_open=True,
)


@dataclass
class FakeStore:
    """Keeps rows in a list, and in order with what was announced."""

    journal: list[str]
    is_failing: bool = False
    rows: list[Row] = field(default_factory=list)
    conditions: frozenset[Condition] = frozenset()
    n_waiting: int = 0

    def record(self, rows: Sequence[Row], *, wait_s: float = 0.0) -> bool:
        self.rows += rows
        self.journal += [
            f"stored {row.transition.kind}" for row in rows if isinstance(row, TransitionRow)
        ]
        return not self.is_failing and wait_s > 0

    def delivered(self, message_id: int) -> None:
        raise AssertionError(message_id)


@dataclass
class FakeHealth:
    """Says what the test wants."""

    found: frozenset[Condition] = frozenset()
    reports: list[Report] = field(default_factory=list)

    def take(self, report: Report) -> None:
        self.reports.append(report)

    def conditions(self, now_mono: float) -> frozenset[Condition]:
        return self.found

    last_latency_s: float | None = 0.02
    seen_share: float | None = 1.0

    def fps(self, now_mono: float) -> float:
        return 30.0

    def decision_age_s(self, now_mono: float) -> float | None:
        return 0.1


@dataclass
class FakeDevice:
    """A device with nothing wrong."""

    facts: DeviceFacts = field(default_factory=lambda: DeviceFacts(rss_mb=80.0))

    def poll(self, mono_s: float, wall_s: float) -> None:
        pass

    def conditions(self, now_mono: float) -> frozenset[Condition]:
        return frozenset()


@dataclass
class FakeSink:
    """Hears everything."""

    journal: list[str]
    conditions: frozenset[Condition] = frozenset()
    shown: list[Snapshot] = field(default_factory=list)
    is_closed: bool = False
    is_heard: bool = True

    def show(self, snapshot: Snapshot) -> None:
        self.shown.append(snapshot)

    def announce(self, message: TransitionMessage) -> None:
        self.journal.append(f"announced {message.row.transition.kind}")

    def close(self) -> None:
        self.is_closed = True


class Ward:
    """A core and its surroundings. `settle` runs its thread's work in this one."""

    def __init__(self, restore: Restore | None = None) -> None:
        self.now_s = 100.0
        self.journal: list[str] = []
        self.store, self.health = FakeStore(self.journal), FakeHealth()
        self.sink, self.live = FakeSink(self.journal), Live(IDENTITY)
        self.n_acknowledged = 0
        self.elsewhere: frozenset[Condition] = frozenset()
        self.parts = CoreParts(
            live=self.live,
            recording=self.store,
            health=self.health,
            device=FakeDevice(),
            sinks=[self.sink],
            elsewhere=lambda: self.elsewhere,
            on_acknowledged=self._note_acknowledged,
            review=Review(self._recent, before_s=2.0, after_s=1.0),
            thinning=Thinning(5.0, 0.5),
            account=Account(self.now_s, "first"),
            clock=Clock(mono=lambda: self.now_s, utc=lambda: 1e9 + self.now_s),
        )
        self.inbox: Inbox = queue.SimpleQueue()
        self.core = Core(self.parts, RULES, restore or Restore(1), self.inbox)

    def _recent(self, seconds: float, end_s: float) -> NDArray[np.float32]:
        return np.full((round(seconds * 30), 33, 5), end_s, dtype=np.float32)

    def _note_acknowledged(self) -> None:
        self.n_acknowledged += 1

    def settle(self) -> None:
        """Work off everything posted so far; the core ends after it, as at a shutdown."""
        self.core.stop()
        self.core.run(lambda: None)

    def kinds(self) -> list[str]:
        return [row.transition.kind for row in self.store.rows if isinstance(row, TransitionRow)]


def judged(t_s: float, probability: float | None) -> Judged:
    """A window that ends at `t_s`."""
    judgement = Judgement(
        t_s - 5.0,
        0.0 if probability is None else 1.0,
        probability,
        None if probability is None else probability >= 0.5,
        None if probability is None else np.full(4, 0.25, dtype=np.float32),
    )
    return Judged(t_s, judgement, "", t_s, 0.02)


def seen(number: int) -> Observation:
    """Frame `number` of 30 a second."""
    return Observation(
        number, number / 30, number / 30, np.full((33, 5), 0.5, dtype=np.float32), None
    )


def messages(reader: Subscription) -> list[Message]:
    """Everything that waits."""
    found: list[Message] = []
    while (message := reader.take(0.0)) is not None:
        found.append(message)
    return found
