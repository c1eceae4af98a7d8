"""How much of the device a crowd of clients can take: little, and never for long."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """The bounds of one HTTP server; the defaults serve a ward, and refuse a flood."""

    n_connections: int = 128
    """Open at once, TLS handshakes included; a further one is refused at once."""
    n_per_address: int = 48
    """Of them from one address (IPv6: one /64 network)."""
    n_streams: int = 24
    """Live streams at once."""
    head_bytes: int = 16384
    """Of a request's head."""
    body_bytes: int = 65536
    """Of a request's body."""
    head_s: float = 10.0
    """A connection whose next request has not arrived whole after so long is cut."""
    body_s: float = 10.0
    """A body that has not arrived whole after so long is refused."""
    stalled_s: float = 10.0
    """A reader that takes nothing of its answer for so long is cut."""
    requests_per_s: float = 20.0
    """From one address, in the long run ..."""
    request_burst: int = 120
    """... and so many at once."""
    wrong_tokens_per_s: float = 0.1
    """From one address, in the long run; beyond it 429 instead of 401."""
    wrong_token_burst: int = 10
    n_addresses: int = 1024
    """Remembered by each rate limit; of more, the longest unseen is forgotten."""
