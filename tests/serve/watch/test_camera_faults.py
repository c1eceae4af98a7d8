"""A camera and a pose process that fail in every way, with the real process and the real clock."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest
from watch_bed import Bed, Knob

from edgekit.clips import Clip
from edgekit.runtime.detector import Judgement
from edgekit.serve.watch.confine import resident_mb
from edgekit.serve.watch.seen import ChildFacts, Judged, Observation, Report

TO_TELL_S = 5.0
"""Row 8: a technical alarm within so many seconds, and frames again within as many."""


@pytest.fixture
def knob(tmp_path: Path) -> Knob:
    return Knob(tmp_path)


def child_of(bed: Bed) -> int:
    assert bed.supervisor.pid is not None
    return bed.supervisor.pid


def n_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def is_restart(report: Report) -> bool:
    return isinstance(report, ChildFacts) and report.n_restarts == 1


def test_camera_gone_and_back_twenty_times(knob: Knob) -> None:
    """Row 8: told at once, frames again soon, no restart, no memory and no descriptor lost."""
    resident: list[float] = []
    with knob.bed(silent_s=2.0) as bed:
        bed.wait_for_frame(within_s=10)
        for _ in range(20):
            knob.turn("gone")
            facts = bed.wait_for_status("no_source", within_s=TO_TELL_S)
            assert facts.reason == "fake camera: no such device"
            knob.turn("ok")
            bed.wait_for_status("running", within_s=TO_TELL_S)
            bed.wait_for_frame(within_s=TO_TELL_S)
            resident.append(resident_mb(child_of(bed)) or 0.0)
        facts = bed.all(ChildFacts)[-1]
    assert facts.n_restarts == 0
    assert len(set(knob.descriptors()[1:])) == 1
    assert resident[-1] - resident[4] < 1.0


def test_a_camera_that_never_was_there_is_waited_for(knob: Knob) -> None:
    knob.turn("gone")
    with knob.bed(silent_s=0.5) as bed:
        bed.wait_for_status("no_source", within_s=10)
        time.sleep(1.5)  # longer than a silent process may live
        knob.turn("ok")
        bed.wait_for_frame(within_s=TO_TELL_S)
        assert bed.all(ChildFacts)[-1].n_restarts == 0


def test_an_open_camera_that_sends_nothing_is_away(knob: Knob) -> None:
    """Row 8, the harder half: the driver neither sends nor fails."""
    with knob.bed(silent_s=1.0) as bed:
        bed.wait_for_frame(within_s=10)
        knob.turn("mute")
        facts = bed.wait_for_status("no_source", within_s=TO_TELL_S)
        assert "no pictures" in facts.reason
        knob.turn("ok")
        bed.wait_for_frame(within_s=TO_TELL_S)
        assert bed.all(ChildFacts)[-1].n_restarts == 0


def test_what_is_wrong_with_the_picture_is_told(knob: Knob) -> None:
    """Row 9: frozen, black, covered and half the frame rate, each as a fact of the frames."""

    def frames_in(mode: str, seconds: float = 0.6) -> list[Observation]:
        knob.turn(mode)
        time.sleep(0.2)
        begin = len(bed.all(Observation))
        time.sleep(seconds)
        return bed.all(Observation)[begin:]

    with knob.bed() as bed:
        bed.wait_for_frame(within_s=10)
        found = {mode: frames_in(mode) for mode in ("ok", "frozen", "black", "covered", "half")}
    pictures = {mode: [o.picture for o in seen if o.picture] for mode, seen in found.items()}
    assert all(p.is_same for p in pictures["frozen"])
    assert not any(p.is_same for mode in ("ok", "black", "covered") for p in pictures[mode])
    assert max(p.brightness for p in pictures["black"]) < 0.02
    assert max(p.contrast for p in pictures["covered"]) < 0.02
    assert min(p.contrast for p in pictures["ok"]) > 0.1
    assert min(p.brightness for p in pictures["covered"]) > 0.3
    assert len(found["half"]) < 0.7 * len(found["ok"])


@pytest.mark.parametrize("mode", ["hang", "SIGSTOP"])
def test_a_hanging_pose_process_is_replaced(knob: Knob, mode: str) -> None:
    """Row 11: the extractor blocks, or the whole process stops; a successor within 2 s more."""
    silent_s = 1.0
    with knob.bed(silent_s=silent_s) as bed:
        bed.wait_for_frame(within_s=10)
        pid = child_of(bed)
        begin_s = time.monotonic()
        if mode == "hang":
            knob.turn("hang")
            time.sleep(0.2)
            knob.turn("ok")
        else:
            os.kill(pid, signal.SIGSTOP)
        bed.wait_for(is_restart, within_s=silent_s + 2)
        bed.wait_for_status("running", within_s=2)
        assert time.monotonic() - begin_s < silent_s + 2
        facts = bed.all(ChildFacts)[-1]
        assert facts.replaced_because == "silent"
        assert child_of(bed) != pid
    assert not Path(f"/proc/{pid}").exists()


def test_a_crash_is_replaced_and_its_reason_told(knob: Knob) -> None:
    with knob.bed() as bed:
        bed.wait_for_frame(within_s=10)
        knob.turn("crash")
        bed.wait_for_status("gone", within_s=2)
        knob.turn("ok")
        bed.wait_for_status("running", within_s=3)
        facts = bed.all(ChildFacts)
    assert facts[-1].replaced_because == "crashed"
    assert facts[-1].n_restarts_lately == facts[-1].n_restarts > 0
    assert "killed by signal 6" in next(f.reason for f in facts if f.status == "gone")


def test_a_crash_loop_goes_on_for_ever_but_not_ever_faster(knob: Knob) -> None:
    knob.turn("refuse")
    n_before = n_descriptors()
    with knob.bed() as bed:
        bed.wait_for_status("gone", within_s=10)
        time.sleep(3)
        facts = bed.all(ChildFacts)
        # At once, then after 0.5 s, 1 s, 2 s: not more, and not given up.
        assert 3 <= facts[-1].n_restarts <= 4
        assert "the model is of no use" in {f.reason for f in facts}
        knob.turn("ok")
        bed.wait_for_frame(within_s=6)
    assert n_descriptors() == n_before


def test_a_pose_process_that_grows_is_replaced(knob: Knob) -> None:
    with knob.bed(memory_mb=150.0) as bed:
        bed.wait_for_frame(within_s=10)
        knob.turn("grow")
        bed.wait_for(is_restart, within_s=4)
        knob.turn("ok")
        bed.wait_for_status("running", within_s=3)
        facts = bed.all(ChildFacts)[-1]
    assert facts.replaced_because == "memory"
    assert max(f.rss_mb for f in bed.all(ChildFacts)) < 1000


def test_a_stall_of_the_model_is_followed_by_the_present(knob: Knob) -> None:
    """Row 10: windows of a camera that are too late to act on are left out, and counted."""

    class Stalls:
        def __init__(self) -> None:
            self.is_stalling = False

        def judge(self, clip: Clip, start_s: float) -> Judgement:
            time.sleep(3 if self.is_stalling else 0)
            self.is_stalling = False
            return Judgement(start_s, 1.0, 0.1, is_positive=False, attention=None)

    judge = Stalls()
    with Bed(knob.source, command=knob.command, judge=judge, hop=6) as bed:
        bed.wait_for(lambda r: isinstance(r, Judged), within_s=10)
        judge.is_stalling = True
        bed.wait_for(lambda r: isinstance(r, Judged) and r.latency_s > 2.9, within_s=6)
        time.sleep(0.7)
    latencies = [judged.latency_s for judged in bed.all(Judged)]
    stalled = next(n for n, latency_s in enumerate(latencies) if latency_s > 2.9)
    assert 1.0 < latencies[stalled + 1] < 2.5  # the last seconds are still judged
    assert latencies[-1] < 0.5
    assert 2 <= bed.watcher.n_skipped <= 9
    assert bed.watcher.n_lost == 0


@pytest.mark.parametrize("kind", ["raises", "NaN"])
def test_a_model_that_fails_is_told_and_never_a_no(knob: Knob, kind: str) -> None:
    """Row 10: raises, or answers with no number."""

    class Broken:
        def judge(self, clip: Clip, start_s: float) -> Judgement:
            if kind == "raises":
                raise RuntimeError("first line\nsecond line")
            return Judgement(start_s, 1.0, float("nan"), is_positive=False, attention=None)

    with Bed(knob.source, command=knob.command, judge=Broken()) as bed:
        judged = bed.wait_for(lambda r: isinstance(r, Judged), within_s=10)
    assert isinstance(judged, Judged)
    assert judged.judgement is None
    assert judged.error == ("first line" if kind == "raises" else judged.error) != ""


def test_facts_and_pulses_never_cease(knob: Knob) -> None:
    """Also with nothing to see: at least one a second."""
    knob.turn("gone")
    with knob.bed() as bed:
        bed.wait_for_status("no_source", within_s=10)
        n_facts, n_pulses = len(bed.all(ChildFacts)), bed.n_pulses
        time.sleep(2.1)
        assert len(bed.all(ChildFacts)) - n_facts >= 2
        assert bed.n_pulses - n_pulses >= 4


def test_recent_landmarks_are_those_that_were_posted(knob: Knob) -> None:
    with knob.bed() as bed:
        bed.wait_for(lambda r: isinstance(r, Judged), within_s=10)
        recent = bed.watcher.recent(0.5)
    assert recent.shape == (15, 33, 5)
    assert np.isfinite(recent).any()
