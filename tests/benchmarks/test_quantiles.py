"""Quantiles are real samples, tails are not made up, ratios are taken turn by turn."""

from __future__ import annotations

import pytest
from edgekit_bench.quantiles import paired_ratio, summarize
from hypothesis import given
from hypothesis import strategies as st

durations = st.lists(st.floats(0.001, 1e4), min_size=1, max_size=300)


def test_quantiles_of_the_first_hundred_numbers_are_their_ranks() -> None:
    found = summarize([float(n) for n in range(100, 0, -1)])

    assert (found.n, found.p50_ms, found.p95_ms, found.p99_ms) == (100, 50.0, 95.0, 99.0)
    assert found.worst_ms == 100.0


@pytest.mark.parametrize(
    ("n", "has_p95", "has_p99"), [(1, False, False), (19, False, False), (20, True, False)]
)
def test_a_tail_needs_enough_samples(n: int, has_p95: bool, has_p99: bool) -> None:
    found = summarize([1.0] * n)

    assert (found.p95_ms is not None, found.p99_ms is not None) == (has_p95, has_p99)


@given(durations)
def test_every_quantile_was_measured_and_they_are_in_order(samples: list[float]) -> None:
    found = summarize(samples)
    values = [found.p50_ms, found.p95_ms, found.p99_ms, found.worst_ms]
    given_values = [value for value in values if value is not None]

    assert given_values == sorted(given_values)
    assert set(given_values) <= set(samples)


def test_a_ratio_does_not_see_a_machine_that_slows_down_for_both() -> None:
    drift = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0]

    found = paired_ratio("slow", [3.0 * t for t in drift], drift)

    assert found.reference == "slow"
    assert (found.low, found.median, found.high) == pytest.approx((3.0, 3.0, 3.0))
    assert found.is_clear


def test_a_ratio_that_wavers_around_one_is_not_clear() -> None:
    found = paired_ratio("twin", [1.0, 1.2, 0.9, 1.1, 1.0, 0.8], [1.0] * 6)

    assert found.low < 1.0 < found.high
    assert not found.is_clear


def test_a_steady_difference_below_three_percent_is_not_clear() -> None:
    assert not paired_ratio("twin", [1.02] * 50, [1.0] * 50).is_clear
    assert paired_ratio("twin", [1.0] * 50, [1.1] * 50).is_clear


@given(st.lists(st.floats(0.5, 2.0), min_size=1, max_size=200))
def test_the_interval_holds_the_median(ratios: list[float]) -> None:
    found = paired_ratio("one", ratios, [1.0] * len(ratios))

    assert found.low <= found.median <= found.high
