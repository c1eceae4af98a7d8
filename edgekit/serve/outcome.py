"""What a person is told of a command: done, or too late, in one sentence."""

from __future__ import annotations

from collections.abc import Sequence

from edgekit.serve.alarm.events import Acknowledge, Pause, TestAlarm, Transition
from edgekit.serve.live import Outcome


def outcome_of(
    command: Acknowledge | Pause | TestAlarm, transitions: Sequence[Transition]
) -> Outcome:
    """Return what the alarm core made of a command."""
    kinds = {transition.kind for transition in transitions}
    if isinstance(command, Acknowledge):
        return _acknowledged(command, is_done="acknowledged" in kinds)
    if isinstance(command, TestAlarm):
        return Outcome(
            "test_began" in kinds, "test alarm: heard unless paused or a real one sounds"
        )
    if "paused" in kinds:
        seconds = max(t.seconds or 0.0 for t in transitions if t.kind == "paused")
        return Outcome(is_done=True, text=f"sound paused for {seconds:.0f} s")
    if "pause_ended" in kinds:
        return Outcome(is_done=True, text="sound is on")
    return Outcome(is_done=False, text="sound was on")


def _acknowledged(command: Acknowledge, *, is_done: bool) -> Outcome:
    if is_done:
        return Outcome(is_done=True, text="acknowledged")
    if command.event_id is None:
        return Outcome(is_done=False, text="no technical alarm to acknowledge")
    return Outcome(
        is_done=False,
        text="nothing acknowledged: somebody was faster, or a newer alarm has come",
    )
