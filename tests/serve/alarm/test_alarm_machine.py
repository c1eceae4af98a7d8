"""The invariants once more, by hypothesis: fewer traces, but what it finds it makes small.

Rows 23 and 24 of the fault table, the half of Python.
"""

from __future__ import annotations

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from serve.alarm.ledger import BrokenInvariantError
from serve.alarm.mutants import pause_outlives_a_spasm
from serve.alarm.traces import RESTORED, RULES
from serve.alarm.witness import Step, Witness

from edgekit.serve.alarm import events
from edgekit.serve.alarm.policy import AlarmRules
from edgekit.serve.alarm.step import step
from edgekit.serve.conditions import Condition

LAPSES_S = st.sampled_from([0.0, 0.5, 10.0, 60.0, 119.0, 121.0]) | st.floats()
TIMES_S = st.sampled_from([0.5, 1.0, 7.0, 8.0, 30.0]) | st.floats()
FOUND = st.frozensets(
    st.sampled_from([Condition.STARTING, Condition.NO_CAMERA, Condition.DISK_FULL]), max_size=3
)


class Bedside(RuleBasedStateMachine):
    """Anything may happen at any time; the witness objects."""

    core: Step = staticmethod(step)

    @initialize(rules=st.sampled_from(RULES))
    def begin(self, rules: AlarmRules) -> None:
        self.witness = Witness(rules, self.core)

    @rule(lapse_s=LAPSES_S, t_s=TIMES_S, is_positive=st.none() | st.booleans())
    def decide(self, lapse_s: float, t_s: float, is_positive: bool | None) -> None:
        self._see(events.Decided(t_s, is_positive), lapse_s)

    @rule(lapse_s=LAPSES_S, t_s=TIMES_S, n_windows=st.integers(2, 5))
    def convulse(self, lapse_s: float, t_s: float, n_windows: int) -> None:
        for number in range(n_windows):
            self._see(events.Decided(t_s + number / 2, is_positive=True), lapse_s)

    @rule(lapse_s=LAPSES_S, conditions=FOUND)
    def find(self, lapse_s: float, conditions: frozenset[Condition]) -> None:
        self._see(events.ConditionsFound(conditions), lapse_s)

    @rule(lapse_s=LAPSES_S, event_id=st.none() | st.integers(-1, 12))
    def acknowledge(self, lapse_s: float, event_id: int | None) -> None:
        self._see(events.Acknowledge("nurse", event_id), lapse_s)

    @rule(lapse_s=LAPSES_S, seconds=st.sampled_from([0.0, 60.0, 120.0]) | st.floats())
    def pause(self, lapse_s: float, seconds: float) -> None:
        self._see(events.Pause("nurse", seconds), lapse_s)

    @rule(lapse_s=LAPSES_S)
    def test_sound(self, lapse_s: float) -> None:
        self._see(events.TestAlarm("nurse"), lapse_s)

    @rule(lapse_s=LAPSES_S, restored=st.sampled_from(RESTORED))
    def restore(self, lapse_s: float, restored: events.Restore) -> None:
        self._see(restored, lapse_s)

    @rule(lapse_s=LAPSES_S, rules=st.sampled_from(RULES))
    def reload(self, lapse_s: float, rules: AlarmRules) -> None:
        self._see(events.NewRules(rules), lapse_s)

    @rule()
    def look_ahead(self) -> None:
        self.witness.demand_deadline()

    def teardown(self) -> None:
        if hasattr(self, "witness"):
            self.witness.recover()
            self.witness.demand_alive()

    def _see(self, event: events.AlarmEvent, lapse_s: float) -> None:
        self.witness.see(event, self.witness.now + lapse_s)


class CarelessBedside(Bedside):
    """A bed whose alarm core has a planted fault."""

    core = staticmethod(pause_outlives_a_spasm)


def test_invariants_hold_whatever_hypothesis_tries() -> None:
    """Rows 23, 24."""
    run_state_machine_as_test(Bedside, settings=settings(max_examples=150, stateful_step_count=30))


def test_hypothesis_finds_a_planted_fault() -> None:
    unshrunk = settings(max_examples=300, stateful_step_count=30, phases=[Phase.generate])
    with pytest.raises(BrokenInvariantError):
        run_state_machine_as_test(CarelessBedside, settings=unshrunk)
