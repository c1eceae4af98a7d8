"""Row 10: a model that is slow, fails, or answers with no number."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from pathlib import Path

from daemon_process import REPOSITORY, Daemon, State, serving
from live_listener import Listener
from serve.daemon.conftest import Bedside

FAULTY = str(REPOSITORY / "tests" / "faulty_daemon.py")
HEALTHY_S = 6.0
SHOWN_S = 5.0
LASTS_S = 4.0
SHOWN_AS = {"slow": "decision_stale", "raises": "model_failed", "nan": "model_failed"}


def test_a_failing_model_is_told_within_five_seconds_and_never_is_no_seizure(
    bedside: Bedside, tmp_path: Path
) -> None:
    """Row 10. The three at once: the waiting is the same."""
    with ExitStack() as stack:
        running = {
            fault: start(stack, tmp_path / fault, bedside, fault)
            for fault in ("slow", "raises", "nan")
        }
        for fault, (daemon, _) in running.items():
            daemon.wait_for(SHOWN_AS[fault], within_s=HEALTHY_S + SHOWN_S)
        heard_before = {fault: len(listener.heard) for fault, (_, listener) in running.items()}
        for fault, (daemon, _) in running.items():
            # One alarm that lasts, so that it can escalate.
            daemon.hold(partial(has_only, SHOWN_AS[fault]), for_s=LASTS_S / 3)
        for fault, (daemon, listener) in running.items():
            later = listener.heard[heard_before[fault] :]
            states = [one.content["state"] for one in later if one.kind == "state"]
            assert set(states) == {"NOT MONITORING"}
            if fault != "slow":
                assert not [one for one in later if one.kind == "decision"]
            check(daemon, fault)


def start(stack: ExitStack, folder: Path, bedside: Bedside, fault: str) -> tuple[Daemon, Listener]:
    """Start a daemon that will have a fault, and a client; return when it is armed."""
    folder.mkdir()
    options = (*bedside.options, "--loop")
    daemon = stack.enter_context(serving(folder, *options, program=[FAULTY, fault]))
    listener = stack.enter_context(Listener(daemon.url, kinds=("decision", "state")))
    daemon.wait_armed()
    return daemon, listener


def has_only(condition: str, state: State) -> bool:
    """Whether this is what is wrong, and nothing else."""
    return [one["condition"] for one in state["conditions"]] == [condition]


def check(daemon: Daemon, fault: str) -> None:
    """It says that it is blind, sounds, logs it, and shows no probability that is none."""
    state = daemon.state()
    assert state["state"] == "NOT MONITORING"
    assert daemon.http.get("/readyz").status_code == 503
    assert state["sound"] in ("patient", "technical_medium", "technical_high"), state
    if fault != "slow":
        assert state["probability"] is None
    told = [one for one in daemon.transitions() if one["condition"] == SHOWN_AS[fault]]
    assert [one["kind"] for one in told] == ["condition_began"]
