"""Durations of every stage as bars of quantiles on one logarithmic axis."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from edgekit.train.report.markup import Markup, join, tag
from edgekit_bench.laps import PARENTS, Part
from edgekit_bench.quantiles import Quantiles
from edgekit_bench.results import BenchRecord

WIDTH, LEFT, RIGHT = 1000, 220, 846
VALUES = (916, 990)
"""Right ends of the columns of figures."""
ROW, TOP, BAR = 27, 44, 13
WIDE, NARROW = (2, 38), (10, 30)
"""Places of 5 and 95 %, and of 25 and 75 %, in a spread of 41 quantiles."""
FAMILY = {
    "features": "features",
    "model": "model",
    "end to end": "whole",
    "pose": "pose",
    "alarm": "alarm",
    "sustained": "whole",
}
PART_FAMILY = {
    "frame": "whole",
    "capture": "capture",
    "pose": "pose",
    "grid": "grid",
    "decision": "whole",
    "features": "features",
    "model": "model",
    "alarm": "alarm",
    "step": "alarm",
    "commit": "alarm",
}


@dataclass(frozen=True)
class Row:
    """One thing that was timed."""

    name: str
    family: str
    """Chooses its colour."""
    quantiles: Quantiles
    spread_ms: tuple[float, ...]
    """Empty in files of schema 1."""


def stage_rows(record: BenchRecord) -> tuple[Row, ...]:
    """Return every measurement, each by itself, the slowest first within its family."""
    order = list(FAMILY)
    rows = sorted(
        record.measurements, key=lambda one: (order.index(one.stage), -one.quantiles.p50_ms)
    )
    return tuple(Row(one.name, FAMILY[one.stage], one.quantiles, one.spread_ms) for one in rows)


def part_rows(record: BenchRecord) -> tuple[Row, ...]:
    """Return the parts of the sustained run, in the order of the work."""
    parts = record.sustained.parts if record.sustained else ()
    return tuple(
        Row(_indented(one), PART_FAMILY[one.name], one.quantiles, one.spread_ms) for one in parts
    )


def latency_chart(rows: Sequence[Row], *, slug: str, title: str) -> Markup:
    """Return the drawing of at least one row."""
    axis = _Axis.around(rows)
    height = TOP + ROW * len(rows) + 30
    return tag(
        "svg",
        tag("title", title, id=f"{slug}-title"),
        tag("desc", "The same figures follow as a table.", id=f"{slug}-desc"),
        _frame(axis, height),
        *(_bar(axis, row, TOP + ROW * n) for n, row in enumerate(rows)),
        viewBox=f"0 0 {WIDTH} {height}",
        role="img",
        aria_labelledby=f"{slug}-title {slug}-desc",
        class_="chart",
    )


def time(ms: float | None) -> str:
    """Return a duration with three digits and its unit."""
    if ms is None:
        return "\N{EN DASH}"
    if ms >= 1000:
        return f"{ms / 1000:.3g} s"
    return f"{ms:.3g} ms" if ms >= 1 else f"{1000 * ms:.3g} \N{MICRO SIGN}s"


def _indented(part: Part) -> str:
    """Put a part's name below that of the part it belongs to."""
    depth, above = 0, part.parent
    while above:
        depth, above = depth + 1, PARENTS.get(above, "")
    return depth * "\u2003" + part.name


@dataclass(frozen=True)
class _Axis:
    low_ms: float
    high_ms: float

    @staticmethod
    def around(rows: Sequence[Row]) -> _Axis:
        lowest = min(row.spread_ms[0] if row.spread_ms else row.quantiles.p50_ms for row in rows)
        highest = max(row.quantiles.worst_ms for row in rows)
        return _Axis(0.9 * max(lowest, 1e-3), 1.15 * highest)

    def x(self, ms: float) -> float:
        share = math.log(max(ms, self.low_ms) / self.low_ms) / math.log(self.high_ms / self.low_ms)
        return round(LEFT + share * (RIGHT - LEFT), 1)

    def ticks(self) -> Iterator[float]:
        first = math.floor(math.log10(self.low_ms))
        is_long = self.high_ms / self.low_ms > 3e3
        for power in range(first, math.ceil(math.log10(self.high_ms)) + 1):
            for digit in (1,) if is_long else (1, 2, 5):
                value = digit * 10.0**power
                if self.low_ms <= value <= self.high_ms:
                    yield value


def _frame(axis: _Axis, height: float) -> Markup:
    bottom = height - 22
    lines = [
        join(
            tag("path", d=f"M{axis.x(one)} {TOP - 10}V{bottom}", class_="grid"),
            tag("text", time(one), x=axis.x(one), y=bottom + 16, class_="tick label"),
        )
        for one in axis.ticks()
    ]
    heads = [
        tag("text", name, x=x, y=TOP - 18, class_="value")
        for name, x in zip(("median", "p99"), VALUES, strict=True)
    ]
    return tag("g", *lines, *heads)


def _bar(axis: _Axis, row: Row, top: float) -> Markup:
    middle, q = top + BAR / 2, row.quantiles
    median = axis.x(q.p50_ms)
    marks = [
        tag("text", row.name, x=0, y=middle + 4.5, class_="row-name"),
        tag("path", d=f"M{median} {middle}H{axis.x(q.worst_ms)}", class_=f"tail line-{row.family}"),
    ]
    if row.spread_ms:
        marks.append(_band(axis, row, top, WIDE, "reach"))
        marks.append(_band(axis, row, top, NARROW, "middle-half"))
    marks.append(
        tag("path", d=f"M{median} {top - 1}V{top + BAR + 1}", class_=f"median line-{row.family}")
    )
    if q.p99_ms is not None:
        marks.append(tag("circle", cx=axis.x(q.p99_ms), cy=middle, r=3.5, class_=_fill(row)))
    marks.append(_cross(axis.x(q.worst_ms), middle, f"worst line-{row.family}"))
    marks.append(tag("text", time(q.p50_ms), x=VALUES[0], y=middle + 4.5, class_="value"))
    marks.append(tag("text", time(q.p99_ms), x=VALUES[1], y=middle + 4.5, class_="value"))
    hint = f"{row.name}: median {time(q.p50_ms)}, p95 {time(q.p95_ms)}, worst {time(q.worst_ms)}"
    return tag("g", tag("title", f"{hint}, {q.n} calls"), *marks)


def _band(axis: _Axis, row: Row, top: float, ends: tuple[int, int], class_: str) -> Markup:
    left, right = (axis.x(row.spread_ms[end]) for end in ends)
    return tag(
        "rect",
        x=left,
        y=top,
        width=max(round(right - left, 1), 1.0),
        height=BAR,
        rx=3,
        class_=f"{class_} {_fill(row)}",
    )


def _cross(x: float, y: float, class_: str) -> Markup:
    return tag("path", d=f"M{x - 3} {y - 3}l6 6m0 -6l-6 6", class_=class_)


def _fill(row: Row) -> str:
    return f"fill-{row.family}"
