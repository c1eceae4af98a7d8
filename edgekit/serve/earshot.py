"""Would anybody hear an alarm? A daemon that watches for nobody is not well, and says so.

Somebody hears while a page or another reader of the live stream is connected, a broker is, or an
alarm sink sounds by itself. Whether a loudspeaker is on, nobody can know from here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from edgekit.serve.conditions import Condition

GRACE_S = 60.0
"""A tablet that is carried to another room, or a page that is loaded again, is no trouble yet."""


@dataclass
class Earshot:
    """Remembers when somebody last would have heard."""

    is_heard: Callable[[], bool]
    clock: Callable[[], float]
    last_heard_s: float

    def conditions(self) -> frozenset[Condition]:
        """Return `NOBODY_LISTENS` once nobody would have heard for `GRACE_S`."""
        now = self.clock()
        if self.is_heard():
            self.last_heard_s = now
        is_late = now - self.last_heard_s > GRACE_S
        return frozenset({Condition.NOBODY_LISTENS} if is_late else ())
