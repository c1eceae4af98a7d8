"""A daemon without a camera: it feeds `Live`, answers commands, and holds a little history."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import numpy as np

from edgekit.serve.alarm.events import Acknowledge, Pause, Restore, TestAlarm, Transition
from edgekit.serve.alarm.state import PatientAlarm, TechnicalAlarm
from edgekit.serve.conditions import Condition, WatchState
from edgekit.serve.http.limits import Limits
from edgekit.serve.http.server import HttpServer, Opened
from edgekit.serve.live import (
    Identity,
    Live,
    Outcome,
    Snapshot,
    TransitionMessage,
)
from edgekit.serve.settings import HttpSettings
from edgekit.serve.store.rows import (
    AuditRow,
    DecisionRow,
    HealthRow,
    LandmarksRow,
    Stamp,
    TransitionRow,
)
from edgekit.serve.store.seams import OutboxMessage, Reading, StoredEvent

BOOT = "0123456789abcdef"
STAMP = Stamp(BOOT, 100.0, 1_800_000_000.0)
NAN = float("nan")

WIDE = Limits(requests_per_s=1e6, request_burst=10**6, wrong_token_burst=10**6)
"""Limits that a test does not meet."""

IDENTITY = Identity(
    device="bed-4",
    version="0.1.0",
    boot_id=BOOT,
    bundle_sha256="ab" * 32,
    model="onnx-int8-u8s8 on onnxruntime 1.32.0",
    threshold=0.6,
    window_s=5.0,
    fps=30.0,
    source="/dev/video0",
    is_live=True,
    is_policy_tuned=False,
    is_open=True,
)


def snapshot(mono_s: float | None = None) -> Snapshot:
    """Return an armed one with both alarms latched."""
    now = time.monotonic() if mono_s is None else mono_s
    return Snapshot(
        mono_s=now,
        utc_s=1_800_000_000.0,
        state=WatchState.DEGRADED,
        conditions=(Condition.BROKER_AWAY,),
        patient=PatientAlarm(7, "spasm", "high", now - 3, 2),
        technical=(TechnicalAlarm(Condition.BROKER_AWAY, "low", now - 30),),
        sound="patient",
        pause_left_s=10.0,
        test_left_s=0.0,
        probability=0.9,
        decision_age_s=0.4,
        fps=29.7,
        latency_ms=48.0,
        seen_share=0.97,
        uptime_s=100.0,
        blind_s=4.0,
        n_child_restarts=1,
        n_waiting=0,
    )


def transition(seq: int) -> TransitionMessage:
    """Return a spasm's."""
    what = Transition("spasm", "patient", "high", event_id=seq, t_s=12.5, n_spasms=1)
    row = TransitionRow(replace(STAMP, mono_s=time.monotonic()), seq, what, 0.9, 0.6)
    return TransitionMessage(row, is_stored=True)


class FakeCommands:
    """Does what it is asked, until it hangs."""

    def __init__(self) -> None:
        self.asked: list[Acknowledge | Pause | TestAlarm] = []
        self.is_hanging = False

    def ask(self, command: Acknowledge | Pause | TestAlarm) -> Outcome:
        if self.is_hanging:
            raise TimeoutError
        self.asked.append(command)
        return Outcome(is_done=True, text="done")


class FakeReading:
    """One of everything; not-a-number wherever a number may be missing."""

    def events(
        self, *, limit: int = 100, before_id: int | None = None, since_utc_s: float | None = None
    ) -> list[StoredEvent]:
        return [self._event(7)] if before_id is None or before_id > 7 else []

    def event(self, event_id: int) -> StoredEvent | None:
        return self._event(7) if event_id == 7 else None

    def landmarks(self, event_id: int) -> LandmarksRow | None:
        if event_id != 7:
            return None
        clip = np.full((3, 33, 5), 0.123456, dtype=np.float32)
        clip[1, 4] = np.nan
        return LandmarksRow(STAMP, 7, 30.0, clip)

    def transitions(
        self, *, limit: int = 200, since_utc_s: float | None = None
    ) -> list[TransitionRow]:
        return [transition(1).row]

    def decisions(self, *, boot_id: str, since_mono_s: float) -> list[DecisionRow]:
        return [DecisionRow(STAMP, 12.5, NAN, 0.9), DecisionRow(STAMP, 13.0, None, 0.1)]

    def audit(self, *, limit: int = 200) -> list[AuditRow]:
        return [AuditRow(STAMP, "edgekit", "settings reloaded")]

    def health(self, *, since_utc_s: float | None = None) -> list[HealthRow]:
        return [HealthRow(STAMP, 3600, 3600, 0, 10, 10, 4.0, 0.2, 90.0, 80.0, None, "clean")]

    def outbox(self, *, limit: int = 100) -> list[OutboxMessage]:
        return []

    def unacknowledged(self) -> Restore:
        return Restore(1)

    def _event(self, event_id: int) -> StoredEvent:
        return StoredEvent(
            event_id, "spasm", STAMP, 12.5, "high", 0.9, 0.6, 1, None, None, False, True
        )


class Daemon:
    """An HTTP server on a loopback port with a core that beats until told to hang."""

    def __init__(
        self,
        settings: HttpSettings,
        folder: Path,
        limits: Limits,
        *,
        has_snapshot: bool = True,
        reading: Reading | None = None,
    ) -> None:
        self.live = Live(IDENTITY)
        self.commands = FakeCommands()
        self.reading = reading or FakeReading()
        self.audited: list[tuple[str, str, str]] = []
        self.n_pulses = 0
        self.shape: Callable[[], Snapshot] = snapshot
        self.is_beating = threading.Event()
        if has_snapshot:
            self.is_beating.set()
            self.live.publish(snapshot())
        self._is_over = threading.Event()
        self.server = HttpServer(
            settings,
            folder,
            live=self.live,
            reader=self.reading,
            commands=self.commands,
            audit=lambda who, what, detail: self.audited.append((who, what, detail)),
            limits=limits,
        )
        self.opened: Opened = self.server.start()
        self._threads = [
            threading.Thread(target=self.server.run, args=(self._pulse,)),
            threading.Thread(target=self._beat),
        ]
        for thread in self._threads:
            thread.start()

    @property
    def port(self) -> int:
        return int(self.opened.url.rpartition(":")[2])

    def client(self, token: str | None = None, **options: object) -> httpx.Client:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        return httpx.Client(
            base_url=self.opened.url,
            headers=headers,
            trust_env=False,
            timeout=10,
            **options,  # type: ignore[arg-type]  # verify and the like
        )

    def close(self) -> None:
        self._is_over.set()
        self.is_beating.set()
        assert self.server.stop(5), "the server did not stop"
        for thread in self._threads:
            thread.join(5)
            assert not thread.is_alive()

    def _pulse(self) -> None:
        self.n_pulses += 1

    def _beat(self) -> None:
        while not self._is_over.wait(0.2):
            self.is_beating.wait()
            self.live.publish(self.shape())


@contextmanager
def daemon(
    folder: Path,
    *,
    limits: Limits = WIDE,
    has_snapshot: bool = True,
    reading: Reading | None = None,
    **settings: object,
) -> Iterator[Daemon]:
    """Serve on a free port of loopback; stopped at the end."""
    options = HttpSettings.model_validate({"port": 0, **settings})
    served = Daemon(options, folder, limits, has_snapshot=has_snapshot, reading=reading)
    try:
        yield served
    finally:
        served.close()
