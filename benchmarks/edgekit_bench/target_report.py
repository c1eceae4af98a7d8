"""What a run says about a target: judged budgets on the device itself, floors anywhere else."""

from __future__ import annotations

from collections.abc import Iterator

from edgekit.records import Frozen
from edgekit_bench.floor import Floor
from edgekit_bench.sustained import Sustained
from edgekit_bench.target import Budget, Target


class BudgetVerdict(Frozen):
    """One budget, and what was found."""

    name: str
    """As in `decision p99 ms`."""
    limit: float
    found: float | None
    """None when it could not be measured."""
    reason: str = ""
    """Why it could not."""
    is_met: bool | None
    """None when it could not be judged."""


class TargetReport(Frozen):
    """The target part of a record."""

    target: Target
    is_here: bool
    reason: str
    """The sign by which the device was recognised, or was not."""
    budgets: tuple[BudgetVerdict, ...] = ()
    """Empty anywhere but on the device."""
    floors: tuple[Floor, ...] = ()
    """Empty on the device: there the figures speak."""
    warnings: tuple[str, ...] = ()
    """What the device lacks of what the target counts on."""


def judge(budget: Budget, sustained: Sustained | None, why: str = "") -> Iterator[BudgetVerdict]:
    """Yield a verdict for each budget, from a sustained run on the device; `why` there was none."""
    decision = sustained.part("decision") if sustained else None
    p99_ms = decision.quantiles.p99_ms if decision else None
    too_few = f"{sustained.n_decisions} decisions, 100 are needed" if sustained else why
    yield _verdict("decision p99 ms", budget.decision_p99_ms, p99_ms, too_few)
    yield _at_least("frames a second", budget.fps, sustained, why)
    rss_mb = sustained.peak_rss_mb if sustained else None
    yield _verdict("peak RSS MB", budget.rss_mb, rss_mb, why or "the kernel does not tell")
    if budget.temperature_c is not None:
        worst_c = sustained.vitals.worst_c if sustained else None
        yield _verdict(
            "temperature C", budget.temperature_c, worst_c, why or "no thermal zone tells"
        )


def _verdict(name: str, limit: float, found: float | None, why: str) -> BudgetVerdict:
    if found is None:
        return BudgetVerdict(name=name, limit=limit, found=None, reason=why, is_met=None)
    return BudgetVerdict(name=name, limit=limit, found=found, is_met=found <= limit)


def _at_least(name: str, limit: float, found: Sustained | None, why: str) -> BudgetVerdict:
    if found is None or not found.has_pose:
        reason = why if found is None else f"pictures: {found.pictures}"
        return BudgetVerdict(name=name, limit=limit, found=None, reason=reason, is_met=None)
    return BudgetVerdict(name=name, limit=limit, found=found.fps, is_met=found.fps >= limit)
