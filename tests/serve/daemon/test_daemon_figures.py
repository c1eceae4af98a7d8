"""The figures of the README: python -m pytest tests/serve/daemon/test_daemon_figures.py -s"""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path

import numpy as np
from daemon_process import Daemon, serving, tell
from live_listener import Listener
from serve.daemon.conftest import MANY_EVENTS, Bedside, settings_file

SECONDS = 40.0
P99_S = 0.25
CPU_SHARE = 0.5
SETTINGS = MANY_EVENTS


def cpu_s(pid: int) -> float:
    """Seconds of processor time that a process has used."""
    stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")


def rss_mb(pid: int) -> float:
    """Resident memory of a process."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


class StoreWatch:
    """Looks again and again which event is the newest in the store, as another process would."""

    def __init__(self, folder: Path) -> None:
        self._connection = sqlite3.connect(f"file:{folder / 'events.db'}?mode=ro", uri=True)
        self.seen_s: dict[int, float] = {}

    def look(self) -> None:
        """Note when each event was first there."""
        for (event_id,) in self._connection.execute("SELECT event_id FROM events").fetchall():
            self.seen_s.setdefault(int(event_id), time.monotonic())

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def share(daemon: Daemon, child: int, store: StoreWatch, seconds: float) -> tuple[float, float]:
    """Watch the store for a while; return the daemon's and the child's share of a core."""
    pids, began = (daemon.process.pid, child), time.monotonic()
    before = [cpu_s(pid) for pid in pids]
    while time.monotonic() - began < seconds:
        store.look()
        time.sleep(0.005)
    took_s = time.monotonic() - began
    own, childs = ((cpu_s(pid) - used) / took_s for pid, used in zip(pids, before, strict=True))
    return own, childs


def line(name: str, delays_s: list[float]) -> str:
    """One row of the table, in milliseconds."""
    p50, p99 = (1000 * float(np.quantile(delays_s, q)) for q in (0.5, 0.99))
    worst = 1000 * max(delays_s)
    return f"{name:<24} p50 {p50:6.1f} ms   p99 {p99:6.1f} ms   worst {worst:6.1f} ms"


def test_a_decision_reaches_store_and_client_in_time_on_little_of_a_processor(
    restless: Bedside, tmp_path: Path
) -> None:
    """Row 2, over HTTP: p99 under 250 ms at 30 frames a second; half a core at most."""
    options = (*restless.options, "--loop", "--settings", settings_file(tmp_path, SETTINGS))
    with serving(tmp_path, *options) as daemon, Listener(daemon.url) as listener:
        daemon.wait_armed()
        (child,) = daemon.children()
        store = StoreWatch(tmp_path / "state")
        store.look()
        n_before = len(store.seen_s)
        shares = share(daemon, child, store, SECONDS)
        store.close()
        fps, latency_ms = daemon.state()["fps"], daemon.state()["latency_ms"]
        memory = [rss_mb(pid) for pid in (daemon.process.pid, child)]
        spasms = listener.spasms()
        assert daemon.stop() == 0
    decided = {one.content["event_id"]: one.content["mono_s"] for one in spasms}
    to_client = [one.mono_s - one.content["mono_s"] for one in spasms]
    to_store = [
        seen_s - decided[event_id]
        for event_id, seen_s in list(store.seen_s.items())[n_before:]
        if event_id in decided
    ]
    lines = (
        f"landmarks replayed at {fps:.0f} frames/s, {len(spasms)} events, two decisions/s",
        line("decision to store", to_store),
        line("decision to client", to_client),
        f"frame to decision        last {latency_ms:5.1f} ms",
        f"share of a core          daemon {shares[0]:.1%}, pose process {shares[1]:.1%}",
        f"resident memory          daemon {memory[0]:.0f} MB, pose process {memory[1]:.0f} MB",
    )
    tell("\n".join(lines))
    assert len(to_store) >= 20
    assert len(to_client) >= 20
    for delays in (to_store, to_client):
        assert float(np.quantile(delays, 0.99)) < P99_S
    assert sum(shares) < CPU_SHARE
