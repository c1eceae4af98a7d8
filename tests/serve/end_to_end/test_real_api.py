"""The real daemon's API: made-up requests, and a crowd that wants too much, during alarms."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import schemathesis
from daemon_process import Daemon, serving, tell
from hypothesis import HealthCheck, Phase, given, settings
from live_listener import Listener
from schemathesis import APIOperation, Case
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    response_schema_conformance,
    status_code_conformance,
)
from serve.daemon.conftest import MANY_EVENTS, Bedside, settings_file

ENDLESS = "/api/v1/live"
N_EXAMPLES = 8
PACE_S = 0.03
"""The daemon allows 20 requests a second and 120 at once; a refusal tests nothing else."""
N_SLOW, N_OPEN = 200, 1000
P99_S = 0.25
FRESH_S = 2.0
HEAD = b"POST /api/v1/test HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"


@pytest.mark.filterwarnings("default")  # of the generator's own parts, not of ours
def test_made_up_requests_never_break_the_daemon(restless: Bedside, tmp_path: Path) -> None:
    """Row 7: 0 crashes, 0 5xx, on a daemon with events, alarms and decisions in it."""
    statuses: list[int] = []
    made = settings_file(tmp_path, MANY_EVENTS)
    with serving(tmp_path, *restless.options, "--settings", made, "--loop") as daemon:
        daemon.wait(lambda state: state["patient"] is not None, within_s=20)
        schema = schemathesis.openapi.from_url(f"{daemon.url}/api/v1/openapi.json")
        for found in schema.get_all_operations():
            assert isinstance(found, Ok)
            if found.ok().path != ENDLESS:
                probe(found.ok(), daemon, statuses)
        assert daemon.process.poll() is None
        assert daemon.conditions() == set()
        assert "Traceback" not in daemon.said()
    assert max(statuses) < 500
    assert {200, 404, 422} <= set(statuses)
    assert statuses.count(429) < len(statuses) / 2


def probe(operation: APIOperation[Any, Any, Any, Any], daemon: Daemon, statuses: list[int]) -> None:
    """Ask an operation for this and that, right and wrong."""

    @settings(
        max_examples=N_EXAMPLES, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )
    @given(case=operation.as_strategy())
    def ask(case: Case[Any]) -> None:
        time.sleep(PACE_S)
        response = case.call(base_url=daemon.url, timeout=10)
        statuses.append(response.status_code)
        case.validate_response(
            response,
            checks=[
                schemathesis.checks.not_a_server_error,
                status_code_conformance,
                response_schema_conformance,
            ],
        )

    ask()


def test_a_crowd_does_not_delay_an_alarm(restless: Bedside, tmp_path: Path) -> None:
    """Row 21: 200 slow clients, huge bodies, 1000 sockets, from many addresses, during alarms."""
    made = settings_file(tmp_path, MANY_EVENTS)
    options = ("--settings", made, "--loop", "--speed", "15")
    with serving(tmp_path, *restless.options, *options) as daemon, ExitStack() as stack:
        daemon.wait(lambda state: state["patient"] is not None, within_s=20)
        since_epoch_s = time.time() - time.monotonic()
        listener = stack.enter_context(Listener(daemon.url, kinds=("transition", "state", "lost")))
        began_s = time.monotonic()
        stack.enter_context(crowd(httpx.URL(daemon.url).port or 0))
        time.sleep(4)
        heard = [one for one in listener.heard if one.mono_s > began_s]
        refusal = huge_body(daemon)
        assert daemon.process.poll() is None
    delays = [
        since_epoch_s + one.mono_s - one.content["utc_s"]
        for one in heard
        if one.kind == "transition" and one.content["kind"] == "spasm"
    ]
    tell(f"{len(delays)} alarms in the crowd: p99 {np.quantile(delays, 0.99):.3f} s")
    assert len(delays) >= 30
    assert np.quantile(delays, 0.99) < P99_S
    states = [one for one in heard if one.kind == "state"]
    assert max(np.diff([one.mono_s for one in states])) < FRESH_S
    assert max(one.content["age_s"] for one in states) < FRESH_S
    assert not [one for one in heard if one.kind == "lost"]
    assert refusal in (413, 429, 503)


@contextmanager
def crowd(port: int) -> Iterator[None]:
    """200 clients that send a byte now and then, and 1000 that say nothing."""
    is_over = threading.Event()
    with ExitStack() as stack:
        slow = [connect(stack, port, f"127.0.1.{n % 20 + 1}") for n in range(N_SLOW)]
        for number, raw in enumerate(slow):
            with suppress(OSError):
                raw.sendall(HEAD + (b"content-length: 50\r\n\r\n" if number % 2 else b""))
        for number in range(N_OPEN):
            connect(stack, port, f"127.0.2.{number % 40 + 1}")

        def drip() -> None:
            while not is_over.wait(0.2):
                for raw in slow:
                    with suppress(OSError):
                        raw.send(b"x")

        thread = threading.Thread(target=drip)
        thread.start()
        try:
            yield
        finally:
            is_over.set()
            thread.join()


def connect(stack: ExitStack, port: int, source: str) -> socket.socket:
    """Connect from one of this machine's many loopback addresses."""
    raw = stack.enter_context(socket.socket())
    raw.settimeout(5)
    raw.bind((source, 0))
    with suppress(OSError):
        raw.connect(("127.0.0.1", port))
    return raw


def huge_body(daemon: Daemon) -> int:
    """Announce a gigabyte, and return the refusal's status."""
    port = httpx.URL(daemon.url).port
    with socket.create_connection(("127.0.0.1", port or 0), timeout=5) as raw:
        with suppress(OSError):
            raw.sendall(HEAD + b"content-length: 1000000000\r\n\r\n")
        return int(raw.recv(4000).split()[1])
