"""Blind seconds and hourly figures, counted by hand."""

from __future__ import annotations

from edgekit.serve.account import PERIOD_S, Account, DeviceFigures
from edgekit.serve.conditions import WatchState
from edgekit.serve.store.rows import Stamp
from edgekit.serve.thinning import Thinning

FIGURES = DeviceFigures(rss_mb=80.0, child_rss_mb=300.0, temperature_c=None, n_child_restarts=2)


def stamp(mono_s: float) -> Stamp:
    return Stamp("0" * 16, mono_s, 0.0)


def test_only_not_monitoring_is_blind() -> None:
    account = Account(100.0, "first")
    account.state(WatchState.NOT_MONITORING, 100.0)
    account.state(WatchState.ARMED, 104.0)
    account.state(WatchState.DEGRADED, 110.0)
    account.state(WatchState.NOT_MONITORING, 120.0)
    assert account.blind_s(120.0) == 4.0
    assert account.blind_s(121.0) == 5.0
    assert account.uptime_s(121.0) == 21.0


def test_an_hours_row_counts_that_hour_alone() -> None:
    account = Account(0.0, "clean")
    account.state(WatchState.ARMED, 6.0)
    account.frame()
    account.decision(0.02)
    account.decision(0.01)
    assert not account.is_due(PERIOD_S - 1)
    assert account.is_due(PERIOD_S)
    first = account.close_period(stamp(PERIOD_S), FIGURES)
    assert (first.blind_s, first.n_frames, first.n_decisions) == (6.0, 1, 2)
    assert (first.worst_latency_s, first.n_child_restarts) == (0.02, 2)
    assert first.start_reason == "clean"
    second = account.close_period(stamp(PERIOD_S + 60), FIGURES)
    assert (second.period_s, second.blind_s, second.n_frames) == (60.0, 0.0, 0)
    assert (second.worst_latency_s, second.n_child_restarts) == (0.0, 0)
    assert second.start_reason is None


def test_a_suspended_device_was_blind_for_as_long() -> None:
    account = Account(0.0, None)
    account.state(WatchState.ARMED, 10.0)
    account.slept(600.0)
    assert (account.blind_s(20.0), account.uptime_s(20.0)) == (610.0, 620.0)
    first = account.close_period(stamp(20.0), FIGURES)
    assert (first.period_s, first.blind_s) == (620.0, 610.0)
    second = account.close_period(stamp(30.0), FIGURES)
    assert (second.period_s, second.blind_s) == (10.0, 0.0)


def test_quiet_decisions_are_thinned_and_near_ones_kept() -> None:
    thinning = Thinning(5.0, threshold=0.6)
    kept = [t for t in range(20) if thinning.is_kept(t, 0.1)]
    assert kept == [0, 5, 10, 15]
    assert thinning.is_kept(16.0, 0.3)
    assert not thinning.is_kept(17.0, 0.29)
    assert not thinning.is_kept(18.0, None)


def test_a_source_that_begins_again_is_kept_from_its_start() -> None:
    thinning = Thinning(5.0, threshold=0.6)
    assert thinning.is_kept(100.0, 0.0)
    assert thinning.is_kept(0.0, 0.0)
