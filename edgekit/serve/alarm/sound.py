"""What is heard at a moment, and how long a pause or a test still lasts; all from the state."""

from __future__ import annotations

from edgekit.serve.alarm.state import AlarmState, Sound
from edgekit.serve.conditions import Priority

_TECHNICAL: tuple[tuple[Priority, Sound], ...] = (
    ("high", "technical_high"),
    ("medium", "technical_medium"),
    ("low", "technical_low"),
)


def sound(state: AlarmState, t_mono: float) -> Sound | None:
    """Return the one sound to be heard at `t_mono`, the most urgent; None for silence.

    A pause that has run out no longer silences, whether or not an event has said so.
    """
    if pause_left_s(state, t_mono) > 0:
        return None
    if state.patient is not None:
        return "patient"
    unseen = {alarm.priority for alarm in state.technical if not alarm.is_acknowledged}
    for priority, name in _TECHNICAL:
        if priority in unseen:
            return name
    return "test" if test_left_s(state, t_mono) > 0 else None


def pause_left_s(state: AlarmState, t_mono: float) -> float:
    """Return the seconds of the pause left at `t_mono`; 0 without one."""
    return _left_s(state.pause_until_mono, t_mono, longest_s=state.rules.pause_max_s)


def test_left_s(state: AlarmState, t_mono: float) -> float:
    """Return the seconds of the test alarm left at `t_mono`; 0 without one."""
    return _left_s(state.test_until_mono, t_mono, longest_s=state.rules.test_s)


def _left_s(until: float | None, t_mono: float, *, longest_s: float) -> float:
    """Return the time left; 0 also for a time at which there can be no such end."""
    if until is None or not t_mono < until <= t_mono + longest_s:
        return 0.0
    return until - t_mono
