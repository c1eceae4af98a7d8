"""Kept or taken back: every rule of a trial, with made-up time."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from edgekit.field.trial import (
    BLIND_S,
    MAX_STARTS,
    MAX_STEP_S,
    Look,
    Trial,
    Verdict,
    step,
    too_many_starts,
)

GOOD = Look(0.0, is_golden_right=True, is_blinded=False, is_deciding=True)
BLINDED = replace(GOOD, is_blinded=True, is_deciding=False)
IDLE = replace(GOOD, is_deciding=False)
HEALTH_S = 60.0


def run(looks: list[Look], *, every_s: float = 0.5) -> tuple[Trial, Verdict, float]:
    """Look again and again; return the trial, the last verdict and when it fell."""
    trial, verdict, at = Trial(HEALTH_S), Verdict("wait"), 0.0
    for number, look in enumerate(looks):
        at = 1000.0 + number * every_s
        trial, verdict = step(trial, replace(look, mono_s=at))
        if verdict.what != "wait":
            break
    return trial, verdict, at - 1000.0


def test_kept_after_the_health_window_and_not_before() -> None:
    _, verdict, at = run([GOOD] * 1000)
    assert verdict.what == "keep"
    assert at == HEALTH_S


def test_a_wrong_golden_answer_goes_back_at_once() -> None:
    _, verdict, at = run([replace(GOOD, is_golden_right=False)])
    assert (verdict.what, at) == ("roll back", 0.0)
    assert "golden clips" in verdict.why


def test_blindness_goes_back_within_seconds() -> None:
    """Row 27: rollback <= 60 s; this part of it takes BLIND_S."""
    _, verdict, at = run([GOOD, GOOD, *[BLINDED] * 100])
    assert verdict.what == "roll back"
    assert BLIND_S <= at <= BLIND_S + 2


def test_blindness_adds_up_and_a_break_begins_the_window_anew() -> None:
    flickering = [GOOD] * 40 + [BLINDED] * 2
    _, verdict, _ = run(flickering * 100)
    assert verdict.what == "roll back"
    trial, verdict, _ = run([GOOD] * 100 + [BLINDED] + [GOOD])
    assert verdict.what == "wait"
    assert trial.healthy_s < 1


def test_an_empty_bed_proves_nothing_and_blames_nobody() -> None:
    trial, verdict, _ = run([IDLE] * 100_000)
    assert verdict.what == "wait"
    assert trial.healthy_s == 0
    _, verdict, at = run([GOOD] * 60 + [IDLE] * 200 + [GOOD] * 100)
    assert verdict.what == "keep"
    assert at > HEALTH_S + 99


def test_a_stopped_process_does_not_pass_by_sleeping() -> None:
    _, verdict, _ = run([GOOD, GOOD], every_s=3600.0)
    assert verdict.what == "wait"
    trial, _, _ = run([BLINDED, BLINDED], every_s=3600.0)
    assert trial.blind_s == MAX_STEP_S


def test_starts_that_do_not_end_in_order_are_counted() -> None:
    assert [bool(too_many_starts(n)) for n in range(5)] == [n >= MAX_STARTS for n in range(5)]


@given(
    st.lists(
        st.tuples(st.booleans(), st.booleans(), st.booleans(), st.floats(-10, 1000)), max_size=200
    )
)
def test_never_kept_without_a_whole_window_of_deciding(
    seen: list[tuple[bool, bool, bool, float]],
) -> None:
    trial, now, deciding_s = Trial(HEALTH_S), 0.0, 0.0
    for golden, blinded, deciding, passed_s in seen:
        now += passed_s
        trial, verdict = step(trial, Look(now, golden, blinded, deciding))
        is_good = golden and not blinded and deciding
        deciding_s = 0.0 if blinded else deciding_s + (max(passed_s, 0.0) if is_good else 0.0)
        if verdict.what == "keep":
            assert is_good
            assert deciding_s >= HEALTH_S - 1e-6
            return
        assert (verdict.what == "roll back") == (
            not golden or (blinded and trial.blind_s >= BLIND_S)
        )
