"""Row 10: a model that is slow, fails, or answers with no number."""

from __future__ import annotations

from pathlib import Path

import pytest
from daemon_process import REPOSITORY, serving
from live_listener import Listener
from serve.daemon.conftest import Bedside

FAULTY = str(REPOSITORY / "tests" / "faulty_daemon.py")
HEALTHY_S = 4.0
SHOWN_S = 5.0


@pytest.mark.parametrize(
    ("fault", "condition"),
    [("slow", "decision_stale"), ("raises", "model_failed"), ("nan", "model_failed")],
)
def test_a_failing_model_is_told_within_five_seconds_and_never_is_no_seizure(
    fault: str, condition: str, bedside: Bedside, tmp_path: Path
) -> None:
    """Row 10."""
    with (
        serving(tmp_path, *bedside.options, "--loop", program=[FAULTY, fault]) as daemon,
        Listener(daemon.url, kinds=("decision", "state")) as listener,
    ):
        daemon.wait_armed()
        daemon.wait_for(condition, within_s=HEALTHY_S + SHOWN_S)
        n_before = len(listener.heard)
        # One alarm that lasts, so that it can escalate.
        daemon.hold(
            lambda state: [one["condition"] for one in state["conditions"]] == [condition],
            for_s=4.0,
        )
        state = daemon.state()
        assert daemon.http.get("/readyz").status_code == 503
        assert state["sound"] in ("patient", "technical_medium", "technical_high"), state
        later = listener.heard[n_before:]
        assert {one.content["state"] for one in later if one.kind == "state"} == {"NOT MONITORING"}
        if fault != "slow":
            assert state["probability"] is None
            assert not [one for one in later if one.kind == "decision"]
        began = [one for one in daemon.transitions() if one["condition"] == condition]
        assert began[0]["kind"] == "condition_began"
