"""Where an alarm sounds besides the page: a sink by URI. The alarm box will be one of them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Protocol
from urllib.parse import urlsplit

from edgekit.errors import UsageError
from edgekit.serve.conditions import Condition
from edgekit.serve.live import Commands, Snapshot, TransitionMessage

log = logging.getLogger("edgekit.alarm")


class AlarmSink(Protocol):
    """Something that makes people aware. Its methods return at once; its own thread does the work.

    What it cannot do it reports as a condition: a sink that fails in silence is worse than none.
    """

    def show(self, snapshot: Snapshot) -> None:
        """Take the state, at least once a second: a sink that hears nothing must sound."""

    def announce(self, message: TransitionMessage) -> None:
        """Take one transition."""

    @property
    def conditions(self) -> frozenset[Condition]:
        """What is wrong with it now, as in `BRIDGE_SILENT`."""

    def close(self) -> None:
        """Say that the daemon stops on purpose, and end."""


class LogSink:
    """Writes every transition to the log; nothing can go wrong with it."""

    def __init__(self, _uri: str, _commands: Commands) -> None:
        self._state: str | None = None

    def show(self, snapshot: Snapshot) -> None:
        """Write the state when it changes."""
        if snapshot.state.value != self._state:
            self._state = snapshot.state.value
            reasons = ", ".join(condition.value for condition in snapshot.conditions)
            log.warning("state %s%s", self._state, f" ({reasons})" if reasons else "")

    def announce(self, message: TransitionMessage) -> None:
        """Write one line."""
        transition = message.row.transition
        about = transition.condition.value if transition.condition else transition.event_id
        log.warning("%s %s %s", transition.priority, transition.kind, about or "")

    @property
    def conditions(self) -> frozenset[Condition]:
        """Return none."""
        return frozenset()

    def close(self) -> None:
        """Do nothing."""


_KINDS: dict[str, Callable[[str, Commands], AlarmSink]] = {"log": LogSink}


def sink_kind(uri: str) -> Callable[[str, Commands], AlarmSink]:
    """Return what opens the sink that a URI names.

    Raises:
        UsageError: No sink is known by that scheme.
    """
    kind = _KINDS.get(urlsplit(uri).scheme)
    if kind is None:
        raise UsageError(f"sinks: {uri}: unknown kind; there are {', '.join(sorted(_KINDS))}:")
    return kind


def open_sink(uri: str, commands: Commands) -> AlarmSink:
    """Open the sink that a URI names.

    Raises:
        UsageError: No sink is known by that scheme.
    """
    return sink_kind(uri)(uri, commands)
