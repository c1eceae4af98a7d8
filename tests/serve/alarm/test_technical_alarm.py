"""Technical alarms, scene by scene."""

from __future__ import annotations

import pytest
from serve.alarm.scenes import Bed

from edgekit.serve.alarm.technical import is_escalating
from edgekit.serve.conditions import MEANINGS, Condition


def test_one_begins_and_ends_with_its_condition() -> None:
    bed = Bed()
    (began,) = bed.find(Condition.DISK_FULL)
    assert (began.kind, began.latch, began.priority) == ("condition_began", "technical", "low")
    assert bed.find(Condition.DISK_FULL) == ()
    bed.wait(75)
    (ended,) = bed.find()
    assert (ended.kind, ended.condition, ended.seconds) == (
        "condition_ended",
        Condition.DISK_FULL,
        75,
    )
    assert bed.heard() is None


def test_each_condition_is_an_alarm_of_its_own() -> None:
    bed = Bed()
    rows = bed.find(Condition.DISK_FULL, Condition.NO_CAMERA)
    assert [row.condition for row in rows] == [Condition.NO_CAMERA, Condition.DISK_FULL]
    rows = bed.find(Condition.DISK_FULL, Condition.THROTTLED)
    assert [(row.kind, row.condition) for row in rows] == [
        ("condition_ended", Condition.NO_CAMERA),
        ("condition_began", Condition.THROTTLED),
    ]


@pytest.mark.parametrize("condition", Condition)
def test_each_condition_sounds_by_its_priority(condition: Condition) -> None:
    bed = Bed()
    bed.find(condition)
    assert bed.heard() == f"technical_{MEANINGS[condition].priority}"


def test_the_most_urgent_is_heard() -> None:
    bed = Bed()
    bed.find(Condition.DISK_FULL)
    assert bed.heard() == "technical_low"
    bed.find(Condition.DISK_FULL, Condition.BRIDGE_SILENT)
    assert bed.heard() == "technical_medium"
    bed.spasm()
    assert bed.heard() == "patient"


def test_acknowledged_ones_are_silent_while_they_last() -> None:
    bed = Bed()
    bed.find(Condition.NO_CAMERA, Condition.DISK_FULL)
    assert {row.condition for row in bed.acknowledge()} == {
        Condition.NO_CAMERA,
        Condition.DISK_FULL,
    }
    assert bed.heard() is None
    bed.find(Condition.NO_CAMERA, Condition.THROTTLED)
    assert bed.heard() == "technical_low"
    bed.find()
    bed.find(Condition.NO_CAMERA)
    assert bed.heard() == "technical_medium"


def test_the_first_acknowledgement_wins_and_both_are_logged() -> None:
    """Row 24: two people acknowledge at once."""
    bed = Bed()
    bed.find(Condition.NO_CAMERA)
    assert [row.kind for row in bed.acknowledge()] == ["acknowledged"]
    (late,) = bed.acknowledge()
    assert (late.kind, late.latch, late.who) == ("acknowledged_late", "technical", "nurse")


def test_lost_monitoring_becomes_high_when_nobody_comes() -> None:
    bed = Bed()
    bed.find(Condition.NO_CAMERA)
    assert bed.wait(119.9) == ()
    (row,) = bed.wait(0.1)
    assert (row.kind, row.priority, row.condition) == ("escalated", "high", Condition.NO_CAMERA)
    assert bed.heard() == "technical_high"
    assert bed.wait(1000) == ()


def test_each_escalates_at_its_own_time() -> None:
    bed = Bed()
    bed.find(Condition.NO_CAMERA)
    bed.wait(60)
    bed.find(Condition.NO_CAMERA, Condition.POSE_STOPPED)
    assert [row.condition for row in bed.wait(60)] == [Condition.NO_CAMERA]
    assert [row.condition for row in bed.wait(60)] == [Condition.POSE_STOPPED]


def test_an_acknowledged_one_does_not_escalate() -> None:
    bed = Bed()
    bed.find(Condition.NO_CAMERA)
    bed.acknowledge()
    assert bed.wait(1000) == ()


def test_what_escalates_is_a_fault_that_blinds() -> None:
    staying = {condition for condition in Condition if not is_escalating(condition)}
    assert staying == {c for c in Condition if not MEANINGS[c].is_blind} | {
        Condition.NOBODY_IN_VIEW
    }


def test_a_start_that_never_ends_is_heard() -> None:
    bed = Bed()
    bed.find(Condition.STARTING)
    assert bed.heard() == "technical_low"
    bed.wait(120)
    assert bed.heard() == "technical_high"


def test_a_patient_alarm_changes_nothing_about_them() -> None:
    """Row 23."""
    bed = Bed()
    bed.find(Condition.NO_CAMERA)
    before = bed.state.technical
    bed.spasm()
    bed.acknowledge(1)
    assert bed.state.technical == before
    assert bed.heard() == "technical_medium"
