"""Audio pause and test alarm, scene by scene."""

from __future__ import annotations

from dataclasses import replace

import pytest
from serve.alarm.scenes import SOBER, Bed

from edgekit.serve.alarm import events
from edgekit.serve.alarm import sound as sounds
from edgekit.serve.alarm.events import NewRules, Pause, Tick
from edgekit.serve.alarm.sound import pause_left_s, sound
from edgekit.serve.alarm.step import next_deadline
from edgekit.serve.conditions import Condition

PAUSE = Pause("nurse", 60.0)
TEST = events.TestAlarm("nurse")


def test_a_pause_is_silent_counts_down_and_ends() -> None:
    bed = Bed()
    bed.spasm()
    (row,) = bed.tell(PAUSE)
    assert (row.kind, row.latch, row.who, row.seconds) == ("paused", "audio", "nurse", 60)
    assert bed.heard() is None
    assert next_deadline(bed.state) == bed.t + 60
    assert bed.wait(45) == ()
    assert pause_left_s(bed.state, bed.t) == 15
    assert [row.kind for row in bed.wait(15)] == ["pause_ended"]
    assert pause_left_s(bed.state, bed.t) == 0
    assert bed.heard() == "patient"


def test_a_pause_ends_though_no_tick_comes() -> None:
    bed = Bed()
    bed.spasm()
    bed.tell(PAUSE)
    assert sound(bed.state, bed.t + 59.9) is None
    assert sound(bed.state, bed.t + 60) == "patient"


def test_a_pause_is_never_longer_than_allowed() -> None:
    bed = Bed()
    (row,) = bed.tell(Pause("nurse", 86400))
    assert row.seconds == 120
    assert pause_left_s(bed.state, bed.t) == 120


@pytest.mark.parametrize("seconds", [0.0, -5.0, float("nan"), float("inf"), float("-inf")])
def test_no_length_ends_a_pause(seconds: float) -> None:
    bed = Bed()
    assert bed.tell(Pause("nurse", seconds)) == ()
    bed.tell(PAUSE)
    (row,) = bed.tell(Pause("nurse", seconds))
    assert (row.kind, row.who) == ("pause_ended", "nurse")


def test_a_second_pause_counts_from_itself() -> None:
    bed = Bed()
    bed.tell(PAUSE)
    bed.wait(50)
    assert [row.kind for row in bed.tell(Pause("parent", 30))] == ["paused"]
    assert pause_left_s(bed.state, bed.t) == 30


def test_a_new_spasm_breaks_it() -> None:
    """Row 24: an alarm during an audio pause."""
    bed = Bed()
    bed.spasm()
    bed.tell(PAUSE)
    assert [row.kind for row in bed.windows("+++")] == ["spasm", "pause_ended"]
    assert bed.heard() == "patient"


def test_a_new_fault_of_medium_priority_breaks_it_and_a_low_one_does_not() -> None:
    bed = Bed()
    bed.tell(PAUSE)
    assert [row.kind for row in bed.find(Condition.DISK_FULL)] == ["condition_began"]
    assert bed.heard() is None
    rows = bed.find(Condition.DISK_FULL, Condition.NO_CAMERA)
    assert [row.kind for row in rows] == ["condition_began", "pause_ended"]
    assert bed.heard() == "technical_medium"


def test_escalation_breaks_it() -> None:
    bed = Bed()
    bed.spasm()
    bed.wait(100)
    bed.tell(PAUSE)
    assert [row.kind for row in bed.wait(20)] == ["escalated", "pause_ended"]


def test_an_old_alarm_that_escalates_with_the_pause_does_not_break_it() -> None:
    bed = Bed()
    bed.spasm()
    bed.t += 500
    assert [row.kind for row in bed.tell(PAUSE)] == ["escalated", "paused"]
    assert bed.heard() is None


def test_a_clock_that_goes_backwards_ends_it() -> None:
    bed = Bed()
    bed.spasm()
    bed.tell(PAUSE)
    bed.t -= 1
    assert [row.kind for row in bed.tell(Tick())] == ["pause_ended"]


@pytest.mark.parametrize("t_mono", [float("nan"), float("inf"), float("-inf"), 1e300])
def test_a_time_that_is_none_neither_ends_nor_lengthens_it(t_mono: float) -> None:
    bed = Bed()
    bed.spasm()
    bed.tell(PAUSE)
    before, bed.t = bed.t, t_mono
    assert bed.tell(Tick()) == ()
    assert bed.heard() == "patient"
    assert pause_left_s(bed.state, before) == 60


def test_new_rules_end_a_pause_that_they_would_not_grant() -> None:
    bed = Bed()
    bed.tell(PAUSE)
    assert bed.tell(NewRules(replace(SOBER, pause_max_s=60.0))) == ()
    rows = bed.tell(NewRules(replace(SOBER, pause_max_s=59.0)))
    assert [row.kind for row in rows] == ["pause_ended"]


def test_a_test_sounds_for_its_time() -> None:
    bed = Bed()
    (row,) = bed.tell(TEST)
    assert (row.kind, row.latch, row.who, row.seconds) == ("test_began", "test", "nurse", 6)
    assert bed.heard() == "test"
    assert sounds.test_left_s(bed.state, bed.t) == 6
    assert [row.kind for row in bed.wait(6)] == ["test_ended"]
    assert bed.heard() is None


def test_a_real_alarm_wins_over_a_test_and_ends_it() -> None:
    bed = Bed()
    bed.windows("++")
    bed.tell(TEST)
    assert [row.kind for row in bed.windows("+")] == ["spasm", "test_ended"]
    bed.tell(TEST)
    assert bed.heard() == "patient"


def test_a_low_alarm_wins_over_a_test() -> None:
    bed = Bed()
    bed.find(Condition.DISK_FULL)
    bed.tell(TEST)
    assert bed.heard() == "technical_low"
