"""Medians over several runs of one machine, oldest first."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from edgekit.train.report.markup import Markup, join, tag
from edgekit_bench.compare import differences
from edgekit_bench.latency_chart import FAMILY, time
from edgekit_bench.results import ALARM, END_TO_END, POSE, BenchRecord

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 1000, 330, 70, 800, 20, 286
LABEL_GAP = 18.0


@dataclass(frozen=True)
class History:
    """The runs that can be drawn beside the newest, and why others cannot."""

    runs: tuple[BenchRecord, ...]
    """Oldest first; the newest is the last."""
    left_out: tuple[str, ...]


@dataclass(frozen=True)
class _Line:
    name: str
    family: str
    points: tuple[tuple[int, float], ...]  # (number of the run, p50 ms)


def like_newest(records: Sequence[BenchRecord]) -> History:
    """Keep the runs that may be compared with the newest of at least one."""
    ordered = sorted(records, key=lambda one: one.created_utc)
    newest = ordered[-1]
    runs, left_out = [], []
    for one in ordered[:-1]:
        reasons = differences(one, newest)
        if reasons:
            left_out.append(f"{one.created_utc}: {'; '.join(reasons)}")
        else:
            runs.append(one)
    return History((*runs, newest), tuple(left_out))


def history_chart(history: History) -> Markup:
    """Return the drawing of at least two runs."""
    lines = _lines(history.runs)
    values = [ms for line in lines for _, ms in line.points]
    low, high = 0.8 * min(values), 1.25 * max(values)

    def x(n: int) -> float:
        return round(LEFT + n * (RIGHT - LEFT) / (len(history.runs) - 1), 1)

    def y(ms: float) -> float:
        share = math.log(ms / low) / math.log(high / low)
        return round(BOTTOM - share * (BOTTOM - TOP), 1)

    ends = _apart([y(line.points[-1][1]) for line in lines])
    marks = [_scale(low, high, y), *_dates(history.runs, x)]
    for line, end in zip(lines, ends, strict=True):
        path = "M" + "L".join(f"{x(n)} {y(ms)}" for n, ms in line.points)
        marks.append(tag("path", d=path, class_=f"trend line-{line.family}"))
        marks += [_dot(x(n), y(ms), line, ms) for n, ms in line.points]
        label = f"{line.name} {time(line.points[-1][1])}"
        marks.append(
            tag("text", label, x=RIGHT + 14, y=end + 4, class_=f"row-name fill-{line.family}")
        )
    title = tag("title", "Medians over the runs", id="history-title")
    return tag(
        "svg",
        title,
        *marks,
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        role="img",
        aria_labelledby="history-title",
        class_="chart",
    )


def _lines(runs: Sequence[BenchRecord]) -> list[_Line]:
    newest = runs[-1]
    names = (POSE, END_TO_END, newest.chosen_model, f"features T={newest.measured.n_frames}", ALARM)
    lines = []
    for name in names:
        found = newest.named(name) if name else None
        if found is None:
            continue
        points = tuple(
            (n, one.quantiles.p50_ms)
            for n, run in enumerate(runs)
            if (one := run.named(found.name)) is not None
        )
        lines.append(_Line(found.name, FAMILY[found.stage], points))
    return lines


def _apart(places: list[float]) -> list[float]:
    """Move labels down until none lies on another."""
    moved = dict(enumerate(places))
    last = -math.inf
    for n in sorted(moved, key=lambda one: moved[one]):
        moved[n] = last = max(moved[n], last + LABEL_GAP)
    return [moved[n] for n in range(len(places))]


def _scale(low: float, high: float, y: Callable[[float], float]) -> Markup:
    ticks = [
        digit * 10.0**power
        for power in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        for digit in (1, 3)
        if low <= digit * 10.0**power <= high
    ]
    return join(
        *(
            join(
                tag("path", d=f"M{LEFT} {y(one)}H{RIGHT}", class_="grid"),
                tag("text", time(one), x=LEFT - 10, y=y(one) + 4, class_="value"),
            )
            for one in ticks
        )
    )


def _dates(runs: Sequence[BenchRecord], x: Callable[[int], float]) -> list[Markup]:
    every = max(1, math.ceil(len(runs) / 7))
    chosen = [n for n in range(len(runs)) if n % every == 0]
    return [
        tag(
            "text",
            runs[n].created_utc[:16].replace("T", " "),
            x=x(n),
            y=BOTTOM + 26,
            class_="tick label",
        )
        for n in chosen
    ]


def _dot(x: float, y: float, line: _Line, ms: float) -> Markup:
    hint = tag("title", f"{line.name}: {time(ms)}")
    return tag("g", hint, tag("circle", cx=x, cy=y, r=4, class_=f"fill-{line.family}"))
