"""What a run with `--target` says to people.

Off the device nothing printed here may pass for a figure of the device: measured numbers are
called this machine's, and what stands beside them is called a floor.
"""

from __future__ import annotations

from collections.abc import Iterator

from edgekit_bench.presence import Presence
from edgekit_bench.report import LATENCY_COLUMNS, Table, latency_cells, whose
from edgekit_bench.results import BenchRecord
from edgekit_bench.sustained import Sustained
from edgekit_bench.target import Target
from edgekit_bench.target_report import BudgetVerdict, TargetReport
from edgekit_bench.vitals import Vitals, throttle_words

UNTOLD = "not told"


def first_line(target: Target, where: Presence) -> str:
    """Return the line before all others: whether the device is here."""
    if where.is_here:
        return f"this machine is the target {target.name}, {target.title}: {where.reason}"
    return (
        f"NO {target.title} HERE ({where.reason}): with its settings, "
        "every figure below was measured on this machine and is this machine's"
    )


def sustained_table(record: BenchRecord, sustained: Sustained) -> Table:
    """Return one row for each part of the sustained run, and its share of the time."""
    frame = sustained.part("frame")
    whole_ms = frame.total_ms if frame else 0.0
    rows = tuple(
        (
            *latency_cells(f"{_INDENT[one.name] * '  '}{one.name}", one.quantiles),
            f"{one.total_ms / whole_ms:.1%}" if whole_ms else "-",
        )
        for one in sustained.parts
    )
    title = f"all together without a pause{whose(record)}, {record.chosen_model}"
    return Table(title, ("part", *LATENCY_COLUMNS, "time"), rows)


def sustained_lines(sustained: Sustained) -> Iterator[str]:
    """Yield what the sustained run gave as a whole, and what the device went through."""
    rss = sustained.peak_rss_mb
    yield (
        f"sustained    {sustained.fps:.1f} frames a second for {sustained.seconds:.1f} s, "
        f"{sustained.n_decisions} decisions"
    )
    yield f"pictures     {sustained.pictures}"
    yield f"memory       peak RSS {UNTOLD if rss is None else f'{rss:.0f} MB'}"
    yield from _vital_lines(sustained.vitals)


def sustained_warnings(vitals: Vitals) -> Iterator[str]:
    """Yield what makes a sustained run doubtful."""
    if vitals.is_throttled:
        yield "the processor was slowed down during the run: cool it, or give it a better supply"
    if vitals.throttle_bits:
        words = ", ".join(throttle_words(vitals.throttle_bits))
        yield f"get_throttled says {vitals.throttle_bits:#x}: {words}"
    mode = vitals.power_mode
    if mode is not None and "MAXN" not in mode:
        yield f"the power mode is {mode}: sudo nvpmodel -m 0 gives the fastest, and the hottest"


def budget_table(report: TargetReport) -> Table:
    """Return the verdict on each budget."""
    rows = tuple(
        (
            one.name,
            f"{one.limit:g}",
            UNTOLD if one.found is None else f"{one.found:.1f}",
            _said(one),
        )
        for one in report.budgets
    )
    return Table(f"budgets of {report.target.title}", ("budget", "limit", "found", "verdict"), rows)


def floor_table(record: BenchRecord, report: TargetReport) -> Table:
    """Return this machine's medians beside the target's arithmetic floors."""
    rows = []
    for one in report.floors:
        found = record.named(one.model)
        here = "-" if found is None else f"{found.quantiles.p50_ms:.2f}"
        macs, kilobytes = f"{one.n_macs / 1e6:.1f}", f"{one.n_bytes / 1e3:.0f}"
        rows.append((one.model, here, macs, kilobytes, f">= {_small(one.ms)}"))
    title = (
        f"measured here, and the arithmetic floor on {report.target.title}: MACs over peak, bytes "
        "over bandwidth; no latency, the device takes longer"
    )
    columns = ("model", "here p50 ms", "MMACs", "kB", "floor ms")
    return Table(title, columns, tuple(rows))


def source_lines(report: TargetReport) -> Iterator[str]:
    """Yield where the floors' peaks and bandwidth are from."""
    target = report.target
    used = {one.unit for one in report.floors}
    for peak in target.peak:
        if peak.unit in used:
            yield (
                f"peak of {target.name}'s {peak.unit}: {peak.fp32_gmac_s:g} GMAC/s FP32, "
                f"{peak.int8_gmac_s:g} INT8 ({_kind(is_estimate=peak.is_estimate)}: {peak.source})"
            )
    memory = target.memory
    yield (
        f"bandwidth of {target.name}: {memory.bandwidth_gb_s:g} GB/s peak "
        f"({_kind(is_estimate=memory.is_estimate)}: {memory.source})"
    )
    yield f"budgets of {target.name} are judged on the device only, there or with --host"


def _vital_lines(vitals: Vitals) -> Iterator[str]:
    start, worst = (_celsius(one) for one in (vitals.start_c, vitals.worst_c))
    cores = " ".join(f"{one:.0f}%" for one in vitals.core_percent) or UNTOLD
    throttled = {None: UNTOLD, True: "YES", False: "no"}[vitals.is_throttled]
    yield f"cores        {cores}"
    yield f"temperature  {start} before, {worst} at worst; throttled: {throttled}"
    yield f"governor     {', '.join(vitals.governors) or UNTOLD}"
    if vitals.power_mode is not None:
        yield f"power mode   {vitals.power_mode}"
    if vitals.tegrastats is not None:
        yield f"tegrastats   {vitals.tegrastats}"


def _celsius(value: float | None) -> str:
    return UNTOLD if value is None else f"{value:.1f} C"


def _said(one: BudgetVerdict) -> str:
    if one.is_met is None:
        return f"not judged: {one.reason}"
    return "met" if one.is_met else "MISSED"


def _kind(*, is_estimate: bool) -> str:
    return "estimate" if is_estimate else "stated"


def _small(value: float) -> str:
    return f"{value:.3g}"


_INDENT = {
    "frame": 0,
    **dict.fromkeys(("capture", "pose", "grid", "decision"), 1),
    **dict.fromkeys(("features", "model", "alarm"), 2),
    **dict.fromkeys(("step", "commit"), 3),
}
