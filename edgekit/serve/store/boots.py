"""Each start of the daemon, how it ended, and whether it keeps crashing.

The wall clock may be wrong: order comes from the starts' numbers, time from the monotonic clock.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from edgekit.serve.store.rows import Stamp

StartReason = Literal["first", "clean", "crash"]
"""How the start before this one ended; `first`: there was none."""
CRASH_LOOP_S = 600.0
_LOOK_BACK = 20
_COLUMNS = (
    "boot_id, mono_s, utc_s, alive_mono_s, start_reason, is_clean, device, version, "
    "bundle_sha256, is_live, is_synthetic"
)


@dataclass(frozen=True)
class Origin:
    """What a start of the daemon watches with; exports say so of each event."""

    device: str
    version: str
    """Of edgekit."""
    bundle_sha256: str
    is_live: bool
    """False: a recording was replayed."""
    is_synthetic: bool = False
    """The recording, or what the model was trained on, was made up."""


@dataclass(frozen=True)
class Boot:
    """One start of the daemon."""

    stamp: Stamp
    alive_mono_s: float
    """Monotonic time of its last sign of life in the store."""
    start_reason: StartReason
    is_clean: bool
    """It ended on purpose. False also while it runs."""
    origin: Origin

    @property
    def uptime_s(self) -> float:
        """Seconds from its start to its last sign of life."""
        return max(self.alive_mono_s - self.stamp.mono_s, 0.0)


def begin_boot(connection: sqlite3.Connection, boot: Boot) -> None:
    """Write the start; harmless when it is written already."""
    origin = boot.origin
    connection.execute(
        f"INSERT OR IGNORE INTO boots ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
        (
            boot.stamp.boot_id,
            boot.stamp.mono_s,
            boot.stamp.utc_s,
            boot.alive_mono_s,
            boot.start_reason,
            boot.is_clean,
            origin.device,
            origin.version,
            origin.bundle_sha256,
            origin.is_live,
            origin.is_synthetic,
        ),
    )


def note_alive(
    connection: sqlite3.Connection, boot_id: str, mono_s: float, *, is_clean: bool = False
) -> None:
    """Write that a start was alive at `mono_s`, or that it ends now, on purpose."""
    connection.execute(
        """UPDATE boots SET alive_mono_s = max(alive_mono_s, ?), is_clean = max(is_clean, ?)
        WHERE boot_id = ?""",
        (mono_s, is_clean, boot_id),
    )


def read_boots(connection: sqlite3.Connection, *, limit: int = -1) -> list[Boot]:
    """Return the starts, newest first."""
    query = f"SELECT {_COLUMNS} FROM boots ORDER BY number DESC LIMIT ?"  # noqa: S608
    return [
        Boot(
            Stamp(boot_id, mono_s, utc_s),
            alive_mono_s,
            start_reason,
            bool(is_clean),
            Origin(device, version, bundle_sha256, bool(is_live), bool(is_synthetic)),
        )
        for (
            boot_id,
            mono_s,
            utc_s,
            alive_mono_s,
            start_reason,
            is_clean,
            device,
            version,
            bundle_sha256,
            is_live,
            is_synthetic,
        ) in connection.execute(query, (limit,))
    ]


def recent_boots(connection: sqlite3.Connection) -> list[Boot]:
    """Return as many starts, newest first, as `n_recent_crashes` needs."""
    return read_boots(connection, limit=_LOOK_BACK)


def next_start_reason(earlier: Sequence[Boot]) -> StartReason:
    """Return why a start follows on those before it, newest first."""
    if not earlier:
        return "first"
    return "clean" if earlier[0].is_clean else "crash"


def n_recent_crashes(earlier: Sequence[Boot], within_s: float = CRASH_LOOP_S) -> int:
    """Count the crashes without a clean end between them, in the last `within_s` of running.

    The time between two starts is not counted: no clock that a power cut stops can tell it. A
    start counts while its crash lies within `within_s` of uptime before now.
    """
    n_crashes = 0
    uptime_s = 0.0
    for boot in earlier:
        if boot.is_clean or uptime_s > within_s:
            break
        n_crashes += 1
        uptime_s += boot.uptime_s
    return n_crashes
