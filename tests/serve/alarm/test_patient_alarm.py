"""The patient latch, scene by scene."""

from __future__ import annotations

from dataclasses import replace

import pytest
from serve.alarm.scenes import SOBER, Bed

from edgekit.serve.alarm.events import Acknowledge, Decided, NewRules, Restore, Tick
from edgekit.serve.conditions import Condition


def test_k_of_n_windows_latch_at_the_kth() -> None:
    bed = Bed()
    assert bed.windows("+-+-") == ()
    (spasm,) = bed.windows("+")
    assert (spasm.kind, spasm.latch, spasm.priority) == ("spasm", "patient", "high")
    assert (spasm.event_id, spasm.n_spasms, spasm.t_s) == (1, 1, bed.t)
    assert bed.heard() == "patient"


def test_a_yes_that_left_the_last_n_does_not_count() -> None:
    assert Bed().windows("++---+-") == ()


def test_an_unjudged_window_takes_a_slot_and_is_neither_yes_nor_no() -> None:
    assert Bed().windows("+?+?+")[0].kind == "spasm"
    assert Bed().windows("+???+?+") == ()
    assert Bed().windows("?" * 100) == ()


@pytest.mark.parametrize(("gone_s", "kinds"), [(2.0, ["spasm"]), (2.1, [])])
def test_what_was_seen_before_a_gap_does_not_add_to_what_comes_after(
    gone_s: float, kinds: list[str]
) -> None:
    bed = Bed(replace(SOBER, gap_s=2.5))
    bed.windows("++")
    bed.t += gone_s
    bed.windows("+")
    assert bed.kinds == kinds


def test_a_movement_that_ended_counts_once() -> None:
    bed = Bed()
    bed.spasm()
    bed.windows("-" * 100)
    assert bed.kinds == ["spasm"]


@pytest.mark.parametrize("apart_s", [8, 12, 20])
def test_the_next_spasm_of_a_cluster_counts(apart_s: int) -> None:
    bed = Bed()
    bed.spasm()
    bed.windows("-" * (2 * (apart_s - 8)))
    bed.spasm()
    assert bed.kinds == ["spasm", "spasm"]
    assert bed.log[-1].n_spasms == 2


def test_refractory_time_runs_on_the_sources_clock() -> None:
    bed = Bed(replace(SOBER, n_positive=1, n_windows=1))
    for t_s, is_counted in ((10.0, True), (15.9, False), (16.0, True), (21.9, False)):
        assert bool(bed.tell(Decided(t_s, is_positive=True))) is is_counted
    bed.wait(60)
    assert bed.tell(Decided(21.95, is_positive=True)) == ()


def test_a_source_that_began_again_is_counted_at_once() -> None:
    bed = Bed(replace(SOBER, n_positive=1, n_windows=1))
    bed.tell(Decided(500.0, is_positive=True))
    assert bed.tell(Decided(3.0, is_positive=True))[0].kind == "spasm"
    assert bed.tell(Decided(4.0, is_positive=True)) == ()
    assert bed.tell(Decided(501.0, is_positive=True))[0].kind == "spasm"


@pytest.mark.parametrize("t_s", [float("nan"), float("inf"), float("-inf")])
def test_a_window_without_a_time_counts_and_spoils_nothing(t_s: float) -> None:
    bed = Bed(replace(SOBER, n_positive=1, n_windows=1))
    bed.tell(Decided(10.0, is_positive=True))
    (spasm,) = bed.tell(Decided(t_s, is_positive=True))
    assert (spasm.kind, spasm.t_s) == ("spasm", None)
    assert bed.tell(Decided(12.0, is_positive=True)) == ()
    assert bed.tell(Decided(16.0, is_positive=True))[0].kind == "spasm"


def test_m_spasms_in_p_minutes_are_a_cluster_once() -> None:
    bed = Bed()
    for _ in range(5):
        bed.spasm()
    assert bed.kinds == ["spasm", "spasm", "spasm", "cluster", "spasm", "spasm"]
    cluster = bed.log[3]
    assert (cluster.event_id, cluster.n_spasms, cluster.priority) == (4, 3, "high")
    assert bed.state.patient is not None
    assert (bed.state.patient.kind, bed.state.patient.event_id) == ("cluster", 6)


def test_spasms_too_far_apart_are_no_cluster() -> None:
    bed = Bed()
    for _ in range(6):
        bed.spasm()
        bed.wait(180)
    assert "cluster" not in bed.kinds


def test_acknowledging_each_spasm_does_not_hide_the_cluster() -> None:
    bed = Bed()
    for event_id in (1, 2, 3):
        bed.spasm()
        bed.acknowledge(event_id)
    assert bed.kinds.count("cluster") == 1


