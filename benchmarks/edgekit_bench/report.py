"""A record as rows for people; what was not measured has its row and its reason."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from edgekit_bench.compare import Change
from edgekit_bench.machine import Machine
from edgekit_bench.quantiles import Quantiles
from edgekit_bench.results import YARDSTICK, BenchRecord, Measurement

TOO_FEW = "-"
LATENCY_COLUMNS = ("p50 ms", "p95 ms", "p99 ms", "worst ms", "n")


@dataclass(frozen=True)
class Table:
    """A title, column names and rows of as many cells."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def machine_lines(record: BenchRecord) -> Iterator[str]:
    """Yield the machine and how it was used."""
    one, measured = record.machine, record.measured
    board = "" if one.board == "unknown" else f"{one.board}, "
    virtual = ", virtual machine" if one.is_virtual else ""
    memory = "" if one.memory_mb is None else f", {one.memory_mb} MB"
    yield f"machine   {board}{one.architecture}, {one.cpu}, {one.n_cores} cores{memory}{virtual}"
    yield f"CPU       {' '.join(one.cpu_flags) or 'no notable instructions'}"
    yield f"clock     governor {one.governor}; load {one.load_1m:g} when it began"
    yield f"system    {one.system}, {one.kernel}, {one.libc}, Python {one.python}"
    yield "packages  " + ", ".join(f"{name} {at}" for name, at in one.versions.items())
    yield (
        f"model     {measured.n_folds} folds, width {measured.c_base}, "
        f"{measured.n_frames} frames, {measured.n_threads} thread(s), {measured.bundle}"
    )


def emulation_line(record: BenchRecord) -> str:
    """Return what to think of the figures of an emulated processor."""
    return (
        f"EMULATED ({record.emulation}): no duration here says anything about a device, "
        "and none is kept unless --json names a file"
    )


def warnings(machine: Machine) -> Iterator[str]:
    """Yield what makes the figures doubtful."""
    if machine.is_busy:
        yield (
            f"the machine was busy (load {machine.load_1m:g} on {machine.n_cores} cores): "
            "trust the ratios, not the milliseconds, and repeat on an idle one"
        )
    if machine.governor not in ("unknown", "performance"):
        yield (
            f"the governor is {machine.governor}: the clock rate follows the load; "
            "for steady figures set it to performance"
        )


def model_table(record: BenchRecord) -> Table:
    """Return one row for each model that ran, the yardstick last."""
    rows = [
        (*_latency(one), _speed(one), *_facts(one))
        for one in record.measurements
        if one.stage == "model"
    ]
    columns = (
        *("model", *LATENCY_COLUMNS, "speed"),
        *("int8 MACs", "load ms", "first ms", "RSS MB", "own MB"),
    )
    title = (
        f"models{whose(record)}, in turns; speed against {YARDSTICK}, the naive torch.onnx.export"
    )
    return Table(title, columns, tuple(rows))


def stage_table(record: BenchRecord) -> Table:
    """Return one row for each stage beside the models."""
    rows = [(*_latency(one), _speed(one)) for one in record.measurements if one.stage != "model"]
    columns = ("stage", *LATENCY_COLUMNS, "speed")
    end = f"; end to end with {record.chosen_model}" if record.chosen_model else ""
    title = f"stages{whose(record)}; speed of features against the write-up's loops{end}"
    return Table(title, columns, tuple(rows))


def unmeasured_lines(record: BenchRecord) -> Iterator[str]:
    """Yield a line for each thing that was not measured."""
    width = max((len(one.name) for one in record.unmeasured), default=0)
    for one in record.unmeasured:
        what = "FAILED" if one.is_error else "not measured"
        yield f"{one.name.ljust(width)}  {what}: {one.reason}"


def has_too_few(record: BenchRecord) -> bool:
    """Tell whether some quantile was left out for want of samples."""
    return any(one.quantiles.p99_ms is None for one in record.measurements)


def change_table(changes: tuple[Change, ...]) -> Table:
    """Return both medians of each measurement, and how many times faster the second is."""
    rows = tuple(
        (
            change.name,
            _median(change.before),
            _median(change.after),
            _times(change.speedup),
            _times(change.tail_speedup),
        )
        for change in changes
    )
    columns = ("measurement", "A p50 ms", "B p50 ms", "speed p50", "speed p95")
    return Table("B against A; above x1.00 B is faster", columns, rows)


def latency_cells(name: str, q: Quantiles) -> tuple[str, ...]:
    """Return the cells of one row under a name and `LATENCY_COLUMNS`."""
    return (name, _ms(q.p50_ms), _ms(q.p95_ms), _ms(q.p99_ms), _ms(q.worst_ms), str(q.n))


def _latency(one: Measurement) -> tuple[str, ...]:
    return latency_cells(one.name, one.quantiles)


def whose(record: BenchRecord) -> str:
    """Say whose figures these are where somebody asked for another device's."""
    if record.is_emulated:
        return " under emulation"
    return " on this machine" if record.target and not record.target.is_here else ""


def _speed(one: Measurement) -> str:
    return _times(one.ratio.median if one.ratio else None)


def _facts(one: Measurement) -> tuple[str, ...]:
    if one.model is None:
        return (TOO_FEW,) * 5
    probe = one.model.probe
    return (
        f"{one.model.coverage.share:.1%}",
        f"{probe.load_ms:.0f}",
        f"{probe.first_ms:.0f}",
        _mb(probe.peak_rss_mb),
        _mb(probe.own_rss_mb),
    )


def _median(one: Measurement | None) -> str:
    return "not there" if one is None else _ms(one.quantiles.p50_ms)


def _ms(value: float | None) -> str:
    if value is None:
        return TOO_FEW
    return f"{value:.3f}" if value < 1 else f"{value:.2f}" if value < 100 else f"{value:.0f}"


def _mb(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.0f}"


def _times(value: float | None) -> str:
    return TOO_FEW if value is None else f"x{value:.2f}"
