"""A stand-in for the daemon's HTTP side, scripted by the tests: same paths, answers, headers."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import uvicorn
from serve.page.scenes import Json, pose
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

PAGE = Path(__file__).parents[3] / "edgekit" / "serve" / "page"
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
STATE_EVERY_S = 0.25


class FakeServer:
    """Serves the page on a loopback port; its public fields are what the page is told."""

    def __init__(self) -> None:
        self.session: Json = {"scope": "admin", "name": "", "is_open": True, "device": "Room 4"}
        self.identity: Json = {
            "device": "Room 4",
            "version": "0.1.0",
            "boot_id": "0123456789abcdef",
            "bundle_sha256": "ab" * 32,
            "model": "onnx-int8-u8s8 on onnxruntime 1.32.0",
            "threshold": 0.62,
            "window_s": 5.0,
            "fps": 30.0,
            "source": "/dev/video0",
            "is_live": True,
            "is_policy_tuned": True,
            "is_open": True,
        }
        self.tokens: dict[str, str] = {}
        self.state: Json = {}
        self.arm()
        self.events: list[Json] = []
        self.landmarks: dict[int, Json] = {}
        self.decisions: list[Json] = []
        self.requests: list[tuple[str, str, Json]] = []
        self.is_answering = True
        """False: open streams end, and new requests get no answer."""
        self.is_posing = True
        self.problem: tuple[int, str] | None = None
        """What every command is answered with, instead of being done."""
        self.n_streams = 0
        self._queues: list[asyncio.Queue[tuple[str, Json]]] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        config = uvicorn.Config(
            self._app(), host="127.0.0.1", port=0, log_level="error", timeout_graceful_shutdown=1
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    def arm(self) -> None:
        """Tell the page that everything is well."""
        self.state = {
            "mono_s": 1000.0,
            "utc_s": time.time(),
            "state": "ARMED",
            "conditions": [],
            "patient": None,
            "technical": [],
            "sound": None,
            "pause_left_s": 0.0,
            "test_left_s": 0.0,
            "probability": 0.12,
            "decision_age_s": 0.4,
            "fps": 29.6,
            "latency_ms": 48.0,
            "seen_share": 0.97,
            "uptime_s": 93784.0,
            "blind_s": 131.0,
            "n_child_restarts": 1,
            "n_waiting": 0,
            "age_s": 0.1,
        }

    def tell(self, **changes: object) -> None:
        """Change the state and send it at once, as the core does."""
        self.state = {**self.state, **changes}
        self.send("state", self._now())

    def send(self, name: str, value: Json) -> None:
        """Send one event to every open page."""
        loop = self._loop
        assert loop is not None
        for waiting in tuple(self._queues):
            loop.call_soon_threadsafe(waiting.put_nowait, (name, value))

    def end_streams(self) -> None:
        """Close every open stream, as for a token that was revoked."""
        self.send("end", {})

    def start(self) -> str:
        """Serve, and return the page's address."""
        self._thread.start()
        deadline = time.monotonic() + 10
        while not self._server.started and time.monotonic() < deadline:
            time.sleep(0.01)
        port = self._server.servers[0].sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}/"

    def stop(self) -> None:
        """End the thread."""
        self.is_answering = False
        self._server.should_exit = True
        self._thread.join(timeout=10)

    def _now(self) -> Json:
        return {**self.state, "utc_s": time.time()}

    def _app(self) -> Starlette:
        def route(path: str, answer: Any, method: str = "GET") -> Route:
            return Route(f"/api/v1/{path}", answer, methods=[method])

        app = Starlette(
            routes=[
                route("session", self._session),
                route("identity", self._identity),
                route("live", self._live),
                route("decisions", self._decisions),
                route("events", self._events),
                route("events/{event_id:int}/landmarks", self._landmarks),
                *[
                    route(path, self._command, "POST")
                    for path in (
                        "alarms/patient/acknowledge",
                        "alarms/technical/acknowledge",
                        "audio/pause",
                        "test",
                    )
                ],
                route("audio/pause", self._command, "DELETE"),
                Mount("/static", StaticFiles(directory=PAGE)),
                Route("/", self._index),
            ]
        )
        app.add_middleware(_Headers)
        return app

    def _scope(self, request: Request) -> str:
        if not self.tokens:
            return str(self.session["scope"])
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        return self.tokens.get(token, "none")

    async def _gone(self) -> None:
        while not self.is_answering and not self._server.should_exit:
            await asyncio.sleep(0.05)

    async def _index(self, _: Request) -> Response:
        return FileResponse(PAGE / "index.html")

    async def _session(self, request: Request) -> Response:
        await self._gone()
        return JSONResponse({**self.session, "scope": self._scope(request)})

    async def _identity(self, _: Request) -> Response:
        return JSONResponse(self.identity)

    async def _decisions(self, _: Request) -> Response:
        return JSONResponse({"decisions": self.decisions})

    async def _events(self, request: Request) -> Response:
        limit = int(request.query_params.get("limit", "100"))
        before = int(request.query_params.get("before_id", 1 << 60))
        rows = [event for event in self.events if event["event_id"] < before]
        return JSONResponse({"events": rows[:limit]})

    async def _landmarks(self, request: Request) -> Response:
        found = self.landmarks.get(request.path_params["event_id"])
        if found is None:
            return JSONResponse({"error": "no landmarks"}, status_code=404)
        return JSONResponse(found)

    async def _command(self, request: Request) -> Response:
        body = await request.json() if request.method == "POST" else {}
        self.requests.append((request.method, request.url.path.removeprefix("/api/v1/"), body))
        if self.problem:
            status, text = self.problem
            return JSONResponse({"error": text}, status_code=status)
        return JSONResponse({"is_done": True, "text": "Done."})

    async def _live(self, request: Request) -> Response:
        if self._scope(request) == "none":
            return JSONResponse({"error": "a token is needed"}, status_code=401)
        self._loop = asyncio.get_running_loop()
        self.n_streams += 1
        return StreamingResponse(self._stream(), media_type="text/event-stream")

    async def _stream(self) -> AsyncIterator[str]:
        waiting: asyncio.Queue[tuple[str, Json]] = asyncio.Queue()
        self._queues.append(waiting)
        state_due = 0.0
        try:
            while self.is_answering:
                now = time.monotonic()
                if now >= state_due:
                    state_due = now + STATE_EVERY_S
                    yield _event("state", self._now())
                if self.is_posing:
                    yield _event("pose", {"t_s": now, "xyv": pose(now)})
                try:
                    name, value = await asyncio.wait_for(waiting.get(), 0.1)
                except asyncio.TimeoutError:
                    continue
                if name == "end":
                    return
                yield _event(name, value)
        finally:
            self._queues.remove(waiting)


class _Headers:
    """Puts the daemon's headers on every answer."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def with_headers(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    *message["headers"],
                    (b"content-security-policy", CSP.encode()),
                    (b"x-content-type-options", b"nosniff"),
                    (b"cache-control", b"no-store"),
                ]
            await send(message)

        await self._app(scope, receive, with_headers)


def _event(name: str, value: Json) -> str:
    return f"event: {name}\ndata: {json.dumps(value)}\n\n"
