"""How we stand with the broker, and one line in the log whenever that changes.

Away means: for some seconds something waited and nothing was acknowledged. Being unconnected is
waiting. What will not heal by itself, as bad credentials, counts at once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

log = logging.getLogger("edgekit.mqtt")

AWAY_AFTER_S = 5.0
"""Without an acknowledgement while something waits."""


class Standing:
    """Written by the link's thread, read by any."""

    def __init__(self, broker: str, clock: Callable[[], float]) -> None:
        self._broker = broker
        self._clock = clock
        self._waiting_since_s: float | None = clock()
        self._refusal = ""
        self._refused: dict[str, str] = {}
        """Why, by topic; topics are few."""
        self._said = ""

    @property
    def is_away(self) -> bool:
        """Whether people are to be told."""
        return bool(self._refusal or self._refused) or self.waited_s >= AWAY_AFTER_S

    @property
    def waited_s(self) -> float:
        """Seconds since something waits without progress; 0 when nothing does."""
        since_s = self._waiting_since_s
        return 0.0 if since_s is None else self._clock() - since_s

    def sent(self) -> None:
        """Something waits for an acknowledgement."""
        if self._waiting_since_s is None:
            self._waiting_since_s = self._clock()

    def accepted(self, topic: str, *, n_left: int) -> None:
        """The broker has acknowledged a message; `n_left` others still wait."""
        self._waiting_since_s = self._clock() if n_left else None
        self._refusal = ""
        self._refused.pop(topic, None)
        if not self._refused:
            self._say("", logging.INFO, f"{self._broker}: connected")

    def refused(self, topic: str, why: str, *, is_vital: bool) -> None:
        """The broker does not take a message or a subscription."""
        if is_vital:
            self._refused[topic] = why
        self._say(f"{topic} {why}", logging.WARNING, f"{self._broker}: refuses {topic}: {why}")

    def closed(self, reason: str, *, is_refusal: bool) -> None:
        """The connection has ended or did not come about."""
        self.sent()
        self._refusal = reason if is_refusal else ""
        self._say(reason, logging.WARNING, f"{self._broker}: away: {reason}")

    def _say(self, what: str, level: int, line: str) -> None:
        if what != self._said:
            self._said = what
            log.log(level, "%s", line)
