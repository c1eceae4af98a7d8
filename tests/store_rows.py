"""Rows, starts and a recorder for tests of the store."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from edgekit.serve.alarm.events import Transition, TransitionKind
from edgekit.serve.conditions import Condition, WatchState
from edgekit.serve.settings import StoreSettings
from edgekit.serve.store.boots import Origin
from edgekit.serve.store.keeper import Clocks, Opened
from edgekit.serve.store.recorder import Recorder
from edgekit.serve.store.rows import (
    AuditRow,
    DecisionRow,
    HealthRow,
    LandmarksRow,
    Stamp,
    StateRow,
    TransitionRow,
)

BOOT = "00000000000000aa"
UTC_S = 1_800_000_000.0
ORIGIN = Origin("bed-7", "0.1.0", "ab" * 32, is_live=True)
SMALL = StoreSettings(reserve_mb=1)


def stamp(mono_s: float = 100.0, *, boot_id: str = BOOT, utc_s: float | None = None) -> Stamp:
    return Stamp(boot_id, mono_s, UTC_S + mono_s if utc_s is None else utc_s)


def spasm(event_id: int, *, boot_id: str = BOOT, kind: TransitionKind = "spasm") -> TransitionRow:
    transition = Transition(
        kind, "patient", "high", event_id=event_id, t_s=float(event_id), n_spasms=event_id
    )
    return TransitionRow(stamp(100.0 + event_id, boot_id=boot_id), event_id, transition, 0.9, 0.5)


def acknowledged(event_id: int, seq: int, *, mono_s: float = 500.0) -> TransitionRow:
    transition = Transition("acknowledged", "patient", "high", event_id=event_id, who="nurse")
    return TransitionRow(stamp(mono_s), seq, transition)


def decision(mono_s: float, *, utc_s: float | None = None) -> DecisionRow:
    return DecisionRow(stamp(mono_s, utc_s=utc_s), mono_s, 0.25, 0.75)


def state(mono_s: float) -> StateRow:
    return StateRow(stamp(mono_s), WatchState.DEGRADED, (Condition.BROKER_AWAY,))


def landmarks(event_id: int, *, n_frames: int = 4) -> LandmarksRow:
    values = np.random.default_rng(event_id).random((n_frames, 33, 5)).astype(np.float32)
    values[0] = np.nan
    return LandmarksRow(stamp(), event_id, 30.0, values)


def audit(what: str = "settings reloaded") -> AuditRow:
    return AuditRow(stamp(), "operator", what, "k=2")


def health(mono_s: float, *, boot_id: str = BOOT, blind_s: float = 36.0) -> HealthRow:
    return HealthRow(
        stamp(mono_s, boot_id=boot_id),
        period_s=3600.0,
        uptime_s=mono_s,
        n_child_restarts=1,
        n_frames=108_000,
        n_decisions=7200,
        blind_s=blind_s,
        worst_latency_s=0.2,
        rss_mb=100.0,
        child_rss_mb=300.0,
        temperature_c=None,
    )


@contextmanager
def recording(
    folder: Path,
    settings: StoreSettings = SMALL,
    *,
    boot_id: str = BOOT,
    mono_s: float = 100.0,
    has_outbox: bool = False,
    is_clean: bool = True,
    clocks: Clocks | None = None,
    max_rows: int = 20_000,
) -> Iterator[tuple[Recorder, Opened]]:
    """A running recorder, stopped at the end."""
    recorder = Recorder(folder, settings, has_outbox=has_outbox, clocks=clocks, max_rows=max_rows)
    opened = recorder.open(stamp(mono_s, boot_id=boot_id), ORIGIN)
    recorder.start(lambda: None)
    try:
        yield recorder, opened
    finally:
        recorder.stop(5.0, is_clean=is_clean)


def wait_until(holds: object, timeout_s: float = 10.0) -> bool:
    """Wait until a callable returns something true; False when it never does."""
    assert callable(holds)
    deadline = time.monotonic() + timeout_s
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True
