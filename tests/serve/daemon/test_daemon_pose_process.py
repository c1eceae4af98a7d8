"""Row 8 and 11: the pose process dies, or stands still."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from daemon_process import Daemon, is_running, serving
from live_listener import Listener
from serve.daemon.conftest import Bedside

REPLACED_S = 2.0


def wait_replaced(daemon: Daemon, child: int, *, within_s: float) -> float:
    """Wait until another pose process runs; return how long that took."""
    began = time.monotonic()
    while time.monotonic() - began < within_s:
        if (now := daemon.children()) and child not in now:
            return time.monotonic() - began
        time.sleep(0.02)
    raise AssertionError(f"not replaced within {within_s} s")


def test_a_killed_pose_process_is_replaced_counted_and_shown(
    bedside: Bedside, tmp_path: Path
) -> None:
    """Row 8: replaced within 2 s, seen by everybody, and gone again."""
    with serving(tmp_path, *bedside.options, "--loop") as daemon, Listener(daemon.url) as listener:
        daemon.wait_armed()
        (child,) = daemon.children()
        os.kill(child, signal.SIGKILL)
        wait_replaced(daemon, child, within_s=REPLACED_S)
        daemon.wait(lambda state: state["n_child_restarts"] == 1, within_s=2)
        daemon.wait_armed(within_s=10)
        assert not is_running(child)
        (successor,) = daemon.children()
        assert successor != child
        told = [(one.content["kind"], one.content["condition"]) for one in listener.heard]
        began, gone = ("condition_began", "pose_stopped"), ("condition_ended", "pose_stopped")
        assert began in told[: told.index(gone)]
        logged = [(one["kind"], one["condition"]) for one in daemon.transitions()]
        assert {began, gone} <= set(logged)
        assert daemon.stop() == 0
        assert not is_running(successor)


def test_a_stopped_pose_process_is_replaced(bedside: Bedside, tmp_path: Path) -> None:
    """Row 11: no answer for `child_silent_s`, and it is replaced within 2 s more."""
    with serving(tmp_path, *bedside.options, "--loop") as daemon:
        daemon.wait_armed()
        (child,) = daemon.children()
        os.kill(child, signal.SIGSTOP)
        began = time.monotonic()
        daemon.wait(lambda state: state["state"] == "NOT MONITORING", within_s=5.0)
        wait_replaced(daemon, child, within_s=3.0 + 2.0 - (time.monotonic() - began))
        assert not is_running(child)
        daemon.wait_armed(within_s=10)


def test_a_killed_daemon_leaves_no_pose_process(bedside: Bedside, tmp_path: Path) -> None:
    with serving(tmp_path, *bedside.options, "--loop") as daemon:
        daemon.wait_armed()
        (child,) = daemon.children()
        daemon.kill()
        deadline = time.monotonic() + 2
        while is_running(child):
            assert time.monotonic() < deadline
            time.sleep(0.02)
