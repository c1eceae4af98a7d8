"""A chart's frame and marks as SVG.

Colours come from the page's style sheet by class, so that one drawing serves light and dark.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import isnan
from typing import Literal

from edgekit.train.report.markup import Markup, join, tag

WIDTH, HEIGHT = 440, 312
LEFT, RIGHT, TOP, BOTTOM = 44, 426, 28, 268
"""The plotting area in the drawing's units."""

LETTER = 8.6
"""Width of a bold letter at its largest, in a wide typeface on a narrow screen."""

Ticks = tuple[tuple[float, str], ...]
FIFTHS: Ticks = tuple((tick, f"{tick:g}") for tick in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0))

Anchor = Literal["start", "middle", "end"]


@dataclass(frozen=True)
class Panel:
    """The axes of one chart."""

    x_label: str
    y_label: str
    x_low: float = 0.0
    x_high: float = 1.0
    x_ticks: Ticks = FIFTHS
    y_low: float = 0.0
    y_high: float = 1.0
    y_ticks: Ticks = FIFTHS
    headroom: float = 0.0
    """Room for a label between the plotting area and the name of the vertical axis."""

    def x(self, value: float) -> float:
        """Return where `value` lies across the page, at the edge if beyond the axis."""
        share = (value - self.x_low) / (self.x_high - self.x_low)
        return LEFT + min(max(share, 0.0), 1.0) * (RIGHT - LEFT)

    def y(self, value: float) -> float:
        """Return where `value` lies down the page, at the edge if beyond the axis."""
        share = (value - self.y_low) / (self.y_high - self.y_low)
        return BOTTOM - min(max(share, 0.0), 1.0) * (BOTTOM - TOP)


def chart(panel: Panel, *marks: Markup, slug: str, title: str, description: str) -> Markup:
    """Return the whole drawing; `slug` makes its ids unique on the page."""
    return tag(
        "svg",
        tag("title", title, id=f"{slug}-title"),
        tag("desc", description, id=f"{slug}-desc"),
        _axes(panel),
        *marks,
        viewBox=f"0 {-panel.headroom:g} {WIDTH} {HEIGHT + panel.headroom:g}",
        role="img",
        aria_labelledby=f"{slug}-title {slug}-desc",
        class_="chart",
    )


def line(panel: Panel, xs: Iterable[float], ys: Iterable[float], class_: str) -> Markup:
    """Join points in order; undefined ones, NaN, are left out."""
    return _path(_points(panel, xs, ys), class_=f"line {class_}")


def area(
    panel: Panel, xs: Iterable[float], low: Iterable[float], high: Iterable[float], class_: str
) -> Markup:
    """Fill between two curves."""
    across = list(xs)
    back = _points(panel, across, low)[::-1]
    return _path(_points(panel, across, high) + back, class_=f"area {class_}", is_closed=True)


def box(panel: Panel, x: tuple[float, float], y: tuple[float, float], class_: str) -> Markup:
    """Fill the rectangle between two values of each axis."""
    left, right = panel.x(x[0]), panel.x(x[1])
    top, bottom = sorted((panel.y(y[0]), panel.y(y[1])))
    return tag(
        "rect",
        x=_short(left),
        y=_short(top),
        width=_short(right - left),
        height=_short(bottom - top),
        class_=class_,
    )


def segment(
    panel: Panel, start: tuple[float, float], stop: tuple[float, float], class_: str
) -> Markup:
    """Draw a straight line between two points."""
    return line(panel, (start[0], stop[0]), (start[1], stop[1]), class_)


def dot(panel: Panel, x: float, y: float, class_: str, radius: float = 4.5) -> Markup:
    """Mark one point."""
    return tag("circle", cx=_short(panel.x(x)), cy=_short(panel.y(y)), r=radius, class_=class_)


def words(
    panel: Panel,
    at: tuple[float, float],
    text: str,
    class_: str = "",
    *,
    anchor: Anchor = "start",
    shift: tuple[float, float] = (0, 0),
) -> Markup:
    """Write at a point of the axes, moved by `shift` in the drawing's units."""
    return tag(
        "text",
        text,
        x=_short(panel.x(at[0]) + shift[0]),
        y=_short(panel.y(at[1]) + shift[1]),
        text_anchor=None if anchor == "start" else anchor,
        class_=f"word {class_}".strip(),
    )


def caption(panel: Panel, x: float, text: str, class_: str) -> Markup:
    """Write above the plotting area, over `x`, moved sideways as far as the text needs."""
    half = LETTER * len(text) / 2
    centre = min(max(panel.x(x), LEFT + half), RIGHT - half)
    return tag("text", text, x=_short(centre), y=TOP - 9, text_anchor="middle", class_=class_)


def side_of(x: float) -> tuple[Anchor, float]:
    """Return the anchor, and the sign of the shift, that keep a label at `x` inside the frame."""
    return ("end", -1.0) if x > 0.5 else ("start", 1.0)


def _axes(panel: Panel) -> Markup:
    rows = [
        join(
            _stroke((LEFT, panel.y(value)), (RIGHT, panel.y(value)), "grid"),
            _tick(label, LEFT - 8, panel.y(value) + 4, "end"),
        )
        for value, label in panel.y_ticks
    ]
    columns = [
        join(
            _stroke((panel.x(value), BOTTOM), (panel.x(value), BOTTOM + 4), "axis"),
            _tick(label, panel.x(value), BOTTOM + 18, "middle"),
        )
        for value, label in panel.x_ticks
    ]
    base = _stroke((LEFT, BOTTOM), (RIGHT, BOTTOM), "axis")
    middle = (LEFT + RIGHT) / 2
    x_label = tag("text", panel.x_label, x=middle, y=HEIGHT - 6, class_="label")
    y_label = tag("text", panel.y_label, x=4, y=14 - panel.headroom, class_="label first")
    return tag("g", *rows, *columns, base, x_label, y_label)


def _tick(text: str, x: float, y: float, anchor: Anchor) -> Markup:
    return tag("text", text, x=_short(x), y=_short(y), text_anchor=anchor, class_="tick")


def _stroke(start: tuple[float, float], stop: tuple[float, float], class_: str) -> Markup:
    return _path([start, stop], class_=class_)


def _points(panel: Panel, xs: Iterable[float], ys: Iterable[float]) -> list[tuple[float, float]]:
    pairs = zip(xs, ys, strict=True)
    return [(panel.x(x), panel.y(y)) for x, y in pairs if not (isnan(x) or isnan(y))]


def _path(points: list[tuple[float, float]], class_: str, *, is_closed: bool = False) -> Markup:
    """Join points, dropping those that fall on the one before at a tenth of a unit."""
    written: list[str] = []
    for x, y in points:
        pair = f"{_short(x)} {_short(y)}"
        if not written or pair != written[-1]:
            written.append(pair)
    if not written:
        return Markup("")
    return tag("path", d="M" + "L".join(written) + "Z" * is_closed, class_=class_)


def _short(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
