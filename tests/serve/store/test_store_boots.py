from __future__ import annotations

from pathlib import Path

from store_rows import ORIGIN, decision, recording, spasm, stamp, state

from edgekit.serve.store.boots import Boot, n_recent_crashes, next_start_reason
from edgekit.serve.store.keeper import Clocks
from edgekit.serve.store.reader import Reader


def _boot(uptime_s: float, *, is_clean: bool = False) -> Boot:
    return Boot(stamp(50.0), 50.0 + uptime_s, "crash", is_clean, ORIGIN)


def test_a_start_knows_how_the_last_one_ended(tmp_path: Path) -> None:
    reasons = []
    for number, is_clean in enumerate((True, False, False, True)):
        with recording(tmp_path, boot_id=f"b{number}", is_clean=is_clean) as (_, opened):
            reasons.append((opened.start_reason, opened.n_recent_crashes))
    assert reasons == [("first", 0), ("clean", 0), ("crash", 1), ("crash", 2)]
    with recording(tmp_path, boot_id="b9") as (_, opened):
        assert (opened.start_reason, opened.n_recent_crashes) == ("clean", 0)
    assert [boot.is_clean for boot in Reader(tmp_path).boots()] == [True, True, False, False, True]


def test_crashes_are_counted_by_uptime_not_by_the_wall_clock() -> None:
    assert next_start_reason([]) == "first"
    assert n_recent_crashes([]) == 0
    assert n_recent_crashes([_boot(10)] * 5) == 5
    assert n_recent_crashes([_boot(3600), _boot(10)]) == 1
    assert n_recent_crashes([_boot(10), _boot(10, is_clean=True), _boot(10)]) == 1


def test_the_log_keeps_its_order_when_the_wall_clock_jumps(tmp_path: Path) -> None:
    """Row 18: clock -1 h, +1 d, 1970: log keeps (boot id, monotonic, wall) and order."""
    walls = [1_800_000_000.0, 1_799_996_400.0, 1_800_086_400.0, 0.0, 1_800_000_004.0]
    with recording(tmp_path, clocks=Clocks(utc=lambda: 0.0)) as (recorder, _):
        for number, wall_s in enumerate(walls, start=1):
            row = spasm(number)
            moved = type(row)(stamp(100.0 + number, utc_s=wall_s), number, row.transition)
            assert recorder.record([moved, decision(100.0 + number, utc_s=wall_s)], wait_s=5)
    reader = Reader(tmp_path)
    log = list(reversed(reader.transitions()))
    assert [row.stamp.utc_s for row in log] == walls
    assert [row.stamp.mono_s for row in log] == [101.0, 102.0, 103.0, 104.0, 105.0]
    assert [event.event_id for event in reader.events()] == [5, 4, 3, 2, 1]
    kept = reader.decisions(boot_id=log[0].stamp.boot_id, since_mono_s=102.0)
    assert [row.t_s for row in kept] == [102.0, 103.0, 104.0, 105.0]


def test_a_sign_of_life_comes_with_every_commit(tmp_path: Path) -> None:
    with recording(tmp_path, is_clean=False) as (recorder, _):
        assert recorder.record([state(160.0)], wait_s=5)
    (boot,) = Reader(tmp_path).boots()
    assert boot.uptime_s >= 60.0
    assert boot.origin == ORIGIN
