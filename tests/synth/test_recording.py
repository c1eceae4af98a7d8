"""Long recordings: minutes of ordinary life, spasms in clusters, every event where it says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from edgekit.clips import check_clip
from edgekit.errors import UsageError
from edgekit.synth import (
    ORDINARY_KINDS,
    SPASM_KINDS,
    Recording,
    RecordingPlan,
    make_recording,
    make_recordings,
)

LIMBS = [13, 14, 15, 16, 25, 26, 27, 28]


@pytest.fixture(scope="module")
def recording() -> Recording:
    return make_recording(1, minutes=8.0)


def test_it_is_as_long_as_asked_and_readable(recording: Recording) -> None:
    assert recording.landmarks.dtype == np.float32
    assert len(recording.landmarks) == 8 * 60 * 30
    check_clip(recording.landmarks, name=recording.name)


def test_events_are_in_order_and_inside(recording: Recording) -> None:
    starts = [event.start_frame for event in recording.events]
    assert starts == sorted(starts)
    for event in recording.events:
        assert 0 <= event.start_frame <= event.end_frame < len(recording.landmarks)


def test_spasms_come_in_clusters_between_long_stretches_of_ordinary_life() -> None:
    for number in range(1, 6):
        made = make_recording(number, minutes=15.0, fps=5.0)
        starts = np.array([e.start_frame for e in made.events if e.kind in SPASM_KINDS]) / 5.0
        gaps_s = np.diff(starts)
        assert len(starts) >= 6
        assert (gaps_s > 60.0).sum() == 1  # two clusters
        assert np.median(gaps_s) < 20.0
        assert starts[0] > 20.0


def test_hard_negatives_of_every_kind_keep_away_from_spasms() -> None:
    kinds = set()
    for number in range(1, 4):
        made = make_recording(number, minutes=10.0, fps=5.0)
        ordinary = [e for e in made.events if e.kind not in SPASM_KINDS]
        kinds |= {event.kind for event in ordinary}
        for spasm in (e for e in made.events if e.kind in SPASM_KINDS):
            for event in ordinary:
                assert event.end_frame < spasm.start_frame or event.start_frame > spasm.end_frame
    assert kinds == set(ORDINARY_KINDS)


def test_the_child_moves_when_an_event_says_so(recording: Recording) -> None:
    xy = recording.landmarks[:, LIMBS, :2]
    steps = np.nan_to_num(np.linalg.norm(np.diff(xy, axis=0), axis=-1))
    speed = np.median(steps, axis=1)
    during = [
        speed[event.start_frame : event.end_frame].max()
        for event in recording.events
        if event.kind in SPASM_KINDS
    ]
    assert np.median(during) > 3.0 * np.median(speed)


def test_the_same_arguments_give_the_same_recording() -> None:
    first, again = (make_recording(3, minutes=0.5, seed=5) for _ in range(2))
    assert first.landmarks.tobytes() == again.landmarks.tobytes()
    assert first.events == again.events
    other = make_recording(3, minutes=0.5, seed=6)
    assert other.landmarks.tobytes() != first.landmarks.tobytes()


def test_more_recordings_change_none_that_were_there() -> None:
    plan = RecordingPlan(1, minutes=0.5, fps=10.0)
    one, two = list(make_recordings(plan)), list(make_recordings(replace(plan, n_recordings=2)))
    assert [made.name for made in two] == ["recording_1", "recording_2"]
    assert one[0].landmarks.tobytes() == two[0].landmarks.tobytes()


@pytest.mark.parametrize("number", range(1, 9))
def test_even_half_a_minute_has_a_spasm(number: int) -> None:
    made = make_recording(number, minutes=0.5, fps=10.0)
    assert any(event.kind in SPASM_KINDS for event in made.events)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"n_recordings": -1}, "--recordings -1"),
        ({"minutes": 0.1}, "--minutes 0.1"),
        ({"minutes": float("nan")}, "--minutes nan"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(changes: dict[str, int], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        replace(RecordingPlan(1), **changes)
