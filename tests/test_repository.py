"""The house keeps its own rules: sizes, public files, and a README that tells the truth."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

MAX_LINES = 300
PACKAGES = ("edgekit", "export/edgekit_export", "benchmarks/edgekit_bench", "tests")


def test_no_file_has_grown_two_things(repository: Path) -> None:
    long = {
        str(path.relative_to(repository)): n_lines
        for package in PACKAGES
        for path in (repository / package).rglob("*.py")
        if (n_lines := len(path.read_text().splitlines())) > MAX_LINES
    }
    assert long == {}


def test_every_module_says_what_it_is(repository: Path) -> None:
    silent = [
        str(path.relative_to(repository))
        for package in PACKAGES[:3]
        for path in (repository / package).rglob("*.py")
        if not path.read_text().startswith('"""')
    ]
    assert silent == []


def test_make_targets_of_the_readme_exist(repository: Path) -> None:
    makefile = (repository / "Makefile").read_text()
    named = set(
        re.findall(r"(?:^|`)make ([a-z-]+)", (repository / "README.md").read_text(), re.MULTILINE)
    )
    assert {"demo", "test", "check"} <= named
    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in named), named


def test_commands_of_the_readme_exist(repository: Path) -> None:
    text = (repository / "README.md").read_text()
    named = set(re.findall(r"^\$? ?edgekit ([a-z]+)", text, re.MULTILINE))
    assert {"train", "export", "verify", "predict", "bench"} <= named
    help_text = subprocess.run(
        [sys.executable, "-m", "edgekit", "--help"], capture_output=True, text=True, check=True
    ).stdout
    assert all(f"\n  {command} " in help_text for command in named), named


def test_exit_codes_of_the_readme_are_those_of_the_errors(repository: Path) -> None:
    from edgekit import errors

    text = (repository / "README.md").read_text()
    rows = dict(re.findall(r"^\| (\d+) \| `(\w+Error)` \|", text, re.MULTILINE))
    documented = {name: int(code) for code, name in rows.items()}
    real = {
        name: cls.exit_code
        for name, cls in vars(errors).items()
        if isinstance(cls, type) and issubclass(cls, errors.EdgekitError) and cls.exit_code > 1
    }
    assert documented == real


@pytest.mark.parametrize(
    "extra", ["pose", "openvino", "train", "serve", "bridge", "device", "dev", "all"]
)
def test_extras_are_declared(repository: Path, extra: str) -> None:
    assert f"\n{extra} = [" in (repository / "pyproject.toml").read_text()


def test_the_rows_of_the_fault_table_are_in_the_tests_that_it_names(repository: Path) -> None:
    text = (repository / "docs" / "faults.md").read_text()
    rows = re.findall(r"^\| (\d+) \|.*\| ([^|]+) \|$", text, re.MULTILINE)
    assert len(rows) >= 24
    unnamed = [
        (row, path)
        for row, cell in rows
        for path in re.findall(r"`([\w/]+\.py)`", cell)
        if not re.search(
            rf"\brow(?:s)? (?:\d+[,a-z ]+)*{row}\b",
            (repository / "tests" / path).read_text().replace("_", " "),
            re.IGNORECASE,
        )
    ]
    assert unnamed == []
