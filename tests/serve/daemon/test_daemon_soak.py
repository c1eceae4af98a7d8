"""Row 28: nothing grows. Two minutes by default, EDGEKIT_SOAK_MINUTES for longer (`make soak`)."""

from __future__ import annotations

import os
import time
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import httpx
import numpy as np
import pytest
from daemon_process import Daemon, serving, tell
from live_listener import Listener
from serve.daemon.conftest import Bedside, settings_file

MINUTES = float(os.environ.get("EDGEKIT_SOAK_MINUTES", "2"))
SPEED = 10
SAMPLE_S = 2.0
WAL_LIMIT_MB = 16.0
SETTINGS = """
[alarm]
n_positive = 1
n_windows = 1
refractory_s = 100
cluster_spasms = 3
cluster_minutes = 30
[store]
max_mb = 32
keep_landmarks = true
"""
"""With `restless` at this speed: an event every ten seconds, a cluster now and then."""


@dataclass(frozen=True)
class Sample:
    """What a process and its store hold at one moment."""

    minute: float
    rss_mb: float
    child_rss_mb: float
    n_fds: int
    n_child_fds: int
    n_threads: int
    n_child_threads: int
    log_mb: float
    """Of SQLite's write-ahead log."""
    store_mb: float


def sample(daemon: Daemon, began: float) -> Sample:
    """Look at the daemon, its child and its files."""
    (child,) = daemon.children()
    pids = (daemon.process.pid, child)
    state = daemon.folder / "state"
    rss, child_rss = (status_of(pid, "VmRSS") / 1024 for pid in pids)
    n_fds, n_child_fds = (len(list(Path(f"/proc/{pid}/fd").iterdir())) for pid in pids)
    n_threads, n_child_threads = (status_of(pid, "Threads") for pid in pids)
    return Sample(
        (time.monotonic() - began) / 60,
        rss,
        child_rss,
        n_fds,
        n_child_fds,
        n_threads,
        n_child_threads,
        megabytes(state / "events.db-wal"),
        megabytes(state / "events.db"),
    )


def status_of(pid: int, key: str) -> int:
    """A number of /proc/PID/status."""
    text = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(text.split(f"{key}:")[1].split()[0])


def megabytes(path: Path) -> float:
    """Size of a file; none is 0."""
    return path.stat().st_size / 1e6 if path.exists() else 0.0


def growth_mb_per_h(minutes: list[float], values: list[float]) -> float:
    """Slope of a line through the values."""
    return float(np.polyfit(minutes, values, 1)[0]) * 60


def live_with(daemon: Daemon, began: float) -> list[Sample]:
    """Acknowledge every alarm, pause now and then, ask as a page does; look every few seconds."""
    samples: list[Sample] = []
    while time.monotonic() - began < 60 * MINUTES:
        patient = daemon.state()["patient"]
        if patient:
            daemon.acknowledge(patient["event_id"])
            daemon.http.post("/api/v1/audio/pause", json={"seconds": 5}).raise_for_status()
        for path in ("/", "/api/v1/events", "/api/v1/transitions", "/metrics"):
            daemon.http.get(path).raise_for_status()
        with httpx.stream("GET", f"{daemon.url}/api/v1/live") as passing_by:
            next(passing_by.iter_lines())
        samples.append(sample(daemon, began))
        time.sleep(SAMPLE_S)
    return samples


def table(samples: list[Sample]) -> str:
    """Some of the samples, as a person reads them."""
    names = [field.name for field in fields(Sample)]
    lines = ["  ".join(names)]
    for one in samples[:: max(len(samples) // 15, 1)]:
        cells = (
            f"{value:.1f}" if isinstance(value, float) else str(value) for value in astuple(one)
        )
        lines.append(
            "  ".join(cell.rjust(len(name)) for name, cell in zip(names, cells, strict=True))
        )
    return "\n".join(lines)


@pytest.mark.soak
def test_nothing_grows(restless: Bedside, tmp_path: Path) -> None:
    """Row 28: memory, descriptors, threads and the store's log stay where they are."""
    settings = settings_file(tmp_path, SETTINGS)
    options = (*restless.options, "--settings", settings, "--loop", "--speed", str(SPEED))
    with serving(tmp_path, *options) as daemon, Listener(daemon.url) as listener:
        daemon.wait_armed()
        samples = live_with(daemon, time.monotonic())
        daemon.wait_armed(within_s=5)
        n_events = len(listener.spasms())
        n_restarts = daemon.state()["n_child_restarts"]
        assert daemon.stop() == 0
    later = samples[len(samples) // 2 :]
    minutes = [one.minute for one in later]
    slopes = [
        growth_mb_per_h(minutes, [getattr(one, name) for one in later])
        for name in ("rss_mb", "child_rss_mb")
    ]
    tell(f"{table(samples)}\n{MINUTES:g} minutes at {SPEED} x, {n_events} events")
    tell(f"second half: daemon {slopes[0]:+.2f} MB/h, pose process {slopes[1]:+.2f} MB/h")
    assert n_events >= 4 * MINUTES
    assert n_restarts == 0
    span_h = (minutes[-1] - minutes[0]) / 60
    # 1 MB/h, and as much as an allocator may still take: in a minute a slope says nothing.
    assert max(slopes) * span_h < 1.5 + span_h
    for name in ("n_fds", "n_child_fds", "n_threads", "n_child_threads"):
        # Connections come and go; what leaks has a floor that rises.
        before = [getattr(one, name) for one in samples[2 : len(samples) // 2]]
        assert min(getattr(one, name) for one in later[-10:]) <= min(before) + 1, name
    assert max(one.log_mb for one in samples) < WAL_LIMIT_MB
