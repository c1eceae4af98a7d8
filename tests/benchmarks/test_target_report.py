"""Budgets are met, missed, or not judged for a reason; never silently met."""

from __future__ import annotations

import pytest
from bench_records import record
from edgekit_bench.target import load_target
from edgekit_bench.target_report import BudgetVerdict, TargetReport, judge
from sustained_records import VITALS, part, sustained

from edgekit.cli.bench_show import raise_misses
from edgekit.errors import BudgetError, UsageError

RPI5 = load_target("rpi5")
FEW = part("decision", 600, 20)
FEW = FEW.model_copy(update={"quantiles": FEW.quantiles.model_copy(update={"p99_ms": None})})


def verdicts(**changes: object) -> dict[str, BudgetVerdict]:
    """Judge a run on a Pi 5, by budget."""
    return {one.name: one for one in judge(RPI5.budget, sustained(**changes))}


def test_a_good_run_meets_every_budget() -> None:
    found = verdicts()

    assert len(found) == 4
    assert all(one.is_met for one in found.values())


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("decision p99 ms", {"parts": (part("decision", 20_100),)}),
        ("frames a second", {"fps": 14.9}),
        ("peak RSS MB", {"peak_rss_mb": 701.0}),
        ("temperature C", {"vitals": VITALS.model_copy(update={"worst_c": 80.5})}),
    ],
)
def test_one_miss_is_that_budget_alone(name: str, changes: dict[str, object]) -> None:
    found = verdicts(**changes)

    assert [one.name for one in found.values() if not one.is_met] == [name]
    assert found[name].is_met is False


@pytest.mark.parametrize(
    ("name", "changes", "reason"),
    [
        ("decision p99 ms", {"parts": (FEW,), "n_decisions": 20}, "20 decisions, 100 are needed"),
        ("frames a second", {"has_pose": False, "pictures": "none"}, "pictures: none"),
        ("peak RSS MB", {"peak_rss_mb": None}, "the kernel does not tell"),
        (
            "temperature C",
            {"vitals": VITALS.model_copy(update={"worst_c": None})},
            "no thermal zone tells",
        ),
    ],
)
def test_what_was_not_measured_is_not_judged(
    name: str, changes: dict[str, object], reason: str
) -> None:
    one = verdicts(**changes)[name]

    assert one.is_met is None
    assert one.reason == reason


def test_without_a_run_nothing_is_judged_and_the_reason_is_told() -> None:
    found = list(judge(RPI5.budget, None, "no model"))

    assert {one.is_met for one in found} == {None}
    assert {one.reason for one in found} == {"no model"}


def on_device(*budgets: BudgetVerdict, is_here: bool = True) -> TargetReport:
    """Return a Pi 5's report."""
    return TargetReport(target=RPI5, is_here=is_here, reason="so it says", budgets=budgets)


def test_enforcing_passes_when_all_is_met() -> None:
    raise_misses(record().model_copy(update={"target": on_device(*verdicts().values())}))


def test_enforcing_fails_with_every_budget_that_is_not_met() -> None:
    budgets = tuple(verdicts(fps=3.0, peak_rss_mb=None).values())

    with pytest.raises(BudgetError) as caught:
        raise_misses(record().model_copy(update={"target": on_device(*budgets)}))

    assert caught.value.exit_code == 15
    assert "frames a second 3.0 (budget 15)" in str(caught.value)
    assert "peak RSS MB not judged (the kernel does not tell)" in str(caught.value)


def test_enforcing_elsewhere_is_refused() -> None:
    with pytest.raises(UsageError, match="it was no Raspberry Pi 5: so it says"):
        raise_misses(record().model_copy(update={"target": on_device(is_here=False)}))
