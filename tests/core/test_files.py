"""Files and folders appear whole or not at all."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from edgekit import files
from edgekit.errors import OutputError


def test_writes_and_replaces_without_leftovers(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "a.txt"
    files.write_text(target, "one")
    files.write_text(target, "two")
    assert target.read_text() == "two"
    assert [path.name for path in target.parent.iterdir()] == ["a.txt"]


def test_full_disk_is_an_output_error_that_keeps_the_old_file() -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no /dev/full on this system")
    with (
        pytest.raises(OutputError, match="disk is full"),
        files.writing(full),
        full.open("wb") as f,
    ):
        f.write(b"x" * 100_000)


def test_forbidden_place_names_path_and_cure(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match=r"file/b\.txt: cannot be written"):
        files.write_text(tmp_path / "file" / "b.txt", "x")


def test_new_folder_replaces_the_old_one(tmp_path: Path) -> None:
    for content in ("old", "new"):
        with files.new_folder(tmp_path / "out") as draft:
            (draft / f"{content}.txt").write_text(content)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["new.txt"]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_new_folder_that_fails_leaves_the_old_one(tmp_path: Path) -> None:
    with files.new_folder(tmp_path / "out") as draft:
        (draft / "old.txt").write_text("old")
    with pytest.raises(RuntimeError), files.new_folder(tmp_path / "out") as draft:
        (draft / "half.txt").write_text("half")
        raise RuntimeError
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["old.txt"]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


KILLED_WRITER = """
import os, signal, sys
from pathlib import Path
from edgekit import files
target, step = Path(sys.argv[1]), int(sys.argv[2])
calls = 0
real = {name: getattr(os, name) for name in ("rename", "replace", "fsync")}
def counted(name):
    def call(*args, **kwargs):
        global calls
        calls += 1
        if calls == step:
            os.kill(os.getpid(), signal.SIGKILL)
        return real[name](*args, **kwargs)
    return call
for name in real:
    setattr(os, name, counted(name))
with files.new_folder(target) as draft:
    for number in range(3):
        (draft / f"{number}.txt").write_text("new")
print("finished")
"""


@pytest.mark.parametrize("step", range(1, 9))
def test_killed_at_any_step_the_folder_is_the_old_or_the_new_one(tmp_path: Path, step: int) -> None:
    target = tmp_path / "out"
    with files.new_folder(target) as draft:
        for number in range(3):
            (draft / f"{number}.txt").write_text("old")
    subprocess.run(
        [sys.executable, "-c", KILLED_WRITER, str(target), str(step)], check=False, text=True
    )
    files.recover(target)
    contents = [path.read_text() for path in sorted(target.iterdir())]
    assert contents in (["old"] * 3, ["new"] * 3)


def test_sha256_is_the_files() -> None:
    import hashlib

    path = Path(os.__file__)
    assert files.sha256(path) == hashlib.sha256(path.read_bytes()).hexdigest()
