"""A run on disk: its record and its predictions come back, damaged ones are refused."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from edgekit import runs
from edgekit.clips import save_clip
from edgekit.cohort import CHILD_PATTERN, Cohort, Dataset, load_cohort
from edgekit.errors import DataError, IntegrityError, UsageError

HEADER = b"segment_name,child_id,fold,label,probability\n"


def _record(**changes: object) -> runs.RunRecord:
    record = runs.RunRecord(
        edgekit_version="0",
        created_utc="2026-11-22T16:05:12+00:00",
        data_folder="/data",
        child_pattern=CHILD_PATTERN,
        clips_sha256="ab",
        dataset=Dataset(source="synthetic"),
        fold_of_child={"1": 0, "2": 1},
        settings=runs.TrainingSettings(epochs=3),
        versions={"torch": "2"},
        device="cpu",
        n_threads=2,
        training_loss=((0.5, 0.25), (0.5, 0.125)),
        finished=True,
    )
    return record.model_copy(update=changes)


def _save(root: Path, name: str, **changes: object) -> runs.Run:
    run = runs.Run(root / name, _record(**changes))
    runs.save_record(run)
    return run


def _oof(probabilities: list[float]) -> runs.OofPredictions:
    n = len(probabilities)
    return runs.OofPredictions(
        segment_names=tuple(f"child_{i}_1.npy" for i in range(n)),
        child_ids=tuple(map(str, range(n))),
        folds=np.arange(n) % 2,
        labels=np.arange(n) % 2,
        probabilities=np.array(probabilities),
    )


def test_a_record_comes_back(tmp_path: Path) -> None:
    run = _save(tmp_path, "a")
    assert runs.open_run(tmp_path / "a") == run
    assert json.loads((run.folder / "run.json").read_text())["dataset"]["schema"] == 1


def test_no_run_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nowhere: no run there \(no run\.json\)"):
        runs.open_run(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"schema_version": 2}, "schema_version"),
        ({"novelty": 1}, "novelty"),
        ({"settings": {"epochs": 0}}, r"settings\.epochs"),
        ({"fold_of_child": {"1": "x"}}, r"fold_of_child\.1"),
    ],
)
def test_a_record_that_does_not_fit_names_its_field(
    tmp_path: Path, change: dict[str, object], field: str
) -> None:
    path = _save(tmp_path, "a").folder / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(IntegrityError, match=rf"run\.json: {field}: .*train again"):
        runs.open_run(tmp_path / "a")


def test_a_cut_off_record_is_refused(tmp_path: Path) -> None:
    path = _save(tmp_path, "a").folder / "run.json"
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(IntegrityError, match=r"run\.json: the file: "):
        runs.open_run(tmp_path / "a")


def test_the_newest_finished_run_is_found(tmp_path: Path) -> None:
    _save(tmp_path, "b", created_utc="2026-01-02T00:00:00+00:00")
    newest = _save(tmp_path, "a", created_utc="2026-01-03T00:00:00+00:00")
    _save(tmp_path, "c", created_utc="2026-01-04T00:00:00+00:00", finished=False)
    (tmp_path / "note.txt").write_text("")
    assert runs.newest_run(tmp_path) == newest


def test_a_damaged_run_may_be_the_newest_and_is_not_passed_over(tmp_path: Path) -> None:
    _save(tmp_path, "a")
    (_save(tmp_path, "b").folder / "run.json").write_bytes(b"{")
    with pytest.raises(IntegrityError, match=r"b/run\.json: .*move that run away, or name the one"):
        runs.newest_run(tmp_path)


def test_without_a_finished_run_there_is_none(tmp_path: Path) -> None:
    _save(tmp_path, "c", finished=False)
    for root in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(UsageError, match="no finished run there; run edgekit train"):
            runs.newest_run(root)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_predictions_come_back_to_the_last_digit(probabilities: list[float]) -> None:
    oof = _oof(probabilities)
    with tempfile.TemporaryDirectory() as folder:
        runs.write_oof(Path(folder) / "oof.csv", oof)
        back = runs.read_oof(Path(folder) / "oof.csv")
    assert (back.segment_names, back.child_ids) == (oof.segment_names, oof.child_ids)
    np.testing.assert_array_equal(back.folds, oof.folds)
    np.testing.assert_array_equal(back.labels, oof.labels)
    np.testing.assert_array_equal(back.probabilities, oof.probabilities)


def test_predictions_are_a_plain_csv(tmp_path: Path) -> None:
    run = runs.Run(tmp_path, _record())
    runs.write_oof(tmp_path / "oof.csv", _oof([0.1, 1.0]))
    assert (tmp_path / "oof.csv").read_text() == (
        "segment_name,child_id,fold,label,probability\n"
        "child_0_1.npy,0,0,0,0.1\n"
        "child_1_1.npy,1,1,1,1.0\n"
    )
    assert run.oof().child_ids == ("0", "1")
    assert run.weights(3) == tmp_path / "fold_3.safetensors"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"oof\.csv, row 1: not an oof\.csv; its header is segment_name,"),
        (b"segment_name,label\n", r"oof\.csv, row 1: not an oof\.csv"),
        (HEADER, r"oof\.csv, row 1"),
        (HEADER + b"a,1,0,1,0.5\nb,1,0,1\n", r"oof\.csv, row 3: 4 columns, not 5"),
        (HEADER + b"a,1,0,1,high\n", r"oof\.csv: not a number"),
        (HEADER + b"a,1,x,1,0.5\n", r"oof\.csv: not a number"),
        (HEADER + b"\xff,1,0,1,0.5\n", r"oof\.csv: not UTF-8"),
    ],
)
def test_damaged_predictions_are_refused(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "oof.csv").write_bytes(content)
    with pytest.raises(DataError, match=message):
        runs.read_oof(tmp_path / "oof.csv")


def test_missing_predictions_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"oof\.csv: cannot be read: No such file"):
        runs.read_oof(tmp_path / "oof.csv")


def _cohort(folder: Path, label: int = 1, value: float = 0.0) -> Cohort:
    for number in (1, 2):
        save_clip(folder / f"child_1_{number}.npy", np.full((2, 33, 5), value))
    rows = f"segment_name,label\nchild_1_1.npy,{label}\nchild_1_2.npy,0\n"
    (folder / "train_data.csv").write_text(rows)
    return load_cohort(folder)


def test_the_digest_knows_names_labels_and_bytes_and_no_place(tmp_path: Path) -> None:
    digest = runs.digest_of(_cohort(tmp_path / "a"))
    assert runs.digest_of(_cohort(tmp_path / "b")) == digest
    changed = [
        runs.digest_of(_cohort(tmp_path / "b", label=0)),
        runs.digest_of(_cohort(tmp_path / "b", value=0.5)),
    ]
    (tmp_path / "b" / "child_1_2.npy").rename(tmp_path / "b" / "child_1_3.npy")
    table = tmp_path / "b" / "train_data.csv"
    table.write_text(table.read_text().replace("child_1_2", "child_1_3"))
    changed.append(runs.digest_of(load_cohort(tmp_path / "b")))
    assert len({digest, *changed}) == 4


@pytest.mark.parametrize(
    "change",
    [
        {"n_frames": 15},
        {"n_folds": 1},
        {"epochs": 0},
        {"batch_size": 1},
        {"learning_rate": 0.0},
        {"learning_rate": float("nan")},
        {"learning_rate": float("inf")},
        {"weight_decay": -1.0},
        {"weight_decay": float("inf")},
        {"mil": "mean"},
        {"seed": -1},
        {"epoch": 3},
    ],
)
def test_settings_that_make_no_sense_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        runs.TrainingSettings.model_validate(change)
