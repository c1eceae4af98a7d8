"""Which folder a run gets: a new one, the interrupted one, or a refusal that says why."""

from __future__ import annotations

from pathlib import Path

import pytest
from toy_cohort import toy_settings

from edgekit.cohort import CHILD_PATTERN, Dataset
from edgekit.errors import IntegrityError, OutputError, UsageError
from edgekit.progress import SILENT
from edgekit.runs import RUN_FILE, Run, RunRecord, open_run, save_record
from edgekit.train.run_folder import differences, run_folder


def _record(**changes: object) -> RunRecord:
    record = RunRecord(
        edgekit_version="0",
        created_utc="2026-11-22T16:05:12+00:00",
        data_folder="/data",
        child_pattern=CHILD_PATTERN,
        clips_sha256="ab",
        dataset=Dataset(),
        fold_of_child={"1": 0, "2": 1},
        settings=toy_settings(),
        versions={"torch": "2"},
        device="cpu",
    )
    return record.model_copy(update=changes)


class Said:
    """Keeps what was said."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def step(self, task: str, done: int, total: int) -> None: ...

    def say(self, line: str) -> None:
        self.lines.append(line)


def _open(
    root: Path,
    record: RunRecord | None = None,
    *,
    name: str | None = None,
    fresh: bool = False,
    said: Said | None = None,
) -> Run:
    with run_folder(
        record or _record(), root=root, name=name, fresh=fresh, progress=said or SILENT
    ) as run:
        return run


def _finish(run: Run) -> None:
    save_record(Run(run.folder, run.record.model_copy(update={"finished": True})))


def test_a_new_run_is_named_after_the_time_with_a_counter_if_taken(tmp_path: Path) -> None:
    names = [_open(tmp_path / "deep" / "runs", fresh=True).folder.name for _ in range(3)]
    assert names == ["2026-11-22_160512", "2026-11-22_160512_2", "2026-11-22_160512_3"]


def test_the_record_is_there_before_training_starts(tmp_path: Path) -> None:
    run = _open(tmp_path, name="a")
    assert open_run(tmp_path / "a") == run
    assert not run.record.finished


def test_an_interrupted_run_goes_on_without_a_name(tmp_path: Path) -> None:
    first = _open(tmp_path)
    said = Said()
    later = _record(created_utc="2027-01-01T00:00:00+00:00")
    again = _open(tmp_path, later, said=said)
    assert again == first
    assert said.lines == [f"{first.folder}: goes on where it was interrupted"]


def test_the_newest_interrupted_run_that_fits_goes_on(tmp_path: Path) -> None:
    for month in (1, 3, 2):
        _open(tmp_path, _record(created_utc=f"2026-0{month}-01T00:00:00+00:00"), name=f"m{month}")
    odd = _record(created_utc="2026-04-01T00:00:00+00:00", settings=toy_settings(seed=1))
    _open(tmp_path, odd, name="m4")
    said = Said()
    assert _open(tmp_path, said=said).folder.name == "m3"
    assert said.lines[0].endswith(
        "m4: unfinished and of other settings (seed 1 there, 0 now); left alone"
    )


def test_a_finished_run_is_left_alone(tmp_path: Path) -> None:
    first = _open(tmp_path)
    _finish(first)
    assert _open(tmp_path).folder != first.folder
    for fresh in (False, True):
        with pytest.raises(UsageError, match="a finished run; choose another --name"):
            _open(tmp_path, name=first.folder.name, fresh=fresh)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"settings": toy_settings(epochs=4, seed=2)},
            "epochs 3 there, 4 now; seed 0 there, 2 now",
        ),
        ({"clips_sha256": "cd"}, "its clips or labels are not these"),
        ({"n_threads": 2}, "n_threads 1 there, 2 now"),
        ({"device": "cuda"}, "device cpu there, cuda now"),
        ({"versions": {"torch": "3"}}, "torch 2 there, 3 now"),
        ({"child_pattern": "(?P<child>.)"}, "child_pattern"),
    ],
)
def test_another_setting_for_the_same_name_is_named(
    tmp_path: Path, change: dict[str, object], words: str
) -> None:
    _open(tmp_path, name="a")
    with pytest.raises(UsageError) as caught:
        _open(tmp_path, _record(**change), name="a")
    assert words in str(caught.value)
    assert str(tmp_path / "a") in str(caught.value)
    assert "--fresh" in str(caught.value)
    # Without a name such a run is not touched either.
    assert _open(tmp_path, _record(**change)).folder.name != "a"


def test_fresh_throws_an_unfinished_run_of_that_name_away(tmp_path: Path) -> None:
    run = _open(tmp_path, name="a")
    run.weights(0).write_bytes(b"old")
    (run.folder / "fold_1.checkpoint.safetensors").write_bytes(b"old")
    other = _record(settings=toy_settings(seed=5))
    assert _open(tmp_path, other, name="a", fresh=True).record == other
    assert [path.name for path in run.folder.iterdir()] == [RUN_FILE]


def test_fresh_without_a_name_keeps_the_interrupted_run(tmp_path: Path) -> None:
    first = _open(tmp_path)
    assert _open(tmp_path, fresh=True).folder != first.folder
    assert open_run(first.folder) == first


def test_leftovers_of_a_killed_write_are_swept_up(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    folder.mkdir()
    (folder / ".run.json.x1.tmp").write_text("{")
    _open(tmp_path, name="a")
    assert [path.name for path in folder.iterdir()] == [RUN_FILE]


def test_a_folder_of_other_things_is_not_taken_over(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "thesis.txt").write_text("mine")
    with pytest.raises(UsageError, match="holds files that are no run"):
        _open(tmp_path, name="a", fresh=True)
    assert (tmp_path / "a" / "thesis.txt").read_text() == "mine"


def test_a_damaged_neighbour_is_left_alone_and_said(tmp_path: Path) -> None:
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / RUN_FILE).write_text("{")
    said = Said()
    _open(tmp_path, said=said)
    assert len(said.lines) == 1
    assert said.lines[0].startswith(f"left alone: {tmp_path / 'bad' / RUN_FILE}")
    with pytest.raises(IntegrityError, match="damaged"):
        _open(tmp_path, name="bad")


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../a", ".hidden", "a\0b"])
def test_a_name_with_a_path_in_it_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="--name .*plain folder name"):
        _open(tmp_path, name=name)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for root, name in ((tmp_path / "file", None), (tmp_path / "file" / "runs", "a")):
        with pytest.raises(OutputError, match="cannot be written"):
            _open(root, name=name)
    with pytest.raises(OutputError, match="cannot be written"):
        _open(tmp_path, name="file")


def test_two_trainings_never_share_a_folder(tmp_path: Path) -> None:
    with run_folder(_record(), root=tmp_path, name=None, fresh=False, progress=SILENT) as run:
        with pytest.raises(UsageError, match="another process is training there"):
            _open(tmp_path, name=run.folder.name)
        assert _open(tmp_path).folder != run.folder
    assert _open(tmp_path, name=run.folder.name) == run


def test_records_that_differ_in_time_alone_are_the_same_run() -> None:
    later = _record(created_utc="2027-01-01T00:00:00+00:00", finished=True)
    assert differences(_record(), later) == []
