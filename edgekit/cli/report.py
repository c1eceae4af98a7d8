"""`edgekit report`: how long the device watched, was blind, and how often it alarmed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from edgekit.cli import console
from edgekit.cli.state_options import SettingsFile, StateFolder, folder_of

if TYPE_CHECKING:
    from edgekit.serve.report import BedsideReport, Rate


def report(
    settings: SettingsFile = None,
    state: StateFolder = None,
    since: Annotated[float | None, typer.Option(min=0, help="Only the last so many days.")] = None,
) -> None:
    """Sum up what the device did at the bedside, from what edgekit serve kept.

    Example: edgekit report --since 30
    """
    import time

    from edgekit.serve.report import make_report
    from edgekit.serve.store.reader import Reader

    folder = folder_of(settings, state)
    since_utc_s = None if since is None else time.time() - since * 86_400
    found = make_report(Reader(folder), since_utc_s=since_utc_s)
    console.table("", ("figure", "value"), _rows(found))
    console.out("sensitivity: unknown; nobody counts the spasms that were missed at the bedside")
    if found.is_synthetic:
        console.out("part of it is synthetic or a replayed recording: no person was watched then")
    console.note("research software, no medical device; hours come from rows written once an hour")


def _rows(found: BedsideReport) -> list[tuple[str, str]]:
    share = found.blind_share
    return [
        ("monitored", f"{found.monitored_h:.2f} h"),
        ("of it blind", "-" if share is None else f"{share:.2%} ({found.blind_h:.2f} h)"),
        ("ran without an hourly row", f"{found.unaccounted_h:.2f} h"),
        ("starts", str(found.n_starts)),
        ("crashes", str(found.n_crashes)),
        ("crash-free", f"{found.crash_free_h:.2f} h"),
        ("restarts of the pose process", str(found.n_child_restarts)),
        ("possible spasms in 24 h", _rate(found.spasms)),
        ("possible clusters in 24 h", _rate(found.clusters)),
        ("not acknowledged", str(found.n_unacknowledged)),
        ("median time to acknowledge", _seconds(found.median_answer_s)),
        ("worst latency of a decision", _seconds(found.worst_latency_s)),
    ]


def _rate(rate: Rate | None) -> str:
    if rate is None:
        return "-"
    low, high = rate.interval
    return f"{rate.per_day:.2f} (95 % interval {low:.2f} to {high:.2f}; {rate.n_events} counted)"


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.3g} s"
