"""Where the time of a frame or a decision goes: parts below the whole, as wide as they take."""

from __future__ import annotations

from collections.abc import Iterator

from edgekit.train.report.markup import Markup, tag
from edgekit_bench.laps import PARENTS, Part
from edgekit_bench.latency_chart import PART_FAMILY, time
from edgekit_bench.sustained import Sustained

WIDTH, ROW = 1000, 46
LETTER = 7.6
REST_SHARE = 0.004
"""Of the whole: less than this without a name is not drawn."""


def icicle(sustained: Sustained, root: str, *, n_levels: int, slug: str, title: str) -> Markup:
    """Return the drawing of a part and `n_levels` below it; empty when it never took place."""
    whole = sustained.part(root)
    if whole is None or whole.total_ms <= 0:
        return Markup("")
    every = _cells(sustained, whole, whole, 0.0, 0)
    cells = [(level, cell) for level, cell in every if level <= n_levels]
    depth = 1 + max(level for level, _ in cells)
    return tag(
        "svg",
        tag("title", title, id=f"{slug}-title"),
        tag("desc", "The shares stand in the table below.", id=f"{slug}-desc"),
        *(cell for _, cell in cells),
        viewBox=f"0 0 {WIDTH} {ROW * depth}",
        role="img",
        aria_labelledby=f"{slug}-title {slug}-desc",
        class_="chart",
    )


def _cells(
    sustained: Sustained, root: Part, part: Part, left: float, level: int
) -> Iterator[tuple[int, Markup]]:
    yield level, _cell(part.name, part.total_ms, root, left, level)
    children = [one for one in sustained.parts if PARENTS.get(one.name) == part.name]
    at = left
    for child in children:
        yield from _cells(sustained, root, child, at, level + 1)
        at += WIDTH * child.total_ms / root.total_ms
    rest_ms = part.total_ms - sum(one.total_ms for one in children)
    if children and rest_ms > REST_SHARE * root.total_ms:
        yield level + 1, _cell("", rest_ms, root, at, level + 1)


def _cell(name: str, total_ms: float, root: Part, left: float, level: int) -> Markup:
    width = WIDTH * total_ms / root.total_ms
    share = f"{total_ms / root.total_ms:.1%}"
    each = time(total_ms / root.quantiles.n)
    label = name or "the rest"
    marks = [
        tag("title", f"{label}: {share}, {each} a {root.name}"),
        tag(
            "rect",
            x=round(left, 1),
            y=level * ROW,
            width=max(round(width, 1), 1.0),
            height=ROW,
            rx=4,
            class_=f"cell fill-{PART_FAMILY[name]}" if name else "cell rest",
        ),
    ]
    text = f"{share} · {each}"
    if name and width > LETTER * len(name) + 14:
        marks.append(_words(name, left, level * ROW + 19, "cell-name"))
        if width > 0.85 * LETTER * len(text) + 14:
            marks.append(_words(text, left, level * ROW + 36, "cell-share"))
    return tag("g", *marks)


def _words(text: str, left: float, y: float, class_: str) -> Markup:
    return tag("text", text, x=round(left + 9, 1), y=y, class_=class_)
