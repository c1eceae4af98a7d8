"""Random traces of alarm events, many and fast: sane ones, and one in four full of garbage.

A trace is plain data that can be written as lines of JSON, for an alarm core in another language.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple, dataclass
from itertools import chain, combinations
from typing import Any, TypeVar, get_args

import numpy as np

from edgekit.serve.alarm.events import (
    Acknowledge,
    AlarmEvent,
    ConditionsFound,
    Decided,
    NewRules,
    Pause,
    Restore,
    TestAlarm,
    Tick,
)
from edgekit.serve.alarm.policy import AlarmRules
from edgekit.serve.conditions import Condition

T = TypeVar("T")

NAN, INF = float("nan"), float("inf")

CALM = AlarmRules(2, 3, 6.0, 2, 5.0)
RULES = (
    CALM,
    AlarmRules(1, 1, 2.0, 2, 1.0),
    AlarmRules(1, 2, 0.0, 3, 0.5, pause_max_s=60.0, escalate_after_s=30.0),
    AlarmRules(2, 2, 1.0, 2, 120.0, pause_max_s=5.0),
    AlarmRules(3, 5, 6.0, 3, 5.0, escalate_after_s=10.0, test_s=1.0),
)
CONDITIONS = (
    Condition.STARTING,
    Condition.NO_CAMERA,
    Condition.NOBODY_IN_VIEW,
    Condition.BRIDGE_SILENT,
    Condition.DISK_FULL,
)
FOUND = tuple(
    ConditionsFound(frozenset(some))
    for some in chain.from_iterable(combinations(CONDITIONS, n) for n in range(4))
)

LAPSES_S = (0.0, 0.5, 0.5, 1.0, 4.0, 20.0, 59.0, 60.5, 119.5, 120.0, 121.0, 700.0)
ODD_LAPSES_S = (-0.5, -130.0, -1e6, 1e6, 1e11)
ODD_TIMES = (NAN, INF, -INF, -5.0, 0.0, 1e300, -1e308)
HOPS_S = (0.5, 0.5, 1.0, 2.0, 8.0, 70.0)
ODD_HOPS_S = (-0.5, -3.0, -1e9, 1e9)
PAUSES_S = (0.0, 1.0, 60.0, 120.0, 600.0)
ODD_PAUSES_S = (-1.0, NAN, INF, -INF, 1e300)
IDS = (0, 1, 1, 2, 2, 3, 3, 4, 5, 6)
ODD_IDS = (-7, 10**9, 2**70)
RESTORED = (
    Restore(1),
    Restore(5),
    Restore(3, 2),
    Restore(9, 4, is_cluster=True, n_spasms=4),
    Restore(0, 7),
    Restore(-3, -3, n_spasms=0),
)
WHO = "nurse"


@dataclass(frozen=True)
class Trace:
    """Rules, and what happens under them."""

    rules: AlarmRules
    steps: tuple[tuple[float, AlarmEvent], ...]
    """Monotonic seconds, and the event."""

    def lines(self) -> list[str]:
        """Write it as lines of JSON: the rules, then `[t_mono, event, field, ...]`."""
        plain = (
            [t_mono, type(event).__name__, *map(_plain, vars(event).values())]
            for t_mono, event in self.steps
        )
        return [json.dumps(record) for record in (astuple(self.rules), *plain)]


def read_trace(lines: list[str]) -> Trace:
    """Read what `Trace.lines` wrote."""
    rules, *records = map(json.loads, lines)
    steps = ((t_mono, _event(name, values)) for t_mono, name, *values in records)
    return Trace(AlarmRules(*rules), tuple(steps))


def make_traces(n_traces: int, seed: int) -> Iterator[Trace]:
    """Make traces of 1 to 9 events, and one of 60 in every hundred."""
    rng = np.random.default_rng(seed)
    for number in range(n_traces):
        length = 60 if number % 100 == 7 else 1 + number % 9
        yield _Author(rng.random((length + 1, 4)).tolist(), is_odd=number % 4 == 3).trace()


def _plain(value: object) -> object:
    if isinstance(value, frozenset):
        return sorted(value)
    return astuple(value) if isinstance(value, AlarmRules) else value


def _event(name: str, values: list[Any]) -> AlarmEvent:
    if name == "ConditionsFound":
        return ConditionsFound(frozenset(map(Condition, values[0])))
    if name == "NewRules":
        return NewRules(AlarmRules(*values[0]))
    kind = {kind.__name__: kind for kind in get_args(AlarmEvent)}[name]
    event: AlarmEvent = kind(*values)
    return event


class _Author:
    """Writes one trace, out of uniform numbers: a row of four for each event."""

    def __init__(self, chances: list[list[float]], *, is_odd: bool) -> None:
        self._chances = chances
        self._is_odd = is_odd
        self._t_mono = 0.0
        self._t_s = 0.0

    def trace(self) -> Trace:
        first, *others = self._chances
        self._t_mono = 1000 * first[1]
        steps = tuple((self._time(when), self._event(a, b, c)) for when, a, b, c in others)
        if first[2] < 0.3:
            steps = ((self._t_mono, _pick(RESTORED, first[3])), *steps[1:])
        return Trace(_pick(RULES, first[0]), steps)

    def _time(self, chance: float) -> float:
        if self._is_odd and chance < 0.3:
            if chance < 0.1:
                return _pick(ODD_TIMES, 10 * chance)
            self._t_mono += _pick(ODD_LAPSES_S, (chance - 0.1) / 0.2)
            return self._t_mono
        self._t_mono += _pick(LAPSES_S, chance)
        return self._t_mono

    def _event(self, which: float, a: float, b: float) -> AlarmEvent:
        share = 0.0
        for weight, make in _MAKERS:
            share += weight
            if which < share:
                return make(self, a, b)
        return Tick()

    def _decided(self, a: float, b: float) -> AlarmEvent:
        if self._is_odd and b < 0.2:
            if b < 0.1:
                return Decided(_pick(ODD_TIMES, 10 * b), _pick((True, None), a))
            self._t_s += _pick(ODD_HOPS_S, 10 * (b - 0.1))
        else:
            self._t_s += _pick(HOPS_S, b)
        return Decided(self._t_s, _pick((True, True, True, True, False, None), a))

    def _found(self, a: float, _b: float) -> AlarmEvent:
        return _pick(FOUND, a)

    def _acknowledge(self, a: float, b: float) -> AlarmEvent:
        if b < 0.3:
            return Acknowledge(WHO)
        return Acknowledge(WHO, _pick(ODD_IDS if self._is_odd and b > 0.9 else IDS, a))

    def _pause(self, a: float, b: float) -> AlarmEvent:
        return Pause(WHO, _pick(ODD_PAUSES_S if self._is_odd and b < 0.3 else PAUSES_S, a))

    def _test(self, _a: float, _b: float) -> AlarmEvent:
        return TestAlarm(WHO)

    def _restore(self, a: float, _b: float) -> AlarmEvent:
        return _pick(RESTORED, a)

    def _new_rules(self, a: float, _b: float) -> AlarmEvent:
        return NewRules(_pick(RULES, a))


_MAKERS: tuple[tuple[float, Callable[[_Author, float, float], AlarmEvent]], ...] = (
    (0.48, _Author._decided),
    (0.16, _Author._found),
    (0.12, _Author._acknowledge),
    (0.10, _Author._pause),
    (0.03, _Author._test),
    (0.01, _Author._restore),
    (0.02, _Author._new_rules),
)


def _pick(choices: Sequence[T], chance: float) -> T:
    return choices[int(chance * len(choices))]
