"""The real daemon beyond loopback: TLS, tokens, and every route for everybody who may knock."""

from __future__ import annotations

import re
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from daemon_process import Daemon, serving, until
from playwright.sync_api import expect
from serve.daemon.conftest import MANY_EVENTS, Bedside, settings_file
from serve.end_to_end.screens import TABLET, Windows

from edgekit.serve.http import addresses, certificate
from edgekit.serve.http.tokens import SCOPES
from edgekit.serve.settings import HttpSettings

WHO = ("none", "bad", *SCOPES)
BODIES = {
    "/api/v1/alarms/patient/acknowledge": {"event_id": 1},
    "/api/v1/audio/pause": {"seconds": 30},
}
N_BEFORE_SLOWED = 8
"""Ten wrong tokens from one address are answered at once; the matrix is not about that."""


@pytest.fixture(scope="module")
def outward() -> str:
    """Return an address of this machine by which others reach it, or skip."""
    found = addresses.own_addresses(HttpSettings(host="0.0.0.0"))[-1]  # noqa: S104 -- only asked
    if addresses.is_loopback(found):
        pytest.skip("this machine has no address beyond loopback")
    return found


class Knocking:
    """Clients that trust the daemon's certificate, each time from another loopback address."""

    def __init__(self, daemon: Daemon, state: Path) -> None:
        self.url = daemon.url
        self.trust = ssl.create_default_context(cafile=str(state / certificate.FILE))
        self._numbers = count(1)

    @contextmanager
    def client(self, secret: str | None = None) -> Iterator[httpx.Client]:
        """Yield a client with a token."""
        source = f"127.0.3.{next(self._numbers)}"
        transport = httpx.HTTPTransport(verify=self.trust, local_address=source)
        headers = {} if secret is None else {"authorization": f"Bearer {secret}"}
        with httpx.Client(transport=transport, base_url=self.url, headers=headers) as client:
            yield client

    def routes(self, admin: str) -> list[tuple[str, str, dict[str, Any]]]:
        """Return method, path and description of every operation that the daemon names."""
        with self.client(admin) as client:
            paths = client.get("/api/v1/openapi.json").raise_for_status().json()["paths"]
        return [
            (method.upper(), path, operation)
            for path, operations in paths.items()
            for method, operation in operations.items()
        ]


def allowed(needed: str, who: str) -> set[int]:
    """Return the answers that are right; 404 and 503 are about an event and about watching."""
    if needed == "none":
        return {200, 401, 503} if who == "bad" else {200, 404, 503}
    if who in {"none", "bad"}:
        return {401}
    return {200, 404} if SCOPES.index(who) >= SCOPES.index(needed) else {403}


def answer(client: httpx.Client, method: str, path: str) -> tuple[int, str]:
    """Ask; an endless answer is not read."""
    url = path.replace("{event_id}", "1").replace("{file}", "app.js")
    body = BODIES.get(path, {}) if method == "POST" else None
    with client.stream(method, url, json=body) as got:
        is_endless = got.headers["content-type"].startswith("text/event-stream")
        return got.status_code, "" if is_endless else got.read().decode()


def new_token(state: Path, scope: str) -> str:
    """Type `edgekit token new`, and return what it prints on standard output: the secret alone."""
    options = ["--name", f"a-{scope}", "--scope", scope, "--state", str(state)]
    typed = [sys.executable, "-m", "edgekit", "token", "new", *options]
    done = subprocess.run(typed, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def first_token(daemon: Daemon) -> str | None:
    """Return the token that the daemon prints when it starts."""
    found = re.search(r"^token +(ek_\S+)", daemon.said(), re.MULTILINE)
    return found.group(1) if found else None


def test_every_route_for_everybody_over_tls(
    restless: Bedside, tmp_path: Path, outward: str
) -> None:
    """Row 32: every route x no, bad, view, ack, admin token, on an address others can reach."""
    state = tmp_path / "state"
    made = settings_file(tmp_path, MANY_EVENTS)
    options = (*restless.options, "--settings", made, "--loop", "--host", outward)
    with serving(tmp_path, *options) as daemon:
        admin = first_token(daemon)
        assert admin is not None
        assert daemon.url.startswith("https://")
        fingerprint = certificate.fingerprint(state / certificate.FILE)
        assert f"certificate SHA-256 {fingerprint}" in daemon.said()
        knocking = Knocking(daemon, state)
        secrets: dict[str, str | None] = {scope: new_token(state, scope) for scope in SCOPES}
        secrets |= {"none": None, "bad": "ek_" + "A" * 43}
        routes = knocking.routes(admin)
        assert len(routes) >= 20
        with knocking.client(admin) as client:
            until(lambda: client.get("/api/v1/events").json()["events"], within_s=15)
        for who in WHO:
            for start in range(0, len(routes), N_BEFORE_SLOWED):
                with knocking.client(secrets[who]) as client:
                    for route in routes[start : start + N_BEFORE_SLOWED]:
                        check(client, route, who, [*filter(None, secrets.values()), admin])
        plain_http_is_refused(httpx.URL(daemon.url))
        said = daemon.said()
        daemon.stop()
    assert said.count("ek_") == 1, "a secret stands in the log once, when it is made"
    with serving(tmp_path, *options) as daemon:
        assert first_token(daemon) is None
        with Knocking(daemon, state).client(admin) as client:
            assert client.get("/api/v1/audit").status_code == 200


def check(
    client: httpx.Client, route: tuple[str, str, dict[str, Any]], who: str, secrets: list[str]
) -> None:
    """One cell of the matrix."""
    method, path, operation = route
    status, text = answer(client, method, path)
    case = f"{who} {method} {path}: {status} {text[:80]}"
    assert status in allowed(str(operation["x-scope"]), who), case
    assert str(status) in operation["responses"], case
    assert not any(secret in text for secret in secrets), case
    if status in {401, 403}:
        assert set(httpx.Response(status, text=text).json()) == {"error"}, case


def plain_http_is_refused(url: httpx.URL) -> None:
    """No page without TLS on the port, and no other port is announced."""
    with pytest.raises(httpx.TransportError):
        httpx.get(str(url.copy_with(scheme="http")), timeout=5)


def test_another_device_asks_for_the_token_in_its_browser(
    bedside: Bedside, tmp_path: Path, outward: str, windows: Windows
) -> None:
    """Row 32 in the browser, over TLS: nothing without the token, everything with it."""
    with serving(tmp_path, *bedside.options, "--loop", "--host", outward) as daemon:
        token = first_token(daemon)
        assert token is not None
        page = windows(daemon.url, size=TABLET, link="signed-out", is_certificate_ignored=True)
        expect(page.locator("#bedside")).to_be_hidden()
        page.fill("#token", token)
        page.click("#token-form button")
        expect(page.locator("#state-title")).to_have_text("Watching", timeout=15_000)
        assert token not in page.url


def test_the_matrix_notices_a_route_that_forgot_to_ask() -> None:
    """The planted failure: an answer to somebody without a right is not among the allowed."""
    assert not allowed("view", "none") & {200, 404, 503}
    assert 200 not in allowed("ack", "view")
    assert 200 not in allowed("admin", "ack")
