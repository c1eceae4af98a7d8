"""Row 18: somebody sets the clock while an alarm is open."""

from __future__ import annotations

import shutil
import time
from functools import partial
from pathlib import Path

import pytest
from daemon_process import Daemon, serving, until
from serve.daemon.conftest import Bedside, settings_file

from edgekit.serve.store.reader import Reader

LIBRARIES = (
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
)
ESCALATES_S = 10.0
ONE_EVENT = f"""
[alarm]
n_positive = 1
n_windows = 1
refractory_s = 600
escalate_after_s = {ESCALATES_S:g}
"""
"""With `restless`: one spasm, and every further one would be a false alarm."""


@pytest.fixture
def clock(tmp_path: Path) -> Path:
    """The file that says by how much the clock is wrong."""
    if shutil.which("faketime") is None:
        pytest.skip("needs faketime: make tools")
    file = tmp_path / "clock"
    file.write_text("+0", encoding="ascii")
    return file


def environment(clock: Path) -> dict[str, str]:
    """Let the wall clock follow the file, and the monotonic clock run as it is."""
    (library,) = (library for library in LIBRARIES if Path(library).exists())
    return {
        "LD_PRELOAD": library,
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }


def set_clock(clock: Path, offset_s: float) -> None:
    """Set it, in one step."""
    new = clock.with_suffix(".new")
    new.write_text(f"{offset_s:+.0f}", encoding="ascii")
    new.replace(clock)


def is_off_by(daemon: Daemon, offset_s: float) -> bool:
    """Whether the daemon's wall clock is wrong by so much."""
    state = daemon.state()
    return bool(abs(state["utc_s"] + state["age_s"] - time.time() - offset_s) < 30)


def test_a_clock_that_is_set_during_an_alarm_changes_nothing_but_the_stamps(
    restless: Bedside, clock: Path, tmp_path: Path
) -> None:
    """Row 18: no false alarm, no missed deadline, no lost order."""
    options = (*restless.options, "--loop", "--settings", settings_file(tmp_path, ONE_EVENT))
    with serving(tmp_path, *options, environment=environment(clock)) as daemon:
        daemon.wait(lambda state: state["patient"] is not None, within_s=20)
        began = time.monotonic() - daemon.state()["patient"]["since_s"]
        daemon.http.post("/api/v1/audio/pause", json={"seconds": 100}).raise_for_status()
        paused = time.monotonic()
        for offset_s in (-3600.0, 86_400.0, -time.time() + 5):
            set_clock(clock, offset_s)
            until(partial(is_off_by, daemon, offset_s), within_s=2)
            left_s = daemon.state()["pause_left_s"]
            assert left_s == pytest.approx(100 - (time.monotonic() - paused), abs=0.5)
        daemon.wait_for("clock_jumped", within_s=5)
        assert time.monotonic() - began < ESCALATES_S, "the machine is too slow for this test"
        daemon.wait(lambda state: state["patient"]["is_escalated"], within_s=ESCALATES_S + 1)
        assert time.monotonic() - began == pytest.approx(ESCALATES_S, abs=0.7)
        assert daemon.state()["pause_left_s"] == 0.0
        assert daemon.state()["patient"]["n_spasms"] == 1
        set_clock(clock, 0)
        daemon.hold(lambda state: state["patient"] is not None, for_s=1.0)
        assert daemon.acknowledge(daemon.state()["patient"]["event_id"])["is_done"]
        assert daemon.stop() == 0
    check_the_log(tmp_path / "state")


def check_the_log(state: Path) -> None:
    """One event, and every row in the order in which it happened, whatever the wall clock said."""
    rows = Reader(state).transitions(limit=-1)[::-1]
    assert [row.transition.kind for row in rows].count("spasm") == 1
    assert len({row.stamp.boot_id for row in rows}) == 1
    assert [row.seq for row in rows] == sorted(row.seq for row in rows)
    monos = [row.stamp.mono_s for row in rows]
    assert monos == sorted(monos)
    assert len(rows) == rows[-1].seq
    walls = [row.stamp.utc_s for row in rows]
    assert walls != sorted(walls)
