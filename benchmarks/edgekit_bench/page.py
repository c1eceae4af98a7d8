"""Benchmarks as one HTML page that loads nothing: latencies, where time goes, the history."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from edgekit import files
from edgekit.train.report.markup import Markup, join, tag
from edgekit_bench import report as tables
from edgekit_bench import target_lines
from edgekit_bench.history import History, history_chart, like_newest
from edgekit_bench.icicle import icicle
from edgekit_bench.laps import Part
from edgekit_bench.latency_chart import latency_chart, part_rows, stage_rows, time
from edgekit_bench.report import Table
from edgekit_bench.results import END_TO_END, BenchRecord
from edgekit_bench.sustained import Sustained
from edgekit_bench.verdict import verdict

_HOW_TO_READ = (
    "Bars reach from 5 to 95 %, their dark part from 25 to 75 %; the stroke is the median, the dot "
    "p99, the cross the worst call. The axis is logarithmic."
)


def write_page(path: Path, records: Sequence[BenchRecord]) -> None:
    """Write a page atomically: the newest record whole, the others as its history.

    Args:
        path: The HTML file.
        records: At least one.

    Raises:
        OutputError: It cannot be written.
    """
    files.write_text(path, render(records))


def render(records: Sequence[BenchRecord]) -> str:
    """Return the page; the same records give the same bytes."""
    history = like_newest(records)
    record = history.runs[-1]
    body = tag(
        "main",
        _header(record),
        _banner(record),
        _cards(record),
        _stages(record),
        _where_time_goes(record),
        _budgets(record),
        _history(history),
        _machine(record),
        tag("footer", f"Written by edgekit {record.edgekit_version}. This file loads nothing."),
    )
    return _document(f"edgekit bench · {record.created_utc[:10]}", body)


def _header(record: BenchRecord) -> Markup:
    machine = record.machine
    name = machine.board if machine.board != "unknown" else machine.cpu
    measured = record.measured
    facts = (
        machine.architecture,
        f"{machine.n_cores} cores",
        f"{measured.n_folds} folds of width {measured.c_base}, {measured.n_frames} frames",
        f"{measured.n_threads} thread{'s' * (measured.n_threads != 1)}",
        record.created_utc[:16].replace("T", " ") + " UTC",
    )
    return tag(
        "header",
        tag("p", "edgekit benchmark, measured on", class_="eyebrow"),
        tag("h1", name),
        tag("p", " · ".join(facts), class_="facts"),
    )


def _banner(record: BenchRecord) -> Markup:
    lines = [*tables.warnings(record.machine)]
    if record.sustained:
        lines += target_lines.sustained_warnings(record.sustained.vitals)
    strong = ""
    if record.is_emulated:
        strong = tables.emulation_line(record)
    elif record.target is not None and not record.target.is_here:
        strong = (
            f"No {record.target.target.title}: its settings were run on this machine, and every "
            "duration is this machine's."
        )
    if not (strong or lines):
        return Markup("")
    said = [f"{line[0].upper()}{line[1:]}." for line in lines]
    return tag("aside", tag("strong", strong), f" {' '.join(said)}", class_="banner")


def _cards(record: BenchRecord) -> Markup:
    chosen = record.named(record.chosen_model) if record.chosen_model else None
    whole, sustained = record.named(END_TO_END), record.sustained
    decision = sustained.part("decision") if sustained else None
    cards = [
        ("Model", chosen and time(chosen.quantiles.p50_ms), f"median, {record.chosen_model}"),
        (
            "Window to decision",
            whole and time(whole.quantiles.p50_ms),
            "median, features and model",
        ),
        ("Window to alarm", *_tail(decision)),
        ("Frames a second", sustained and f"{sustained.fps:.1f}", _pictures(sustained)),
    ]
    return tag(
        "div",
        *(
            tag(
                "div",
                tag("h3", name),
                tag("p", value or "\N{EN DASH}", class_="figure"),
                tag("p", meaning, class_="meaning"),
                class_="card",
            )
            for name, value, meaning in cards
        ),
        class_="facts-list",
    )


def _stages(record: BenchRecord) -> Markup:
    rows = stage_rows(record)
    if not rows:
        return Markup("")
    return _section(
        "Stages, each by itself",
        f"Called in turns, cold as at the bedside. {_HOW_TO_READ}",
        _drawing(latency_chart(rows, slug="stages", title="Durations of the stages")),
        _data(tables.model_table(record), tables.stage_table(record)),
        tag("ul", *(tag("li", line) for line in verdict(record)), class_="said"),
    )


def _where_time_goes(record: BenchRecord) -> Markup:
    sustained = record.sustained
    if sustained is None:
        return Markup("")
    title = "Where a frame's time goes"
    frame = icicle(sustained, "frame", n_levels=1, slug="frame", title=title)
    title = "Where a decision's time goes"
    decision = icicle(sustained, "decision", n_levels=2, slug="decision", title=title)
    rows = latency_chart(part_rows(record), slug="parts", title="Durations of the parts")
    return _section(
        "Where a frame's time goes",
        f"All together without a pause for {sustained.seconds:.1f} s: {sustained.n_frames} frames, "
        f"{sustained.n_decisions} decisions. Pictures: {sustained.pictures}.",
        _drawing(frame, "A frame, its share of the decisions included"),
        _drawing(decision, "A decision, from a complete window to an alarm on the disk"),
        _drawing(rows, "The parts, call by call"),
        _data(target_lines.sustained_table(record, sustained)),
    )


def _budgets(record: BenchRecord) -> Markup:
    report = record.target
    if report is None:
        return Markup("")
    if report.is_here:
        found = _table(target_lines.budget_table(report))
        return _section(f"Budgets of {report.target.title}", None, found)
    return _section(
        f"Arithmetic floor on {report.target.title}",
        "MACs over the device's peak, bytes over its bandwidth, whichever is more. It is no "
        "latency: nothing on the device can be faster, and what is real there is slower.",
        _table(target_lines.floor_table(record, report)),
        tag("ul", *(tag("li", one) for one in target_lines.source_lines(report)), class_="said"),
    )


def _history(history: History) -> Markup:
    left = tag("ul", *(tag("li", f"left out: {one}") for one in history.left_out), class_="said")
    if len(history.runs) < 2:
        text = "One run of this machine so far; name more files to see how it went."
        return _section("History", text, left)
    text = f"Medians of {len(history.runs)} runs of this machine, on a logarithmic axis."
    return _section("History", text, _drawing(history_chart(history)), left)


def _machine(record: BenchRecord) -> Markup:
    lines = [*tables.machine_lines(record)]
    if record.sustained is not None:
        lines += target_lines.sustained_lines(record.sustained)
    rows = tuple((name, value.strip()) for name, _, value in (one.partition("  ") for one in lines))
    return _section("Machine", None, _table(Table("", ("what", "this machine"), rows)))


def _section(title: str, text: str | None, *content: Markup) -> Markup:
    return tag("section", tag("h2", title), tag("p", text) if text else Markup(""), *content)


def _drawing(drawing: Markup, caption: str = "") -> Markup:
    head = tag("figcaption", tag("h3", caption)) if caption else Markup("")
    inner = tag("div", drawing, class_="scroll-chart")
    return tag("figure", head, inner, class_="wide-figure")


def _data(*content: Table) -> Markup:
    return tag("details", tag("summary", "Data"), *(_table(one) for one in content if one.rows))


def _table(table: Table) -> Markup:
    first, *others = table.columns
    head = tag(
        "thead",
        tag("tr", tag("th", first, scope="col"), *(_head_cell(name, table) for name in others)),
    )
    rows = [
        tag("tr", tag("th", row[0].replace("  ", "\u2003"), scope="row"), *map(_data_cell, row[1:]))
        for row in table.rows
    ]
    caption = tag("caption", table.title or "Figures")
    return tag("div", tag("table", caption, head, tag("tbody", *rows)), class_="scroll")


def _head_cell(name: str, table: Table) -> Markup:
    column = [row[table.columns.index(name)] for row in table.rows]
    is_number = all(_is_number(text) for text in column)
    return tag("th", name, scope="col", class_="number" if is_number else None)


def _data_cell(text: str) -> Markup:
    class_ = {"MISSED": "missed", "met": "met"}.get(text)
    return tag("td", text, class_=class_ or ("number" if _is_number(text) else None))


def _is_number(text: str) -> bool:
    return text == tables.TOO_FEW or text.lstrip(">= x").rstrip("%").replace(".", "").isdigit()


def _tail(decision: Part | None) -> tuple[str | None, str]:
    """Return p99 of a decision, or its median where there are too few, and which it is."""
    if decision is None:
        return None, "needs --target"
    p99_ms = decision.quantiles.p99_ms
    if p99_ms is None:
        return time(decision.quantiles.p50_ms), f"median of {decision.quantiles.n}, no p99"
    return time(p99_ms), "p99, from a window to the disk"


def _pictures(sustained: Sustained | None) -> str:
    if sustained is None:
        return "needs --target"
    return "sustained, pose included" if sustained.has_pose else "sustained, WITHOUT pose"


def _document(title: str, body: Markup) -> str:
    """Wrap the page; its policy allows this style and nothing else, nor any load."""
    style = _asset("edgekit.train.report", "style.css") + _asset("edgekit_bench", "page.css")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    head = (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" '
        f"content=\"default-src 'none'; style-src 'sha256-{digest}'\">"
        '<meta name="color-scheme" content="light dark">'
    )
    return join(
        Markup(head),
        tag("title", title),
        tag("style", Markup(style)),
        Markup("</head>"),
        tag("body", body),
        Markup("</html>\n"),
    )


def _asset(package: str, name: str) -> str:
    return (resources.files(package) / name).read_text(encoding="utf-8")
