"""How a benchmark's record looks on the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgekit.cli import console

if TYPE_CHECKING:
    from edgekit_bench.report import Table
    from edgekit_bench.results import BenchRecord
    from edgekit_bench.target_report import TargetReport


def show(record: BenchRecord) -> None:
    """Print machine, models, stages and, with a target, what they mean for it."""
    from edgekit_bench import report
    from edgekit_bench.verdict import verdict

    if record.is_emulated:
        console.out(report.emulation_line(record))
    for line in report.machine_lines(record):
        console.out(line)
    for line in report.warnings(record.machine):
        console.note(f"edgekit: {line}")
    console.out()
    print_table(report.model_table(record))
    console.out()
    print_table(report.stage_table(record))
    for line in report.unmeasured_lines(record):
        console.out(line)
    if report.has_too_few(record):
        console.out("- : too few samples (p95 needs 20, p99 100), or nothing to compare with")
    if record.target is not None:
        _show_target(record, record.target)
    console.out()
    for line in verdict(record):
        console.out(line)


def print_table(table: Table) -> None:
    """Print a table."""
    console.table(table.title, table.columns, table.rows)


def raise_failures(record: BenchRecord) -> None:
    """End in an error when something failed, after all that could be measured was shown."""
    from edgekit.errors import IntegrityError

    failed = [one for one in record.unmeasured if one.is_error]
    if failed:
        first = failed[0]
        more = f" ({len(failed) - 1} more failed)" if len(failed) > 1 else ""
        raise IntegrityError(f"{first.name} could not be measured: {first.reason}{more}")


def raise_misses(record: BenchRecord) -> None:
    """End in an error when a budget is missed, or could not be judged."""
    from edgekit.errors import BudgetError, UsageError

    report = record.target
    if report is not None and not report.is_here:
        raise UsageError(f"--enforce: it was no {report.target.title}: {report.reason}")
    found = [one for one in report.budgets if not one.is_met] if report else []
    phrases = [
        f"{one.name} not judged ({one.reason})"
        if one.found is None
        else f"{one.name} {one.found:.1f} (budget {one.limit:g})"
        for one in found
    ]
    if report and phrases:
        raise BudgetError(f"{report.target.title}: {'; '.join(phrases)}")


def _show_target(record: BenchRecord, report: TargetReport) -> None:
    from edgekit_bench import target_lines as lines

    for line in report.warnings:
        console.note(f"edgekit: {line}")
    if record.sustained is not None:
        console.out()
        print_table(lines.sustained_table(record, record.sustained))
        for line in lines.sustained_lines(record.sustained):
            console.out(line)
        for line in lines.sustained_warnings(record.sustained.vitals):
            console.note(f"edgekit: {line}")
    console.out()
    if report.is_here:
        print_table(lines.budget_table(report))
        return
    print_table(lines.floor_table(record, report))
    for line in lines.source_lines(report):
        console.out(line)
