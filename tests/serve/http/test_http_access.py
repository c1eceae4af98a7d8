from __future__ import annotations

import time
from pathlib import Path

import httpx
import pytest
from serve.http.fake_core import WIDE, Daemon, daemon

from edgekit.serve.http.limits import Limits
from edgekit.serve.http.tokens import SCOPES, TokenStore

BODIES = {
    "/api/v1/alarms/patient/acknowledge": {"event_id": 7},
    "/api/v1/audio/pause": {"seconds": 30},
}
WHO = ("none", "bad", *SCOPES)


def _routes(served: Daemon) -> list[tuple[str, str, dict[str, object]]]:
    with served.client() as client:
        paths = client.get("/api/v1/openapi.json").json()["paths"]
    return [
        (method.upper(), path, operation)
        for path, operations in paths.items()
        for method, operation in operations.items()
    ]


def _status(client: httpx.Client, method: str, path: str) -> tuple[int, str]:
    url = path.replace("{event_id}", "7").replace("{file}", "app.js")
    body = BODIES.get(path, {}) if method == "POST" else None
    with client.stream(method, url, json=body) as answer:
        is_endless = answer.headers["content-type"].startswith("text/event-stream")
        return answer.status_code, "" if is_endless else answer.read().decode()


def _expected(needed: str, who: str) -> set[int]:
    if needed == "none":
        return {200, 401} if who == "bad" else {200, 404}
    if who in {"none", "bad"}:
        return {401}
    return {200} if SCOPES.index(who) >= SCOPES.index(needed) else {403}


def test_every_route_answers_each_token_as_documented(tmp_path: Path) -> None:
    """Row 32: every route x no, bad, view, ack, admin token: only the documented answers."""
    store = TokenStore(tmp_path)
    secrets: dict[str, str | None] = {s: store.new(s, s, 1.0) for s in SCOPES}
    secrets |= {"none": None, "bad": "ek_" + "A" * 43}
    with daemon(tmp_path, is_token_required=True) as served:
        routes = _routes(served)
        assert len(routes) >= 20
        for who in WHO:
            with served.client(secrets[who]) as client:
                for method, path, operation in routes:
                    status, text = _status(client, method, path)
                    case = f"{who} {method} {path}: {status} {text[:80]}"
                    assert status in _expected(str(operation["x-scope"]), who), case
                    assert str(status) in operation["responses"], case  # type: ignore[operator]
                    if status in {401, 403}:
                        assert set(httpx.Response(status, text=text).json()) == {"error"}, case
                        assert not any(secret and secret in text for secret in secrets.values())


def test_without_a_token_it_is_only_told_whether_it_watches(tmp_path: Path) -> None:
    TokenStore(tmp_path).new("ward", "view", 1.0)
    with daemon(tmp_path, is_token_required=True) as served, served.client() as client:
        assert client.get("/readyz").json() == {"state": "DEGRADED"}
        session = client.get("/api/v1/session").json()
        assert session == {"scope": "none", "name": "", "is_open": False, "device": ""}


def test_on_loopback_no_token_is_needed(tmp_path: Path) -> None:
    with daemon(tmp_path) as served, served.client() as client:
        assert served.opened.first_token is None
        assert served.opened.url.startswith("http://127.0.0.1:")
        assert client.get("/api/v1/session").json()["scope"] == "admin"
        assert client.get("/api/v1/audit").status_code == 200


def test_the_first_token_is_made_once_and_told_once(tmp_path: Path) -> None:
    with daemon(tmp_path, is_token_required=True) as served:
        first = served.opened.first_token
        assert first is not None
        assert [what for _, what, _ in served.audited] == ["token made"]
        with served.client(first) as client:
            assert client.get("/api/v1/session").json()["scope"] == "admin"
    with daemon(tmp_path, is_token_required=True) as served:
        assert served.opened.first_token is None


@pytest.mark.parametrize("where", ["query", "cookie", "basic"])
def test_a_token_counts_in_the_header_only(tmp_path: Path, where: str) -> None:
    secret = TokenStore(tmp_path).new("ward", "admin", 1.0)
    query = {"token": secret, "access_token": secret} if where == "query" else {}
    header = {
        "cookie": {"cookie": f"token={secret}"},
        "basic": {"authorization": f"Basic {secret}"},
    }
    with daemon(tmp_path, is_token_required=True) as served, served.client() as client:
        answer = client.get("/api/v1/state", params=query, headers=header.get(where, {}))
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"


def test_who_acknowledged_is_the_token_and_what_was_typed(tmp_path: Path) -> None:
    secret = TokenStore(tmp_path).new("ward", "ack", 1.0)
    with daemon(tmp_path, is_token_required=True) as served, served.client(secret) as client:
        client.post("/api/v1/test", json={"who": "Anna"})
        client.post("/api/v1/test", json={})
        assert [command.who for command in served.commands.asked] == ["ward: Anna", "ward"]


def test_a_revoked_token_ends_its_live_stream(tmp_path: Path) -> None:
    store = TokenStore(tmp_path)
    secret = store.new("ward", "view", 1.0)
    with (
        daemon(tmp_path, is_token_required=True) as served,
        served.client(secret) as client,
        client.stream("GET", "/api/v1/live") as stream,
    ):
        chunks = stream.iter_text()
        assert "event: state" in next(chunks)
        store.revoke("ward")
        deadline = time.monotonic() + 3
        assert sum(1 for _ in chunks) < 50, "the stream goes on"
        assert time.monotonic() < deadline
        assert client.get("/api/v1/state").status_code == 401


def test_wrong_tokens_are_slowed_down_but_right_ones_are_not(tmp_path: Path) -> None:
    secret = TokenStore(tmp_path).new("ward", "view", 1.0)
    limits = Limits(requests_per_s=1e6, request_burst=10**6, wrong_token_burst=3)
    with (
        daemon(tmp_path, limits=limits, is_token_required=True) as served,
        served.client("ek_wrong") as guesser,
        served.client(secret) as ward,
    ):
        answers = [guesser.get("/api/v1/state") for _ in range(6)]
        assert [answer.status_code for answer in answers] == [401] * 3 + [429] * 3
        assert int(answers[-1].headers["retry-after"]) >= 1
        assert ward.get("/api/v1/state").status_code == 200
        assert [what for _, what, _ in served.audited] == ["wrong tokens"]


def test_the_matrix_notices_a_route_that_forgot_to_ask() -> None:
    """The planted failure: a 200 without a token where one is needed is not expected."""
    assert 200 not in _expected("view", "none")
    assert 200 not in _expected("ack", "view")
    assert 200 not in _expected("admin", "ack")
    assert WIDE.wrong_token_burst > 1000
