from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from serve.http.fake_core import WIDE, Daemon, daemon, transition

from edgekit.serve.http.connections import Door
from edgekit.serve.http.limits import Limits
from edgekit.serve.http.rates import Rates

QUICK = replace(WIDE, n_per_address=20, n_connections=40, head_s=1.0, body_s=1.0, stalled_s=1.0)
HEAD = b"POST /api/v1/test HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    with daemon(tmp_path_factory.mktemp("state"), limits=QUICK) as running:
        yield running


def _open(served: Daemon, stack: ExitStack, n: int) -> list[socket.socket]:
    return [
        stack.enter_context(socket.create_connection(("127.0.0.1", served.port), timeout=5))
        for _ in range(n)
    ]


def _answer(raw: socket.socket) -> bytes:
    try:
        return raw.recv(4000)
    except ConnectionResetError:
        return b""


def _n_inside(served: Daemon) -> int:
    serving = served.server.serving
    assert serving is not None
    return serving.n_connections


def _until_empty(served: Daemon) -> None:
    deadline = time.monotonic() + 8
    while _n_inside(served) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert _n_inside(served) == 0


def test_a_thousand_open_sockets_do_not_touch_the_core(served: Daemon) -> None:
    """Row 21: 1000 open sockets. The core publishes as before, then all are let go."""
    with ExitStack() as stack:
        sockets = _open(served, stack, 1000)
        slowest = max(_publish_s(served) for _ in range(200))
        assert slowest < 0.25
        assert _n_inside(served) <= QUICK.n_per_address
        assert _answer(sockets[-1]).startswith((b"HTTP/1.1 429 ", b""))
        refused = sum(b" 429 " in _answer(raw) for raw in sockets[-50:])
        assert refused >= 40
        _until_empty(served)
        with served.client() as client:
            assert client.get("/healthz").status_code == 200


def test_slow_clients_are_cut(served: Daemon) -> None:
    """Row 21: 200 clients that send one byte at a time, in the head and in the body."""
    with ExitStack() as stack:
        sockets = _open(served, stack, 200)
        for number, raw in enumerate(sockets):
            with suppress(OSError):
                raw.sendall(HEAD + b"content-length: 50\r\n\r\n" if number % 2 else HEAD)
        deadline = time.monotonic() + 3
        while time.monotonic() < deadline:
            for raw in sockets:
                with suppress(OSError):
                    raw.send(b"x")
            time.sleep(0.1)
        _until_empty(served)
        with served.client() as client:
            assert client.get("/healthz").status_code == 200
    assert not served.commands.asked


def test_a_client_that_never_reads_is_cut(served: Daemon) -> None:
    """Row 21: the answer of a stream and of a large list pile up for nobody."""
    with ExitStack() as stack:
        raw = socket.socket()
        stack.enter_context(raw)
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        raw.connect(("127.0.0.1", served.port))
        raw.sendall(b"GET /api/v1/live HTTP/1.1\r\nhost: localhost\r\n\r\n")
        deadline = time.monotonic() + 10
        while _n_inside(served) == 0 and time.monotonic() < deadline:
            time.sleep(0.01)
        number = 0
        while _n_inside(served) and time.monotonic() < deadline:
            for _ in range(200):
                number += 1
                served.live.publish(transition(number))
            time.sleep(0.02)
        assert _n_inside(served) == 0, "it is still served"


def test_huge_bodies_are_refused_before_they_are_sent(served: Daemon) -> None:
    """Row 21: a gigabyte is announced, and refused at the first byte."""
    for told in (
        b"content-length: 1000000000\r\n\r\n",
        b"content-length: 99999999999999999999\r\n\r\n",
    ):
        with ExitStack() as stack:
            (raw,) = _open(served, stack, 1)
            raw.sendall(HEAD + told)
            assert _answer(raw).startswith(b"HTTP/1.1 413 ")


def test_a_flood_of_requests_is_answered_with_429(tmp_path: Path) -> None:
    """Row 21, with the limits as they are shipped."""
    request = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n"
    with daemon(tmp_path, limits=Limits()) as served, ExitStack() as stack:
        (raw,) = _open(served, stack, 1)
        raw.sendall(2000 * request)
        answers = b""
        while some := _answer(raw):
            answers += some
        assert answers.count(b"HTTP/1.1 200 OK") >= Limits().request_burst
        assert answers.count(b"HTTP/1.1 429 Too Many Requests") == 1  # the connection ends with it


def test_the_door_counts_all_and_each() -> None:
    door = Door(Limits(n_connections=3, n_per_address=2))
    assert [door.enter(who) for who in ("a", "a", "a", "b", "b")] == [0, 0, 429, 0, 503]
    door.leave("a")
    assert door.enter("c") == 0
    assert door.n_inside == 3


def test_a_bucket_fills_again_and_the_table_stays_small() -> None:
    now = [0.0]
    rates = Rates(2.0, 3, 10, lambda: now[0])
    assert [rates.wait_s("a") for _ in range(4)] == [0, 0, 0, 0.5]
    now[0] = 0.5
    assert rates.wait_s("a") == 0
    for number in range(100):
        rates.wait_s(str(number))
    assert len(rates) == 10


def _publish_s(served: Daemon) -> float:
    began = time.monotonic()
    served.live.publish(transition(1))
    return time.monotonic() - began
