"""The HTTP server as one thread of the daemon: listens, serves, stops, and proves that it lives."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from edgekit.errors import MissingExtraError

try:
    import fastapi  # noqa: F401 - the first to be missing without the extra
    import uvicorn
except ModuleNotFoundError as error:
    raise MissingExtraError("serve", error.name or "fastapi") from error

from edgekit.serve.http import addresses, certificate
from edgekit.serve.http.access import Access
from edgekit.serve.http.app import build_app
from edgekit.serve.http.guard import Guard
from edgekit.serve.http.limits import Limits
from edgekit.serve.http.loop import Listening
from edgekit.serve.http.parts import Parts
from edgekit.serve.http.rates import Rates
from edgekit.serve.http.state_reply import StateReply, state_reply
from edgekit.serve.http.stream import Hub
from edgekit.serve.http.tokens import TokenStore
from edgekit.serve.live import Commands, Live
from edgekit.serve.settings import HttpSettings
from edgekit.serve.store.seams import Reading

FIRST_TOKEN = "first-admin"  # noqa: S105 - its name
_GRACE_S = 1


@dataclass(frozen=True)
class Opened:
    """Where the server is, and what its owner must be told once."""

    url: str
    fingerprint: str | None
    """SHA-256 of a self-made certificate; None with given files or without TLS."""
    first_token: str | None
    """A new admin token, when tokens are needed and there was none: print it, once."""


class HttpServer:
    """Serves the page and the API of one daemon."""

    def __init__(
        self,
        settings: HttpSettings,
        state_folder: Path,
        *,
        live: Live,
        reader: Reading,
        commands: Commands,
        audit: Callable[[str, str, str], None],
        limits: Limits | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take what it serves; `audit` gets who, what and detail."""
        self._settings = settings
        self._folder = state_folder
        self._live, self._reader, self._commands, self._audit = live, reader, commands, audit
        self._limits = limits or Limits()
        self._clock = clock
        self._began_mono = clock()
        self._listener: socket.socket | None = None
        self._tls: ssl.SSLContext | None = None
        self.serving: Listening | None = None
        """None before `start`."""
        self._pools: tuple[ThreadPoolExecutor, ...] = ()
        self._has_ended = threading.Event()
        self._has_ended.set()

    def start(self) -> Opened:
        """Listen, with the certificate and the first token where they are needed.

        Raises:
            UsageError: The port is in use, or the given certificate cannot be used.
            DataError: The token file is damaged.
            OutputError: Certificate or token cannot be written.
        """
        settings = self._settings
        fingerprint = self._prepare_tls() if addresses.is_encrypted(settings) else None
        self._listener = addresses.listen(settings.host, settings.port)
        try:
            # Last: a token that is made must also be shown, or nobody could ever sign in.
            first_token = self._first_token()
            self.serving = self._build()
        except BaseException:
            self._listener.close()
            raise
        self._has_ended.clear()
        port = self._listener.getsockname()[1]
        return Opened(addresses.url_of(settings, port), fingerprint, first_token)

    def run(self, pulse: Callable[[], None]) -> None:
        """Serve until stopped, with an event loop of this thread's own; `start` comes before.

        `pulse` is called twice a second while the loop turns and messages reach it.
        """
        assert self._listener is not None
        assert self.serving is not None
        self.serving.pulse = pulse
        try:
            asyncio.run(self.serving.serve([self._listener]))
        finally:
            self._listener.close()
            for pool in self._pools:
                pool.shutdown(wait=False, cancel_futures=True)
            self._has_ended.set()

    def stop(self, timeout_s: float) -> bool:
        """End all streams and `run`, also one that is about to begin; True when it ended."""
        if self.serving is not None:
            self.serving.should_exit = True
        return self._has_ended.wait(timeout_s)

    def _build(self) -> Listening:
        reading, asking = (
            ThreadPoolExecutor(3, "http-reading"),
            ThreadPoolExecutor(3, "http-asking"),
        )
        self._pools = (reading, asking)
        limits = self._limits
        hub = Hub(self._live, self._state, self._clock, n_streams=limits.n_streams)
        parts = Parts(
            self._live,
            self._reader,
            self._commands,
            self._access(),
            hub,
            self._state,
            self._clock,
            reading,
            asking,
        )
        rates = Rates(limits.requests_per_s, limits.request_burst, limits.n_addresses, self._clock)
        app = Guard(build_app(parts), addresses.own_names(self._settings), limits, rates)
        config = uvicorn.Config(
            app,
            lifespan="off",
            ws="none",
            log_config=None,
            log_level="error",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=round(limits.head_s),
            timeout_graceful_shutdown=_GRACE_S,
            h11_max_incomplete_event_size=limits.head_bytes,
        )
        return Listening(config, limits, self._tls, hub, renew=self._renew, clock=self._clock)

    def _access(self) -> Access:
        limits = self._limits
        wrong = Rates(
            limits.wrong_tokens_per_s, limits.wrong_token_burst, limits.n_addresses, self._clock
        )
        is_open = addresses.is_open(self._settings)
        return Access(TokenStore(self._folder), wrong, self._audit, is_open=is_open)

    def _state(self) -> StateReply:
        return state_reply(self._live.snapshot, self._clock(), self._began_mono)

    def _first_token(self) -> str | None:
        tokens = TokenStore(self._folder)
        if addresses.is_open(self._settings) or tokens.read():
            return None
        secret = tokens.new(FIRST_TOKEN, "admin", time.time())
        self._audit("edgekit", "token made", f"{FIRST_TOKEN}, admin")
        return secret

    def _prepare_tls(self) -> str | None:
        settings = self._settings
        self._tls = certificate.tls_context()
        if settings.certificate is not None and settings.key is not None:
            certificate.load(self._tls, settings.certificate, settings.key)
            return None
        self._renew()
        pem = self._folder / certificate.FILE
        certificate.load(self._tls, pem, pem)
        return certificate.fingerprint(pem)

    def _renew(self) -> None:
        """Renew a self-made certificate when it is time; new connections get it."""
        settings = self._settings
        if self._tls is None or settings.certificate is not None:
            return
        names = addresses.own_names(settings) | set(addresses.own_addresses(settings))
        pem = self._folder / certificate.FILE
        wanted = names - addresses.WILDCARDS
        if certificate.ensure_self_made(pem, wanted, datetime.now(timezone.utc)):
            certificate.load(self._tls, pem, pem)
            self._audit("edgekit", "certificate made", certificate.fingerprint(pem))
