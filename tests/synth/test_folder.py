"""A cohort on disk: what is written, and what is never overwritten."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from edgekit.cohort import load_cohort
from edgekit.errors import OutputError, UsageError
from edgekit.synth import CohortPlan, RecordingPlan, make_cohort, make_recording, write_cohort

PLAN = CohortPlan(n_children=2, n_clips=3, n_frames=30, seed=4)


class Listener:
    """Remembers the last step of each task."""

    def __init__(self) -> None:
        self.last: dict[str, tuple[int, int]] = {}

    def step(self, task: str, done: int, total: int) -> None:
        self.last[task] = (done, total)

    def say(self, line: str) -> None:
        raise AssertionError(line)


def snapshot(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_training_reads_what_is_written(tmp_path: Path) -> None:
    written = write_cohort(tmp_path / "data", PLAN)
    cohort = load_cohort(tmp_path / "data")
    assert cohort.children == ("1", "2")
    assert cohort.dataset.source == "synthetic"
    assert cohort.dataset.fps == 30.0
    assert "no medical" in cohort.dataset.note
    made = {clip.name: clip for clip in make_cohort(PLAN)}
    assert {segment.name for segment in cohort.segments} == set(made)
    for segment in cohort.segments:
        assert segment.label == made[segment.name].label
        np.testing.assert_array_equal(segment.load(30), made[segment.name].landmarks)
    assert written.n_clips == 6
    assert written.n_spasm_clips == sum(clip.label for clip in made.values())
    assert sum(n for _, n in written.kinds) == 6
    assert not (tmp_path / "data" / "recordings").exists()


def test_recordings_come_with_their_events(tmp_path: Path) -> None:
    recordings = RecordingPlan(2, minutes=0.5, fps=10.0, seed=4)
    written = write_cohort(tmp_path / "data", PLAN, recordings=recordings)
    home = tmp_path / "data" / "recordings"
    with (home / "events.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    second = make_recording(2, minutes=0.5, fps=10.0, seed=4)
    landmarks = np.load(home / "recording_2.npy", allow_pickle=False)
    np.testing.assert_array_equal(landmarks, second.landmarks)
    assert [
        (int(row["start_frame"]), int(row["end_frame"]), row["kind"])
        for row in rows
        if row["recording"] == "recording_2"
    ] == [(event.start_frame, event.end_frame, event.kind) for event in second.events]
    assert written.n_recordings == 2
    assert written.n_recorded_spasms == sum("spasm" in row["kind"] for row in rows) > 0


def test_the_same_plan_writes_the_same_bytes(tmp_path: Path) -> None:
    write_cohort(tmp_path / "a", PLAN)
    write_cohort(tmp_path / "b", PLAN)
    assert snapshot(tmp_path / "a") == snapshot(tmp_path / "b")


def test_progress_hears_of_every_clip(tmp_path: Path) -> None:
    listener = Listener()
    recordings = RecordingPlan(1, minutes=0.5, fps=10.0)
    write_cohort(tmp_path / "data", PLAN, recordings=recordings, progress=listener)
    assert listener.last == {"synthetic clips": (6, 6), "synthetic recordings": (1, 1)}


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    assert write_cohort(tmp_path / "data", PLAN).n_clips == 6


def test_a_folder_of_somebody_is_never_touched(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    for replace in (False, True):
        with pytest.raises(UsageError, match=r"thesis\.txt"):
            write_cohort(tmp_path, PLAN, replace=replace)
    assert snapshot(tmp_path) == {"thesis.txt": b"years of work"}


def test_real_clips_are_not_taken_for_synthetic_ones(tmp_path: Path) -> None:
    (tmp_path / "child_1_1.npy").write_bytes(b"real")
    (tmp_path / "train_data.csv").write_text("segment_name,label\nchild_1_1.npy,1\n")
    with pytest.raises(UsageError, match="no synthetic cohort"):
        write_cohort(tmp_path, PLAN, replace=True)
    (tmp_path / "dataset.json").write_text('{"source": "hospital", "extractor": "mediapipe"}')
    with pytest.raises(UsageError, match="no synthetic cohort"):
        write_cohort(tmp_path, PLAN, replace=True)
    assert (tmp_path / "child_1_1.npy").read_bytes() == b"real"


def test_an_earlier_cohort_is_replaced_only_when_asked(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    write_cohort(folder, PLAN, recordings=RecordingPlan(1, minutes=0.5, fps=10.0))
    before = snapshot(folder)
    with pytest.raises(UsageError, match="--force"):
        write_cohort(folder, PLAN)
    assert snapshot(folder) == before
    one = CohortPlan(n_children=1, n_clips=1, n_frames=30)
    write_cohort(folder, one, replace=True)
    assert set(snapshot(folder)) == {"child_1_1.npy", "dataset.json", "train_data.csv"}


def test_a_note_added_to_an_earlier_cohort_is_kept(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    write_cohort(folder, PLAN)
    (folder / "notes.md").write_text("mine")
    with pytest.raises(UsageError, match=r"notes\.md"):
        write_cohort(folder, PLAN, replace=True)


def test_a_file_in_the_way_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(UsageError, match="a file"):
        write_cohort(tmp_path / "data", PLAN)


def test_a_place_that_cannot_be_written_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match="cannot be written"):
        write_cohort(tmp_path / "file" / "data", PLAN)


def test_an_interruption_leaves_the_old_cohort(tmp_path: Path) -> None:
    class Stop(Listener):
        def step(self, task: str, done: int, total: int) -> None:
            if done == 4:
                raise KeyboardInterrupt

    folder = tmp_path / "data"
    write_cohort(folder, PLAN)
    before = snapshot(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        write_cohort(folder, PLAN, replace=True, progress=Stop())
    assert snapshot(tmp_path) == before
