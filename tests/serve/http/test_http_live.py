from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from serve.http.fake_core import STAMP, WIDE, Daemon, daemon, snapshot, transition

from edgekit.serve.alarm.state import Sound
from edgekit.serve.conditions import WatchState
from edgekit.serve.http.state_reply import FIRST_AFTER_S, state_reply
from edgekit.serve.http.stream import MAX_WAITING, Client, Event
from edgekit.serve.live import DecisionMessage, PoseMessage
from edgekit.serve.store.reader import Reader
from edgekit.serve.store.rows import DecisionRow

Json = dict[str, Any]


def _events(stream: httpx.Response) -> Iterator[tuple[str, Json]]:
    name = ""
    for line in stream.iter_lines():
        if line.startswith("event: "):
            name = line[7:]
        elif line.startswith("data: "):
            yield name, json.loads(line[6:])


def _first(events: Iterator[tuple[str, Json]], wanted: str) -> Json:
    return next(value for name, value in events if name == wanted)


def test_everything_comes_down_the_stream(tmp_path: Path) -> None:
    with (
        daemon(tmp_path) as served,
        served.client() as client,
        client.stream("GET", "/api/v1/live") as stream,
    ):
        assert stream.headers["content-type"].startswith("text/event-stream")
        events = _events(stream)
        assert next(events)[0] == "state"
        pose = np.full((33, 3), 0.123456, dtype=np.float32)
        pose[3] = np.nan
        served.live.publish(PoseMessage(1.5, pose))
        served.live.publish(DecisionMessage(DecisionRow(STAMP, 2.5, 0.7, 0.9), (0.25, 0.75)))
        served.live.publish(transition(4))
        found = _first(events, "pose")
        assert found["xyv"][0] == [0.1235, 0.1235, 0.1235]
        assert found["xyv"][3] is None
        decision = _first(events, "decision")
        assert (decision["probability"], decision["attention"]) == (0.7, [0.25, 0.75])
        alarm = _first(events, "transition")
        assert (alarm["id"], alarm["kind"]) == ("0123456789abcdef-4", "spasm")
        assert alarm["is_stored"] is True


def test_a_core_that_hangs_is_never_shown_as_watching(tmp_path: Path) -> None:
    """A dead core behind a living server: state, stream, metrics and both probes say so."""
    with daemon(tmp_path) as served, served.client() as client:
        assert client.get("/readyz").status_code == 200
        with client.stream("GET", "/api/v1/live") as stream:
            events = _events(stream)
            assert _first(events, "state")["state"] == "DEGRADED"
            served.is_beating.clear()
            began = time.monotonic()
            state = next(v for n, v in events if n == "state" and v["state"] != "DEGRADED")
            assert time.monotonic() - began < 4.0
        assert state["state"] == "NOT MONITORING"
        assert state["conditions"][0]["condition"] == "core_stuck"
        assert client.get("/api/v1/state").json()["state"] == "NOT MONITORING"
        assert client.get("/readyz").status_code == 503
        metrics = client.get("/metrics").text
        assert 'edgekit_state{state="NOT MONITORING"} 1.0' in metrics
        assert 'edgekit_condition{condition="core_stuck"} 1.0' in metrics
        served.is_beating.wait(1.0)
        assert client.get("/healthz").status_code == 503
        served.is_beating.set()
        time.sleep(0.5)
        assert client.get("/healthz").status_code == 200


def test_a_core_that_does_not_answer_a_command_is_a_503(tmp_path: Path) -> None:
    with daemon(tmp_path) as served, served.client() as client:
        served.commands.is_hanging = True
        answer = client.post("/api/v1/alarms/patient/acknowledge", json={"event_id": 7})
        assert answer.status_code == 503
        assert "outcome" in answer.json()["error"]


def test_before_the_first_snapshot_it_starts_and_then_it_hangs(tmp_path: Path) -> None:
    with daemon(tmp_path, has_snapshot=False) as served, served.client() as client:
        assert client.get("/healthz").status_code == 503
        state = client.get("/api/v1/state").json()
        assert [c["condition"] for c in state["conditions"]] == ["starting"]
        assert state["state"] == "NOT MONITORING"
    late = state_reply(None, FIRST_AFTER_S + 1, 0.0)
    assert late.conditions[0].condition == "core_stuck"
    assert late.sound == "technical_medium"


