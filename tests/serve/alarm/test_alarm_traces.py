"""The alarm core over 100,000 random traces, and planted faults that the same traces catch.

Rows 23 and 24 of the fault table, the half of Python.
"""

from __future__ import annotations

from functools import partial
from typing import get_args

import pytest
from serve.alarm.ledger import BrokenInvariantError
from serve.alarm.mutants import MUTANTS, with_row_twice, without_row
from serve.alarm.traces import make_traces, read_trace
from serve.alarm.witness import Step, demand_independence, follow

from edgekit.serve.alarm.events import TransitionKind
from edgekit.serve.alarm.step import step

N_TRACES = 100_000
N_SHARDS = 4


def _examine(core: Step, n_traces: int, seed: int) -> None:
    for number, trace in enumerate(make_traces(n_traces, seed)):
        try:
            witness = follow(trace, core)
            if number % 25 != 7:
                witness.recover()
                continue
            witness.demand_deadline()
            witness.recover()
            witness.demand_alive()
            demand_independence(trace, core)
        except Exception as error:
            raise BrokenInvariantError("\n".join([repr(error), *trace.lines()])) from error


@pytest.mark.parametrize("seed", range(N_SHARDS))
def test_invariants_hold_over_random_traces(seed: int) -> None:
    """Rows 23, 24: alarm and fault at once, pauses, races, restarts and garbage, in any order."""
    _examine(step, N_TRACES // N_SHARDS, seed)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_a_planted_fault_is_caught(mutant: Step) -> None:
    with pytest.raises(BrokenInvariantError):
        _examine(mutant, 3000, seed=99)


@pytest.mark.parametrize("kind", get_args(TransitionKind))
def test_a_missing_row_and_a_row_too_many_are_caught(kind: TransitionKind) -> None:
    with pytest.raises(BrokenInvariantError):
        _examine(partial(without_row, kind), 3000, seed=99)
    with pytest.raises(BrokenInvariantError):
        _examine(partial(with_row_twice, kind), 3000, seed=99)


def test_traces_are_written_and_read_back() -> None:
    """The C half of rows 23 and 24 will be driven by these lines."""
    for trace in make_traces(200, seed=5):
        written = trace.lines()
        again = read_trace(written)
        assert again.lines() == written
        assert again == trace or any("NaN" in line for line in written)


def test_traces_are_the_same_each_time() -> None:
    first = [trace.lines() for trace in make_traces(20, seed=3)]
    assert first == [trace.lines() for trace in make_traces(20, seed=3)]
    assert first != [trace.lines() for trace in make_traces(20, seed=4)]
