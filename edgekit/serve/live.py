"""What is true right now, for everybody who shows it: HTTP, MQTT, alarm sinks.

The core is the only writer. Readers take the latest `Snapshot`, or subscribe to messages; a slow
reader loses messages, is told how many, and never holds up the core.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from edgekit.serve.alarm.events import Acknowledge, Pause, TestAlarm
from edgekit.serve.alarm.state import PatientAlarm, Sound, TechnicalAlarm
from edgekit.serve.conditions import Condition, WatchState
from edgekit.serve.store.rows import DecisionRow, TransitionRow


@dataclass(frozen=True)
class Identity:
    """What does not change while the daemon runs."""

    device: str
    version: str
    boot_id: str
    bundle_sha256: str
    """Of the bundle's manifest."""
    model: str
    """As in `onnx-int8-u8s8 on onnxruntime 1.32.0`."""
    threshold: float
    window_s: float
    fps: float
    """The bundle's time grid."""
    source: str
    """A camera as the user named it; of a recording the file's name, as its folder is private."""
    is_live: bool
    """False: a recording is replayed; whoever shows anything must say so."""
    is_policy_tuned: bool
    is_open: bool
    """Whoever reaches the page may use it without a token (loopback)."""


@dataclass(frozen=True)
class Snapshot:
    """The whole picture at one moment. Ages and remainders are in seconds at `mono_s`."""

    mono_s: float
    utc_s: float
    state: WatchState
    conditions: tuple[Condition, ...]
    """Most urgent first."""
    patient: PatientAlarm | None
    technical: tuple[TechnicalAlarm, ...]
    sound: Sound | None
    """What should be heard now; None also during a pause."""
    pause_left_s: float
    test_left_s: float
    probability: float | None
    """Of the last decision; None when nobody could be judged."""
    decision_age_s: float | None
    """Seconds since the last window that was really judged; None before the first."""
    fps: float
    """Pictures a second with an answer of the pose extractor, over the last seconds."""
    latency_ms: float | None
    """Of the last decision: from the capture of its newest frame."""
    seen_share: float | None
    uptime_s: float
    blind_s: float
    """Since the start."""
    n_child_restarts: int
    n_waiting: int
    """Rows that the store has not committed yet."""
    problem: str = ""
    """Why there are no pictures, in the pose process's own words; empty while there are."""


@dataclass(frozen=True, eq=False)
class PoseMessage:
    """One skeleton, at most ten a second."""

    t_s: float
    xyv: NDArray[np.float32]
    """(V, 3): x in image widths, y in image heights, visibility; NaN where not observed."""


@dataclass(frozen=True, eq=False)
class DecisionMessage:
    """One decision, with where in its window the MIL head looked."""

    row: DecisionRow
    attention: tuple[float, ...] | None
    """(S,) mean of the folds, sums to 1."""


@dataclass(frozen=True)
class TransitionMessage:
    """A transition, after it was committed; `is_stored` is False where the store failed."""

    row: TransitionRow
    is_stored: bool


Message = Snapshot | PoseMessage | DecisionMessage | TransitionMessage


@dataclass(frozen=True)
class Outcome:
    """What became of a command."""

    is_done: bool
    """False: too late, or nothing to do; it is logged all the same."""
    text: str


class Commands(Protocol):
    """What people may ask of the core, from any thread; answered within a second or refused."""

    def ask(self, command: Acknowledge | Pause | TestAlarm) -> Outcome:
        """Carry out a command and wait until it is logged.

        Raises:
            TimeoutError: The core did not answer within a second; nothing is known of the outcome.
        """


class Live:
    """The latest snapshot, and a queue for each subscriber."""

    MAX_SUBSCRIBERS = 64

    def __init__(self, identity: Identity) -> None:
        self.identity = identity
        self._lock = threading.Lock()
        self._snapshot: Snapshot | None = None
        self._subscribers: list[Subscription] = []

    @property
    def snapshot(self) -> Snapshot | None:
        """The latest one; None before the core's first."""
        return self._snapshot

    def publish(self, message: Message) -> None:
        """Hand a message to every subscriber; never blocks on one."""
        if isinstance(message, Snapshot):
            self._snapshot = message
        with self._lock:
            subscribers = tuple(self._subscribers)
        for subscriber in subscribers:
            subscriber.put(message)

    def subscribe(self) -> Subscription | None:
        """Return a new subscription, or None when there are too many."""
        with self._lock:
            if len(self._subscribers) >= self.MAX_SUBSCRIBERS:
                return None
            subscription = Subscription(self)
            self._subscribers.append(subscription)
            return subscription

    def drop(self, subscription: Subscription) -> None:
        """End a subscription; harmless when it has ended."""
        with self._lock:
            if subscription in self._subscribers:
                self._subscribers.remove(subscription)


class Subscription:
    """A bounded queue of messages, read by one thread. Use as a context manager."""

    MAX_WAITING = 256

    def __init__(self, live: Live) -> None:
        self._live = live
        self._ready = threading.Condition()
        self._waiting: deque[Message] = deque()
        self._is_woken = False
        self.n_lost = 0
        """Messages that this reader was too slow for."""

    def put(self, message: Message) -> None:
        """Add a message; a full queue loses its oldest, transitions last."""
        with self._ready:
            if len(self._waiting) >= self.MAX_WAITING:
                self._lose_one()
            self._waiting.append(message)
            self._ready.notify()

    def take(self, timeout_s: float) -> Message | None:
        """Return the next message, or None after `timeout_s`."""
        with self._ready:
            if not self._waiting and not self._is_woken:
                self._ready.wait(timeout_s)
            self._is_woken = False
            return self._waiting.popleft() if self._waiting else None

    def wake(self) -> None:
        """Let the reader's `take` return at once: it has something to do besides messages."""
        with self._ready:
            self._is_woken = True
            self._ready.notify()

    def __enter__(self) -> Subscription:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the subscription."""
        self._live.drop(self)

    def _lose_one(self) -> None:
        self.n_lost += 1
        for index, message in enumerate(self._waiting):
            if not isinstance(message, TransitionMessage):
                del self._waiting[index]
                return
        self._waiting.popleft()