def test_an_acknowledged_cluster_takes_as_many_spasms_again() -> None:
    bed = Bed()
    for _ in range(3):
        bed.spasm()
    bed.acknowledge(4)
    bed.spasm()
    bed.spasm()
    assert bed.kinds.count("cluster") == 1
    assert bed.state.patient is not None
    assert bed.state.patient.kind == "spasm"
    bed.spasm()
    assert bed.kinds.count("cluster") == 2


def test_a_cluster_that_lapsed_can_come_again() -> None:
    bed = Bed()
    for _ in range(2):
        for _ in range(4):
            bed.spasm()
        bed.wait(301)
    assert bed.kinds.count("cluster") == 2


def test_only_an_acknowledgement_that_saw_the_newest_event_clears() -> None:
    """Row 24: two people, one after the other; a second spasm in between."""
    bed = Bed()
    bed.spasm()
    bed.spasm()
    assert [row.kind for row in bed.acknowledge(1)] == ["acknowledged_late"]
    assert bed.heard() == "patient"
    (done,) = bed.acknowledge(2)
    assert (done.kind, done.event_id, done.who) == ("acknowledged", 2, "nurse")
    assert bed.heard() is None
    (late,) = bed.tell(Acknowledge("parent", 2))
    assert (late.kind, late.event_id, late.who) == ("acknowledged_late", 2, "parent")


def test_a_technical_acknowledgement_leaves_it_latched() -> None:
    """Row 23."""
    bed = Bed()
    bed.find(Condition.NO_CAMERA)
    bed.spasm()
    bed.acknowledge()
    assert bed.heard() == "patient"


def test_no_fault_and_no_time_ends_it() -> None:
    """Row 23."""
    bed = Bed()
    bed.spasm()
    for condition in Condition:
        bed.find(condition)
        assert bed.heard() == "patient"
    bed.find()
    bed.wait(1e7)
    assert bed.heard() == "patient"


def test_nobody_came_and_it_is_told_again_once() -> None:
    bed = Bed()
    bed.spasm()
    bed.windows("-" * 240)
    bed.spasm()
    bed.wait(1000)
    assert bed.kinds.count("escalated") == 1
    (told,) = (row for row in bed.log if row.kind == "escalated")
    assert (told.event_id, told.latch, told.priority) == (1, "patient", "high")


def test_further_spasms_do_not_put_escalation_off() -> None:
    bed = Bed()
    began = bed.t
    while "escalated" not in bed.kinds:
        bed.spasm()
    assert bed.t - began < 130


def test_the_next_alarm_escalates_again() -> None:
    bed = Bed()
    for event_id in (1, 2):
        bed.spasm()
        bed.wait(120)
        bed.acknowledge(event_id)
    assert bed.kinds.count("escalated") == 2


def test_what_was_unacknowledged_before_a_restart_is_latched_again() -> None:
    """Row 13, the core's part."""
    bed = Bed()
    (row,) = bed.tell(Restore(9, 7, is_cluster=True, n_spasms=4))
    assert (row.kind, row.event_id, row.n_spasms, row.priority) == ("restored", 7, 4, "high")
    assert bed.heard() == "patient"
    (spasm,) = bed.windows("+++")
    assert (spasm.event_id, spasm.n_spasms) == (9, 5)


def test_restoring_nothing_sets_the_ids_only() -> None:
    bed = Bed()
    assert bed.tell(Restore(9)) == ()
    assert bed.tell(Restore(2)) == ()
    assert bed.spasm()[0].event_id == 9


def test_a_second_restore_replaces_nothing_that_is_latched() -> None:
    bed = Bed()
    bed.spasm()
    before = bed.state.patient
    assert bed.tell(Restore(20, 15)) == ()
    assert bed.state.patient == before


def test_new_rules_hold_at_once_and_drop_nothing() -> None:
    bed = Bed()
    bed.spasm()
    bed.windows("-+--+")
    before = bed.state.patient
    bed.tell(NewRules(replace(SOBER, n_positive=1, n_windows=2)))
    assert bed.state.patient == before
    assert bed.state.recent == (False, True)
    assert [row.kind for row in bed.windows("-+")] == ["spasm"]


def test_a_clock_that_went_backwards_does_not_put_escalation_off() -> None:
    """Row 18, the core's part: a clock that is not monotonic after all."""
    bed = Bed()
    bed.spasm()
    bed.t -= 5000
    bed.tell(Tick())
    assert [row.kind for row in bed.wait(120)] == ["escalated"]


def test_a_movement_that_never_ends_makes_nothing_grow() -> None:
    """Row 28, the core's part."""
    bed = Bed(replace(SOBER, refractory_s=0.0))
    bed.windows("+" * 5000)
    assert len(bed.state.recent) <= SOBER.n_windows
    assert len(bed.state.spasm_times_s) <= SOBER.cluster_spasms
    assert bed.kinds.count("cluster") == 1