def test_ages_go_on_while_nobody_publishes() -> None:
    reply = state_reply(snapshot(100.0), 101.5, 0.0)
    assert reply.state is WatchState.DEGRADED
    assert reply.patient is not None
    assert reply.patient.since_s == 4.5
    assert reply.technical[0].since_s == 31.5
    assert reply.pause_left_s == 8.5
    assert reply.decision_age_s == 1.9


def test_a_stuck_core_sounds_whatever_was_paused() -> None:
    def sound(age_s: float, **changes: object) -> Sound | None:
        return state_reply(replace(snapshot(100.0), **changes), 100.0 + age_s, 0.0).sound  # type: ignore[arg-type]

    assert sound(1.0, patient=None, sound=None) is None
    assert sound(2.1, patient=None, sound=None) == "technical_medium"
    assert sound(121.0, patient=None, sound=None) == "technical_high"
    assert sound(2.1, sound=None) == "patient"
    assert state_reply(snapshot(100.0), 102.1, 0.0).pause_left_s == 0.0


def test_what_is_no_number_is_null(tmp_path: Path) -> None:
    with daemon(tmp_path) as served, served.client() as client:
        served.is_beating.clear()
        served.live.publish(replace(snapshot(), probability=float("nan"), fps=float("inf")))
        state = client.get("/api/v1/state").json()
        assert (state["probability"], state["fps"]) == (None, None)
        assert client.get("/api/v1/decisions").json()["decisions"][0]["probability"] is None


async def _slow_reader() -> str:
    client = Client()
    for number in range(5):
        client.put(Event(f"transition {number};".encode(), is_transition=True))
    for _ in range(MAX_WAITING + 10):
        client.put(Event(b"pose;"))
    return (await client.take_all(0)).decode()


def test_a_slow_reader_loses_skeletons_before_alarms_and_is_told() -> None:
    import asyncio

    text = asyncio.run(_slow_reader())
    assert text.startswith("transition 0;transition 1;transition 2;transition 3;transition 4;pose;")
    assert 'event: lost\ndata: {"n":15}' in text


def test_streams_are_counted_and_given_back(tmp_path: Path) -> None:
    limits = replace(WIDE, n_streams=2)
    with daemon(tmp_path, limits=limits) as served, served.client() as client:
        for _ in range(3):
            with (
                client.stream("GET", "/api/v1/live") as first,
                client.stream("GET", "/api/v1/live") as second,
            ):
                assert (first.status_code, second.status_code) == (200, 200)
                third = client.get("/api/v1/live")
                assert (third.status_code, third.headers["retry-after"]) == (429, "10")
            _until(lambda: _n_streams(served) == 0)


def test_stopping_ends_streams_and_threads(tmp_path: Path) -> None:
    n_before = threading.active_count()
    with (
        daemon(tmp_path) as served,
        served.client() as client,
        client.stream("GET", "/api/v1/live") as stream,
    ):
        events = _events(stream)
        next(events)
        began = time.monotonic()
        assert served.server.stop(5)
        assert time.monotonic() - began < 3
        assert all(name for name, _ in events)  # what is left, and then the end
    _until(lambda: threading.active_count() <= n_before)


def test_it_proves_that_it_lives(tmp_path: Path) -> None:
    with daemon(tmp_path) as served:
        _until(lambda: served.n_pulses >= 3)


def _n_streams(served: Daemon) -> int:
    serving = served.server.serving
    return -1 if serving is None else serving.n_streams


def _until(is_so: Any) -> None:
    deadline = time.monotonic() + 5
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize(
    "path",
    ["events", "events/7", "events/7/landmarks", "decisions", "transitions", "health", "audit"],
)
def test_a_store_that_cannot_be_read_is_said_and_nothing_of_it(tmp_path: Path, path: str) -> None:
    """Row 16: its disk may be read-only, and there may be no database at all."""
    nowhere = tmp_path / "nowhere"
    with daemon(tmp_path, reading=Reader(nowhere)) as served, served.client() as client:
        answer = client.get(f"/api/v1/{path}")
        assert answer.status_code == 503
        assert "cannot be read now" in answer.json()["error"]
        assert str(nowhere) not in answer.text
        operations = client.get("/api/v1/openapi.json").json()["paths"]
        assert "503" in operations[f"/api/v1/{path.replace('7', '{event_id}')}"]["get"]["responses"]
