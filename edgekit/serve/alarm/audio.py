"""The audio pause and the test alarm: timed, shown, and ended by any new alarm."""

from __future__ import annotations

import math
from dataclasses import replace

from edgekit.serve.alarm.events import Pause, TestAlarm, Transition, TransitionKind
from edgekit.serve.alarm.state import AlarmState, Stepped

_LOUD_KINDS: frozenset[TransitionKind] = frozenset(
    {"spasm", "cluster", "restored", "escalated", "condition_began"}
)


def pause(state: AlarmState, event: Pause, now: float) -> Stepped:
    """Silence the sound for at most `rules.pause_max_s`, counted from now.

    Seconds that are zero, negative or not finite end a pause; without one they do nothing.
    """
    seconds = event.seconds if math.isfinite(event.seconds) else 0.0
    if seconds <= 0:
        return _end_pause(state, who=event.who)
    seconds = min(seconds, state.rules.pause_max_s)
    paused = Transition("paused", "audio", "info", who=event.who, seconds=seconds)
    return replace(state, pause_until_mono=now + seconds), (paused,)


def test(state: AlarmState, event: TestAlarm, now: float) -> Stepped:
    """Sound the test for `rules.test_s`, counted from now; a real alarm is heard instead of it."""
    seconds = state.rules.test_s
    began = Transition("test_began", "test", "info", who=event.who, seconds=seconds)
    return replace(state, test_until_mono=now + seconds), (began,)


def lapse(state: AlarmState, now: float, *, is_turned_back: bool) -> Stepped:
    """End what has run out, or runs on a clock that went backwards and so might never run out."""
    ended: tuple[Transition, ...] = ()
    if is_turned_back or _is_over(state.pause_until_mono, now, state.rules.pause_max_s):
        state, pause_ended = _end_pause(state)
        ended += pause_ended
    if is_turned_back or _is_over(state.test_until_mono, now, state.rules.test_s):
        state, test_ended = _end_test(state)
        ended += test_ended
    return state, ended


def interrupt(state: AlarmState, news: tuple[Transition, ...]) -> Stepped:
    """End pause and test where there is a new alarm of medium or high priority.

    A test that went on beside it would make people take the real alarm for the test.
    """
    if not any(is_loud(transition) for transition in news):
        return state, ()
    state, pause_ended = _end_pause(state)
    state, test_ended = _end_test(state)
    return state, pause_ended + test_ended


def is_loud(transition: Transition) -> bool:
    """Whether it is a new alarm that must be heard, pause or not."""
    return transition.kind in _LOUD_KINDS and transition.priority in {"high", "medium"}


def _is_over(until: float | None, now: float, longest_s: float) -> bool:
    """Whether it has run out, or is longer than the rules of now allow."""
    return until is not None and not now < until <= now + longest_s


def _end_pause(state: AlarmState, who: str | None = None) -> Stepped:
    if state.pause_until_mono is None:
        return state, ()
    ended = Transition("pause_ended", "audio", "info", who=who)
    return replace(state, pause_until_mono=None), (ended,)


def _end_test(state: AlarmState) -> Stepped:
    if state.test_until_mono is None:
        return state, ()
    return replace(state, test_until_mono=None), (Transition("test_ended", "test", "info"),)
