from __future__ import annotations

import pytest
from store_rows import ORIGIN, health, stamp

from edgekit.serve.report import Rate, poisson_cdf, poisson_interval, summarise
from edgekit.serve.store.boots import Boot
from edgekit.serve.store.seams import StoredEvent


@pytest.mark.parametrize(
    ("n", "low", "high"),
    # Garwood's table, as in every book of medical statistics.
    [(0, 0.0, 3.6889), (1, 0.0253, 5.5716), (5, 1.6235, 11.6683), (10, 4.7954, 18.3904)],
)
def test_poisson_interval_is_the_exact_one(n: int, low: float, high: float) -> None:
    assert poisson_interval(n) == pytest.approx((low, high), abs=5e-5)


def test_poisson_interval_of_many_comes_near_the_normal_one() -> None:
    low, high = poisson_interval(2500)
    assert low == pytest.approx(2500 - 1.96 * 50, abs=3)
    assert high == pytest.approx(2500 + 1.96 * 50, abs=4)
    assert poisson_cdf(2, 0.0) == 1.0


def _boot(boot_id: str, uptime_s: float, *, is_clean: bool) -> Boot:
    return Boot(stamp(0.0, boot_id=boot_id), uptime_s, "first", is_clean, ORIGIN)


def _event(event_id: int, mono_s: float, *, boot_id: str = "a") -> StoredEvent:
    when = stamp(mono_s, boot_id=boot_id)
    return StoredEvent(
        event_id, "spasm", when, 0.0, "high", 0.9, 0.5, 1, None, None, False, has_landmarks=False
    )


def test_report_counts_hours_crashes_and_alarms() -> None:
    boots = [
        _boot("c", 3600.0, is_clean=False),  # still running
        _boot("b", 1800.0, is_clean=False),  # crashed after half an hour
        _boot("a", 7200.0, is_clean=True),
    ]
    rows = [health(3600, boot_id="a", blind_s=0), health(7200, boot_id="a", blind_s=360)]
    rows.append(health(3600, boot_id="c", blind_s=0))
    events = [_event(1, 100.0), _event(2, 200.0), _event(3, 50.0, boot_id="b")]
    found = summarise(boots, rows, events, [30.0, 10.0, 80.0])
    assert found.monitored_h == pytest.approx(3.0)
    assert found.blind_share == pytest.approx(0.1 / 3)
    assert (found.n_starts, found.n_crashes) == (3, 1)
    assert found.crash_free_h == pytest.approx(3.0)
    assert found.unaccounted_h == pytest.approx(0.5)
    assert found.median_answer_s == 30.0
    assert found.n_unacknowledged == 3
    # The third fell into time that no row accounts for.
    assert isinstance(found.spasms, Rate)
    assert found.spasms.n_events == 2
    assert found.spasms.per_day == pytest.approx(2 * 24 / 2.9)
    low, high = found.spasms.interval
    assert low < found.spasms.per_day < high


def test_nothing_watched_gives_no_rate_and_no_share() -> None:
    found = summarise([], [], [], [])
    assert (found.spasms, found.blind_share, found.worst_latency_s) == (None, None, None)
