from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from serve.http.fake_core import Daemon, daemon

from edgekit.serve.http.addresses import client_key, host_name, is_own
from edgekit.serve.http.limits import Limits
from edgekit.serve.http.page_routes import FOLDER


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    with daemon(tmp_path_factory.mktemp("state"), names=["Bed-4.lan"]) as running:
        yield running


@pytest.fixture
def client(served: Daemon) -> Iterator[httpx.Client]:
    with served.client() as opened:
        yield opened


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("127.0.0.1:{port}", 200),
        ("bed-4.lan:80", 200),
        ("BED-4.LAN.", 200),
        ("evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("192.168.1.4", 421),
        ("127.0.0.2", 421),
        ("[::1]", 421),
        ("a b", 400),
        ("localhost@evil.example", 400),
        ("", 400),
    ],
)
def test_only_our_own_host_is_answered(
    served: Daemon, client: httpx.Client, host: str, status: int
) -> None:
    """DNS rebinding: another site's name that resolves to us is not us."""
    headers = {"host": host.format(port=served.port)}
    assert client.get("/api/v1/state", headers=headers).status_code == status


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://127.0.0.1:{port}", 200),
        ("https://127.0.0.1:{port}", 403),
        ("http://127.0.0.1:1", 403),
        ("http://evil.example", 403),
        ("null", 403),
    ],
)
def test_another_sites_page_is_refused(
    served: Daemon, client: httpx.Client, origin: str, status: int
) -> None:
    """CSRF: reading and acting alike."""
    headers = {"origin": origin.format(port=served.port)}
    assert client.get("/api/v1/state", headers=headers).status_code == status
    before = len(served.commands.asked)
    assert client.post("/api/v1/test", json={}, headers=headers).status_code == status
    assert len(served.commands.asked) - before == (status == 200)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", None])
def test_what_acts_must_be_json(client: httpx.Client, kind: str | None) -> None:
    headers = {} if kind is None else {"content-type": kind}
    assert client.post("/api/v1/test", content=b"{}", headers=headers).status_code == 415


def test_every_answer_carries_the_headers_that_protect_a_browser(client: httpx.Client) -> None:
    for path in ("/", "/static/app.js", "/api/v1/state", "/nothing/here", "/healthz"):
        headers = client.get(path).headers
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self';")
        assert "unsafe" not in policy
        assert "*" not in policy
        assert "http" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "camera=()" in headers["permissions-policy"]
        assert headers["cache-control"] in {"no-store", "no-cache"}
        assert "server" not in headers
        assert "access-control-allow-origin" not in headers
        assert "set-cookie" not in headers


def test_the_page_is_served_as_it_lies_there(client: httpx.Client) -> None:
    for path in FOLDER.iterdir():
        if path.suffix in {".html", ".css", ".js", ".svg"}:
            answer = client.get("/" if path.name == "index.html" else f"/static/{path.name}")
            assert answer.content == path.read_bytes()
            assert "<script>" not in answer.text
            etag = {"if-none-match": answer.headers["etag"]}
            assert client.get(f"/static/{path.name}", headers=etag).status_code == 304


@pytest.mark.parametrize(
    "path",
    ["/static/missing.js", "/static/..%2fhttp%2fserver.py", "/static/%2e%2e/http/server.py", "/x"],
)
def test_nothing_else_is(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, set(answer.json())) == (404, {"error"})


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/api/v1/events/0", None, 422),
        ("GET", "/api/v1/events/x", None, 422),
        ("GET", f"/api/v1/events/{2**64}", None, 422),
        ("GET", "/api/v1/events?limit=1001", None, 422),
        ("GET", "/api/v1/decisions?minutes=nan", None, 422),
        ("PUT", "/api/v1/state", None, 405),
        ("OPTIONS", "/api/v1/state", None, 405),
        ("POST", "/api/v1/audio/pause", b'{"seconds": 1e999}', 422),
        ("POST", "/api/v1/audio/pause", b'{"seconds": true}', 422),
        ("POST", "/api/v1/audio/pause", b'{"seconds": 0}', 422),
        ("POST", "/api/v1/test", b'{"who": "a\\u0000b"}', 422),
        ("POST", "/api/v1/test", b'{"who": "a\\nb"}', 422),
        ("POST", "/api/v1/test", b'{"unknown": 1}', 422),
        ("POST", "/api/v1/test", b"[" * 60_000, 400),
        ("POST", "/api/v1/test", b"\xff{}", 400),
        ("POST", "/api/v1/test", b"1" * 60_000, 400),
        ("POST", "/api/v1/test", b"{", 422),
    ],
)
def test_garbage_is_one_kind_of_error(
    client: httpx.Client, method: str, path: str, body: bytes | None, status: int
) -> None:
    """Row 7, the HTTP part."""
    headers = {"content-type": "application/json"} if body is not None else {}
    answer = client.request(method, path, content=body, headers=headers)
    assert answer.status_code == status, answer.text
    assert set(answer.json()) == {"error"}
    assert "Traceback" not in answer.text


def test_a_body_that_is_too_large_is_refused_told_or_not(client: httpx.Client) -> None:
    headers = {"content-type": "application/json"}

    def endless() -> Iterator[bytes]:
        for _ in range(100):
            yield b" " * 1000

    for body in (b" " * 70_000, endless()):
        assert client.post("/api/v1/test", content=body, headers=headers).status_code == 413


def test_a_head_that_is_too_large_is_refused(served: Daemon) -> None:
    with socket.create_connection(("127.0.0.1", served.port), timeout=5) as raw:
        raw.sendall(b"GET / HTTP/1.1\r\nhost: localhost\r\nx: " + b"y" * 20_000)
        assert raw.recv(1000).startswith(b"HTTP/1.1 400 ")


def test_an_address_that_asks_too_often_must_wait(tmp_path: Path) -> None:
    limits = Limits(requests_per_s=0.5, request_burst=3)
    with daemon(tmp_path, limits=limits) as served, served.client() as client:
        answers = [client.get("/healthz") for _ in range(5)]
        assert [answer.status_code for answer in answers] == [200] * 3 + [429] * 2
        assert answers[-1].headers["retry-after"] in {"1", "2"}


def test_a_page_that_is_loaded_again_and_again_comes_whole(tmp_path: Path) -> None:
    limits = Limits(requests_per_s=0.5, request_burst=3)
    with daemon(tmp_path, limits=limits) as served, served.client() as client:
        assert {client.get("/").status_code for _ in range(20)} == {200}
        assert {client.get("/static/app.js").status_code for _ in range(20)} == {200}


def test_bytes_that_are_no_http_end_the_connection(served: Daemon) -> None:
    with socket.create_connection(("127.0.0.1", served.port), timeout=5) as raw:
        raw.sendall(b"\x16\x03\x01\x00\xffnonsense\r\n\r\n")
        assert raw.recv(1000).startswith(b"HTTP/1.1 400 ")


def test_addresses_are_compared_as_addresses() -> None:
    assert host_name("[::1]:8460") == "::1"
    assert host_name("a/b") is None
    assert is_own("::ffff:10.0.0.1", frozenset(), "10.0.0.1")
    assert is_own("fe80::1", frozenset(), "fe80::1%eth0")
    assert not is_own("10.0.0.2", frozenset(), "10.0.0.1")
    assert client_key("2001:db8:0:1::5") == client_key("2001:db8:0:1:ffff::6")
    assert client_key("2001:db8:0:2::5") != client_key("2001:db8:0:1::5")
    assert client_key("::ffff:10.0.0.1") == "10.0.0.1"
