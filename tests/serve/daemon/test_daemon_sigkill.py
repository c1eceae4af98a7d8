"""Row 13 and 12: killed at random, again and again, and started on the same state."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
from daemon_process import Daemon, serving, tell, until
from live_listener import Heard, Listener
from serve.daemon.conftest import MANY_EVENTS, Bedside, settings_file

from edgekit.serve.store.reader import Reader

N_KILLS = 15
N_CRASHES_TOLD = 3


def look_at_the_start(daemon: Daemon, state: Path, n_crashes: int) -> None:
    """What it must say at once of the crashes before it, and of the alarm that nobody saw."""
    boot_id = daemon.boot_id()
    until(lambda: daemon.state()["technical"], within_s=5)
    is_told = "crash_loop" in daemon.conditions()
    assert is_told == (n_crashes >= N_CRASHES_TOLD), n_crashes
    boot, *_ = Reader(state).boots()
    assert boot.stamp.boot_id == boot_id
    assert boot.start_reason == ("crash" if n_crashes else "first")


def restored_ids(state: Path) -> dict[str, int | None]:
    """Which event each start has latched again."""
    return {
        row.stamp.boot_id: row.transition.event_id
        for row in Reader(state).transitions(limit=-1)
        if row.transition.kind == "restored"
    }


def test_killed_at_random_it_loses_no_announced_event(restless: Bedside, tmp_path: Path) -> None:
    """Row 13: nothing that a client heard of is lost, no id is used twice, the alarm is back.

    Row 12: after three crashes the next start says so.
    """
    rng, state = np.random.default_rng(13), tmp_path / "state"
    options = (*restless.options, "--settings", settings_file(tmp_path, MANY_EVENTS))
    heard: list[Heard] = []
    latched: dict[str, int | None] = {}
    for n_crashes in range(N_KILLS):
        unseen = Reader(state).unacknowledged().event_id if n_crashes else None
        with serving(tmp_path, *options, "--loop", "--speed", "20") as daemon:
            with Listener(daemon.url) as listener:
                look_at_the_start(daemon, state, n_crashes)
                latched |= {daemon.boot_id(): unseen} if unseen else {}
                listener.wait(lambda heard: len(heard.spasms()) > 0, within_s=20)
                time.sleep(rng.uniform(0.0, 0.8))
                daemon.kill()
            heard += listener.spasms()
    reader = Reader(state)
    assert restored_ids(state) == latched
    stored = {event.event_id: event.stamp.boot_id for event in reader.events(limit=-1)}
    announced = [one.content for one in heard if one.content["is_stored"]]
    assert len(announced) > 4 * N_KILLS
    lost = [one["id"] for one in announced if one["event_id"] not in stored]
    assert not lost
    assert all(stored[one["event_id"]] == one["id"].split("-")[0] for one in announced)
    ids = [one.content["event_id"] for one in heard]
    assert len(ids) == len(set(ids))
    tell(f"{N_KILLS} kills, {len(announced)} announced events, 0 lost")
