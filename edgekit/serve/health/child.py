"""Is the pose process well: no camera, stopped, hanging, crashing again and again, at the end."""

from __future__ import annotations

from edgekit.serve.conditions import Condition
from edgekit.serve.watch.seen import ChildFacts

CRASHES = 3
"""Restarts within ten minutes that are a loop; it ends when the ten minutes are over, so that a
process that dies every three minutes is one alarm."""


class ChildHealth:
    """What the latest facts mean, and what was wrong before the process is up again."""

    def __init__(self) -> None:
        self._facts: ChildFacts | None = None
        self._trouble: frozenset[Condition] = frozenset()

    def take(self, facts: ChildFacts) -> None:
        """Take how the process is now."""
        before, self._facts = self._facts, facts
        is_restarted = before is not None and facts.n_restarts != before.n_restarts
        if facts.status == "opening":
            # Until it has opened, what was wrong before is still wrong.
            self._trouble = _after_restart(facts) if is_restarted else self._trouble
        else:
            self._trouble = _trouble(facts)

    @property
    def is_running(self) -> bool:
        """Whether what was seen last may be taken for what is there."""
        return self._facts is not None and self._facts.status == "running"

    def conditions(self, now_mono: float, silent_s: float) -> frozenset[Condition]:
        """Return what is wrong; running without an answer for `silent_s` is hanging."""
        found = self._trouble
        if self._is_silent(now_mono, silent_s):
            found |= {Condition.POSE_SLOW}
        if self._facts is not None and self._facts.n_restarts_lately >= CRASHES:
            found |= {Condition.CRASH_LOOP}
        return found

    def _is_silent(self, now_mono: float, silent_s: float) -> bool:
        if self._facts is None or not self.is_running:
            return False
        answered, read = self._facts.last_answer_mono_s, self._facts.read_mono_s
        # A watching thread that is busy asks rarely: that is no silence of the process.
        return answered is not None and (now_mono if read is None else read) - answered > silent_s


def _trouble(facts: ChildFacts) -> frozenset[Condition]:
    if facts.status == "no_source":
        return frozenset({Condition.NO_CAMERA})
    if facts.status == "ended":
        return frozenset({Condition.SOURCE_ENDED})
    return _after_restart(facts) if facts.status == "gone" else frozenset()


def _after_restart(facts: ChildFacts) -> frozenset[Condition]:
    is_silent = facts.replaced_because == "silent"
    return frozenset({Condition.POSE_SLOW if is_silent else Condition.POSE_STOPPED})
