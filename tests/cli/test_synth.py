"""`edgekit synth`: what it prints, and how it refuses."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from edgekit.cli.app import app
from edgekit.cohort import load_cohort
from edgekit.errors import EdgekitError

SMALL = ("--children", "2", "--clips", "3", "--frames", "30")


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["synth", *map(str, arguments)])


def exit_code(*arguments: str | Path) -> tuple[int, str]:
    """The exit code and the line that `edgekit.cli.app.main` makes of an error."""
    error = run(*arguments).exception
    assert isinstance(error, EdgekitError), error
    return error.exit_code, str(error)


def test_it_writes_a_cohort_and_says_where_and_that_it_means_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    result = run(folder, *SMALL, "--recordings", "1", "--minutes", "0.5")
    assert result.exit_code == 0, result.output
    assert f"{folder}: 6 clips of 2 children" in result.stdout
    assert f"{folder / 'recordings'}: 1 recordings with" in result.stdout
    assert "no medical device" in result.stdout
    assert f"edgekit train {folder}" in result.stdout
    assert len(load_cohort(folder).segments) == 6


def test_the_seed_decides(tmp_path: Path) -> None:
    for name, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        assert run(tmp_path / name, *SMALL, "--seed", seed).exit_code == 0
    a, b, c = ((tmp_path / name / "child_2_3.npy").read_bytes() for name in "abc")
    assert a == b != c


def test_a_folder_that_is_not_empty_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    code, line = exit_code(tmp_path, *SMALL, "--force")
    assert code == 2
    assert "mine.txt" in line
    assert "choose another folder" in line


def test_force_replaces_an_earlier_cohort(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    assert run(folder, *SMALL).exit_code == 0
    code, line = exit_code(folder, *SMALL)
    assert code == 2
    assert "--force" in line
    assert run(folder, *SMALL, "--force", "--seed", "9").exit_code == 0


@pytest.mark.parametrize(
    "option", [("--children", "0"), ("--fps", "-3"), ("--minutes", "0"), ("--frames", "10")]
)
def test_a_bad_number_is_a_usage_error(tmp_path: Path, option: tuple[str, str]) -> None:
    code, line = exit_code(tmp_path / "data", *option)
    assert code == 2
    assert " ".join(option) in line.replace(".0", "")
    assert not (tmp_path / "data").exists()


def test_a_word_for_a_number_is_a_usage_error(tmp_path: Path) -> None:
    assert run(tmp_path / "data", "--children", "many").exit_code == 2


def test_no_permission_is_an_output_error(tmp_path: Path) -> None:
    # Nothing stops root in a folder of its own, but not even root makes one in /sys.
    place = Path("/sys") if os.geteuid() == 0 else tmp_path
    if place == tmp_path:
        place.chmod(0o555)
    code, line = exit_code(place / "edgekit-data", *SMALL)
    assert code == 18
    assert "no permission" in line or "read-only" in line


def test_a_file_for_a_folder_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    code, line = exit_code(tmp_path / "file" / "data", *SMALL)
    assert code == 18
    assert "a part of the path is a file" in line
