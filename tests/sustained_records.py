"""Sustained runs made by hand."""

from __future__ import annotations

from edgekit_bench.laps import PARENTS, Part
from edgekit_bench.quantiles import Quantiles
from edgekit_bench.sustained import Sustained
from edgekit_bench.vitals import Vitals

VITALS = Vitals(
    start_c=50.0,
    worst_c=70.0,
    is_throttled=False,
    throttle_bits=0,
    core_percent=(80.0, 20.0),
    governors=("performance",),
    power_mode=None,
    tegrastats=None,
)


def part(name: str, total_ms: float, n: int = 200) -> Part:
    """Return a part of `n` equal calls."""
    each = total_ms / n
    return Part(
        name=name,
        parent=PARENTS.get(name, ""),
        total_ms=total_ms,
        quantiles=Quantiles(n=n, p50_ms=each, p95_ms=each, p99_ms=each, worst_ms=each),
        spread_ms=(each,) * 41,
    )


def sustained(**changes: object) -> Sustained:
    """Return a run of a minute: 20 frames a second, decisions of 30 ms."""
    parts = (
        part("frame", 60_000, 1200),
        part("pose", 50_000, 1200),
        part("decision", 6_000),
        part("features", 1_000),
        part("model", 4_000),
        part("alarm", 1_000),
        part("commit", 900),
    )
    run = Sustained(
        seconds=60.0,
        n_frames=1200,
        n_decisions=200,
        fps=20.0,
        pictures="camera 0",
        has_pose=True,
        parts=parts,
        peak_rss_mb=400.0,
        vitals=VITALS,
    )
    return run.model_copy(update=changes)
