"""A folder of clips and its label file: what is read, and what is refused with file and row."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from edgekit.clips import save_clip
from edgekit.cohort import CHILD_PATTERN, Dataset, load_cohort, load_dataset
from edgekit.errors import DataError, UsageError

CLIP = np.zeros((2, 33, 5))


def _folder(
    path: Path, rows: Sequence[str], clips: Sequence[str] = ("child_1_1.npy", "child_2_1.npy")
) -> Path:
    """Write clips and a label file of these rows, the header among them."""
    for name in clips:
        save_clip(path / name, CLIP)
    (path / "train_data.csv").write_text("\n".join(rows) + "\n")
    return path


GOOD = ("segment_name,label", "child_2_1.npy,0", "child_1_1.npy,1")


def test_reads_the_challenges_format_sorted_by_name(tmp_path: Path) -> None:
    cohort = load_cohort(_folder(tmp_path, GOOD))
    assert [(s.name, s.child_id, s.label) for s in cohort.segments] == [
        ("child_1_1.npy", "1", 1),
        ("child_2_1.npy", "2", 0),
    ]
    assert cohort.children == ("1", "2")
    assert cohort.dataset == Dataset()
    assert cohort.label_file == tmp_path / "train_data.csv"
    assert cohort.child_pattern == CHILD_PATTERN
    np.testing.assert_array_equal(cohort.segments[0].load(2), CLIP)


def test_leading_zeros_make_no_second_child(tmp_path: Path) -> None:
    names = ("child_01_1.npy", "child_1_2.npy", "child_10_1.npy")
    rows = ("segment_name,label", *(f"{name},1" for name in names))
    cohort = load_cohort(_folder(tmp_path, rows, clips=names))
    assert {segment.name: segment.child_id for segment in cohort.segments} == {
        "child_01_1.npy": "1",
        "child_1_2.npy": "1",
        "child_10_1.npy": "10",
    }


def test_pattern_of_ones_own_keeps_the_zeros(tmp_path: Path) -> None:
    names = ("01-a.npy", "1-b.npy")
    rows = ("segment_name,label", *(f"{name},1" for name in names))
    folder = _folder(tmp_path, rows, clips=names)
    assert load_cohort(folder, child_pattern=r"(?P<child>\d+)-.*").children == ("01", "1")


@pytest.mark.parametrize("pattern", [r"(?P<child>x)?child_.*", r"(?P<child>x*)child_.*"])
def test_pattern_that_finds_no_child_is_refused(tmp_path: Path, pattern: str) -> None:
    with pytest.raises(DataError, match=r"row 2: 'child_2_1.npy' names no child"):
        load_cohort(_folder(tmp_path, GOOD), child_pattern=pattern)


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbfsegment_name,label\nchild_1_1.npy,1\nchild_2_1.npy,0\n",
        b"segment_name,label\r\nchild_1_1.npy,1\r\nchild_2_1.npy,0\r\n",
        b"note,label,segment_name,x\na,1,child_1_1.npy,\nb,0,child_2_1.npy,7,8\n",
        b"segment_name, label\nchild_1_1.npy, 1 \n child_2_1.npy ,0\n",
        b'segment_name,label\n"child_1_1.npy","1"\n\nchild_2_1.npy,0',
        b"\xef\xbb\xbf segment_name , label \r\nchild_1_1.npy,1\r\n\r\nchild_2_1.npy,0\r\n\r\n",
    ],
    ids=["BOM", "CRLF", "extra columns", "spaces", "quotes and blank line", "all at once"],
)
def test_accepts_what_spreadsheets_write(tmp_path: Path, content: bytes) -> None:
    (_folder(tmp_path, GOOD) / "train_data.csv").write_bytes(content)
    cohort = load_cohort(tmp_path)
    assert [(s.child_id, s.label) for s in cohort.segments] == [("1", 1), ("2", 0)]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ((*GOOD, "child_3_1.npy,1"), r"train_data\.csv, row 4: .*child_3_1\.npy does not exist"),
        (GOOD[:2], r"child_1_1\.npy: no label in train_data\.csv \(1 such files\); add a row"),
        ((*GOOD, "child_1_1.npy,1"), r"train_data\.csv, row 4: child_1_1\.npy is listed twice"),
        ((*GOOD, "child_1_1.npy,0"), r"train_data\.csv, row 4: child_1_1\.npy is listed twice"),
        ((*GOOD[:2], "child_1_1.npy,2"), r"row 3: label '2'; it is 1 \(spasm\) or 0 \(none\)"),
        ((*GOOD[:2], "child_1_1.npy,1.0"), r"row 3: label '1\.0'"),
        ((*GOOD[:2], "child_1_1.npy,yes"), r"row 3: label 'yes'"),
        ((*GOOD[:2], "child_1_1.npy,"), r"row 3: label ''"),
        ((*GOOD[:2], "child_1_1.npy"), r"train_data\.csv, row 3: too few columns"),
        ((*GOOD[:2], "../child_1_1.npy,1"), r"row 3: segment name '\.\./child_1_1\.npy'; .* path"),
        ((*GOOD[:2], "/etc/passwd,1"), r"row 3: segment name '/etc/passwd'"),
        ((*GOOD[:2], "a\\child_1_1.npy,1"), r"row 3: segment name"),
        ((*GOOD[:2], "..,1"), r"row 3: segment name '\.\.'"),
        ((*GOOD[:2], ",1"), r"row 3: segment name ''"),
        ((*GOOD[:2], "kid1.npy,1"), r"row 3: 'kid1\.npy' names no child by .*--child-pattern"),
        (("name,label", "child_1_1.npy,1"), r"train_data\.csv, row 1: the header must hold"),
        (("",), r"train_data\.csv, row 1: the header must hold segment_name,label"),
    ],
)
def test_a_bad_row_is_named_with_its_cure(
    tmp_path: Path, rows: Sequence[str], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        load_cohort(_folder(tmp_path, rows))


def test_rows_are_counted_as_an_editor_shows_them(tmp_path: Path) -> None:
    rows = ("segment_name,label", "", "child_2_1.npy,0", "", "child_1_1.npy,x")
    with pytest.raises(DataError, match="row 5: label 'x'"):
        load_cohort(_folder(tmp_path, rows))


def test_an_empty_label_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="row 1: the header"):
        load_cohort(_folder(tmp_path, (), clips=()))


def test_a_label_file_without_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"train_data\.csv: no rows"):
        load_cohort(_folder(tmp_path, GOOD[:1], clips=()))


def test_the_number_of_files_without_label_is_told(tmp_path: Path) -> None:
    clips = ("child_1_1.npy", "child_1_2.npy", "child_1_3.npy")
    with pytest.raises(DataError, match=r"child_1_2\.npy: no label .*\(2 such files\)"):
        load_cohort(_folder(tmp_path, (GOOD[0], GOOD[2]), clips))


def test_text_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    (_folder(tmp_path, GOOD) / "train_data.csv").write_bytes("segment_name,läbel".encode("latin-1"))
    with pytest.raises(DataError, match="not UTF-8 text"):
        load_cohort(tmp_path)


def test_a_missing_folder_or_label_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nowhere: no such folder"):
        load_cohort(tmp_path / "nowhere")
    with pytest.raises(DataError, match=r"train_data\.csv: no such file; labels are a csv"):
        load_cohort(tmp_path)
    with pytest.raises(DataError, match=r"mine\.csv: cannot be read: No such file"):
        load_cohort(tmp_path, labels=tmp_path / "mine.csv")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_label_file_without_permission_is_named(tmp_path: Path) -> None:
    (_folder(tmp_path, GOOD) / "train_data.csv").chmod(0)
    with pytest.raises(DataError, match="Permission denied"):
        load_cohort(tmp_path)


def test_the_only_csv_is_taken_and_of_several_none(tmp_path: Path) -> None:
    label_file = _folder(tmp_path, GOOD) / "train_data.csv"
    label_file.rename(tmp_path / "mine.csv")
    assert load_cohort(tmp_path).label_file == tmp_path / "mine.csv"
    (tmp_path / "other.csv").write_text("")
    with pytest.raises(DataError, match=r"several csv files \(mine\.csv, other\.csv\).*--labels"):
        load_cohort(tmp_path)
    assert len(load_cohort(tmp_path, labels=tmp_path / "mine.csv").segments) == 2


def test_other_names_by_a_pattern(tmp_path: Path) -> None:
    rows = ("segment_name,label", "anna-morning.npy,1", "ben-noon.npy,0")
    _folder(tmp_path, rows, ("anna-morning.npy", "ben-noon.npy"))
    cohort = load_cohort(tmp_path, child_pattern=r"(?P<child>[a-z]+)-.*\.npy")
    assert cohort.children == ("anna", "ben")


@pytest.mark.parametrize(
    ("pattern", "message"),
    [("(", "--child-pattern '\\('"), (r"child_(\d+)", "needs a group named child")],
)
def test_a_pattern_that_cannot_work_is_refused(tmp_path: Path, pattern: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        load_cohort(_folder(tmp_path, GOOD), child_pattern=pattern)


def test_dataset_json_is_read_and_checked(tmp_path: Path) -> None:
    (tmp_path / "dataset.json").write_text('{"schema": 1, "source": "synthetic", "fps": 25}')
    assert load_dataset(tmp_path) == Dataset(schema=1, source="synthetic", fps=25.0)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"fps": 0}', r"dataset\.json: fps: "),
        ('{"schema": 2}', r"dataset\.json: schema: "),
        ('{"frames": 3}', r"dataset\.json: frames: "),
        ("{", r"dataset\.json: the file: "),
    ],
)
def test_a_bad_dataset_json_names_its_field(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "dataset.json").write_text(content)
    with pytest.raises(DataError, match=message):
        load_dataset(tmp_path)
