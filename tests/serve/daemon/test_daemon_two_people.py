"""Row 24: two people acknowledge the same alarm at the same moment."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
from daemon_process import serving
from serve.daemon.conftest import Bedside, settings_file
from serve.daemon.test_daemon_clock import ONE_EVENT

N_PEOPLE = 6


def test_one_acknowledgement_wins_and_all_are_logged(restless: Bedside, tmp_path: Path) -> None:
    """Row 24: the alarm has one acknowledger; those who came too late are told, and logged."""
    options = (*restless.options, "--loop", "--settings", settings_file(tmp_path, ONE_EVENT))
    with serving(tmp_path, *options) as daemon:
        daemon.wait(lambda state: state["patient"] is not None, within_s=20)
        event_id = daemon.state()["patient"]["event_id"]
        gate = threading.Barrier(N_PEOPLE)

        def press(who: str) -> bool:
            with httpx.Client(base_url=daemon.url) as own:
                own.get("/api/v1/state").raise_for_status()
                gate.wait(5)
                body = {"who": who, "event_id": event_id}
                answer = own.post("/api/v1/alarms/patient/acknowledge", json=body)
                return bool(answer.raise_for_status().json()["is_done"])

        names = [f"person {n}" for n in range(N_PEOPLE)]
        with ThreadPoolExecutor(N_PEOPLE) as people:
            outcomes = dict(zip(names, people.map(press, names), strict=True))
        (winner,) = (name for name, is_done in outcomes.items() if is_done)
        assert daemon.state()["patient"] is None
        logged = {
            one["who"].split(": ")[1]: one["kind"]
            for one in daemon.transitions()
            if one["kind"].startswith("acknowledged")
        }
        assert logged == {
            name: "acknowledged" if name == winner else "acknowledged_late" for name in names
        }
        (event,) = daemon.events()
        assert event["acknowledged_by"].endswith(winner)
