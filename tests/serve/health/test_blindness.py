"""Whatever is reported, in whatever order: without a fresh real decision it is never armed."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, get_args

from health_reports import NOBODY, RUNNING, body, judgement, make_judge
from hypothesis import given
from hypothesis import strategies as st

from edgekit.serve.conditions import WatchState, state_of
from edgekit.serve.settings import WatchSettings
from edgekit.serve.watch.seen import ChildStatus, Judged, Observation, Picture, Report

Kind = Literal["frame", "empty", "good", "unjudged", "nan", "failed", "child", "nothing"]

steps = st.lists(
    st.tuples(
        st.sampled_from(get_args(Kind)),
        st.floats(0.0, 4.0),
        st.sampled_from(get_args(ChildStatus)),
        st.floats(0.0, 2.0),
    ),
    max_size=60,
)


def _report(n: int, now: float, kind: Kind, status: ChildStatus, latency_s: float) -> Report | None:
    if kind in ("frame", "empty"):
        landmarks = body(n) if kind == "frame" else NOBODY
        return Observation(n, now, now, landmarks, Picture(0.5, 0.16, is_same=False))
    if kind == "child":
        return replace(RUNNING, status=status, n_restarts=n, last_answer_mono_s=now)
    answers = {"good": 0.2, "unjudged": None, "nan": float("nan")}
    if kind in answers:
        return Judged(now, judgement(answers[kind]), "", now, latency_s)
    return Judged(now, None, "it fails", now, latency_s) if kind == "failed" else None


@given(steps)
def test_without_a_fresh_real_decision_it_is_never_armed(
    trace: list[tuple[Kind, float, ChildStatus, float]],
) -> None:
    settings = WatchSettings()
    judge = make_judge(settings)
    now, decided, is_last_good = 0.0, -1000.0, False
    for n, (kind, pause_s, status, latency_s) in enumerate(trace):
        now += pause_s
        report = _report(n, now, kind, status, latency_s)
        if report is not None:
            judge.take(report)
        if kind == "good":
            decided, is_last_good = now - latency_s, True
        elif kind in ("nan", "failed"):
            is_last_good = False
        for later_s in (0.0, 1.0, 3.5):
            asked = now + min(later_s, trace[n + 1][1] if n + 1 < len(trace) else later_s)
            is_fresh = is_last_good and asked - decided <= settings.decision_stale_s
            state = state_of(judge.conditions(asked))
            assert is_fresh or state is WatchState.NOT_MONITORING
