"""The page shows every stage, loads nothing, and keeps unlike machines out of the history."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

from bench_records import MACHINE, model, record, stage
from edgekit_bench.history import like_newest
from edgekit_bench.icicle import icicle
from edgekit_bench.page import render, write_page
from edgekit_bench.results import BenchRecord
from sustained_records import sustained

HOSTILE = "<script>alert(1)</script>"


def on(day: int, p50_ms: float = 10.0, **changes: object) -> BenchRecord:
    """Return a record of one day."""
    found = record(model("onnx-fp32", p50_ms), stage("pose", 20.0, "pose"), chosen="onnx-fp32")
    created = f"2026-11-{day:02}T10:00:00+00:00"
    return found.model_copy(update={"created_utc": created, **changes})


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.sources: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "link"):
            self.open.append(tag)
        self.sources += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_well_formed_and_loads_nothing() -> None:
    tags = _Tags()
    tags.feed(render([on(1), on(2, sustained=sustained())]))

    assert tags.open == []
    assert tags.sources == []


def test_every_stage_and_part_has_its_row() -> None:
    page = render([on(1, sustained=sustained())])

    for name in ("onnx-fp32", "pose", "decision", "features", "alarm", "commit"):
        assert re.search(rf"<text[^>]*>\u2003*{name}</text>", page), name


def test_a_frame_is_as_wide_as_its_parts() -> None:
    drawing = icicle(sustained(), "frame", n_levels=2, slug="s", title="t")
    widths = dict(re.findall(r"<title>(\w+): [^<]*</title><rect[^>]*width=\"([\d.]+)\"", drawing))

    assert widths["frame"] == "1000.0"
    assert float(widths["pose"]) == 833.3  # 50 s of 60 s
    assert float(widths["decision"]) == 100.0
    assert "the rest: 6.7%" in drawing


def test_a_page_without_a_sustained_run_has_no_flame() -> None:
    assert "Where a frame" not in render([on(1)])


def test_the_history_keeps_like_runs_only() -> None:
    other = MACHINE.model_copy(update={"cpu": "Cortex-A76"})
    records = [on(3), on(1), on(2, machine=other), on(4, emulation="qemu"), on(5)]

    history = like_newest(records)

    assert [one.created_utc[8:10] for one in history.runs] == ["01", "03", "05"]
    assert len(history.left_out) == 2
    assert "CPU: Cortex-A76 / Zen" in history.left_out[0]
    assert "emulated: qemu" in history.left_out[1]


def test_the_newest_run_is_the_one_that_is_shown() -> None:
    page = render([on(7, 12.34), on(6, 98.76)])

    assert "12.3 ms" in page
    assert "Medians of 2 runs" in page


def test_names_are_escaped() -> None:
    machine = MACHINE.model_copy(update={"board": HOSTILE})

    assert HOSTILE not in render([on(1, machine=machine)])


def test_the_same_records_give_the_same_page(tmp_path: Path) -> None:
    records = [on(1), on(2, sustained=sustained())]
    write_page(tmp_path / "a.html", records)

    assert (tmp_path / "a.html").read_text(encoding="utf-8") == render(records)
