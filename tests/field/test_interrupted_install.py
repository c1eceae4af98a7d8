"""Row 26: interrupted at every file operation, the old bundle boots or the new, never neither."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from field_bundles import release, two_installed

PROGRAM = Path(__file__).resolve().parent.parent / "interrupted_program.py"


@dataclass(frozen=True)
class Try:
    """One kill, and what boots then."""

    killed_at: str
    """Which call, and which of its times; `none` is the one that was left alone."""
    boots: str
    boots_after_next: str
    """After one more install, where the killed one did not count."""


def sweep(deed: str, folder: Path) -> list[Try]:
    """Kill the deed at each of its file operations; return what boots after each."""
    if shutil.which("strace") is None:
        pytest.skip("needs strace: make tools")
    done = subprocess.run(
        [sys.executable, str(PROGRAM), deed, str(folder)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"},
    )
    if "cannot attach" in done.stderr:
        pytest.skip("strace may not attach to processes here (ptrace_scope)")
    assert done.returncode == 0, done.stderr
    return [Try(*json.loads(line)) for line in done.stdout.splitlines()]


def expect(deed: str, folder: Path, *, before: set[str], after: str, at_least: int) -> None:
    whole, *killed = sweep(deed, folder)
    print(f"{deed}: killed at {len(killed)} points")  # noqa: T201 -- the row's figure
    assert (whole.killed_at, whole.boots) == ("none", after)
    assert len(killed) >= at_least, "the sweep reached the work"
    assert {one.boots for one in killed} == before | {after}
    if deed == "install":
        assert {one.boots_after_next for one in killed} == {after}


def test_an_install_over_two_good_ones(tmp_path: Path) -> None:
    """The slot that is overwritten stops being a way back before it is touched."""
    slots = two_installed(tmp_path)
    state = slots.read()
    assert state is not None
    slots.write(state.proved())
    release(tmp_path / "next", 3)
    expect(
        "install",
        tmp_path,
        before={"2, back to 1", "2"},
        after="3 on trial, back to 2",
        at_least=40,
    )


@pytest.mark.parametrize(
    ("deed", "after"), [("roll back", "1"), ("keep", "2, back to 1")], ids=["rollback", "keep"]
)
def test_the_end_of_a_trial(deed: str, after: str, tmp_path: Path) -> None:
    two_installed(tmp_path)
    expect(deed, tmp_path, before={"2 on trial, back to 1"}, after=after, at_least=3)


def test_the_planted_failure_is_seen(tmp_path: Path) -> None:
    """A sweep in which neither boots must fail."""
    slots = two_installed(tmp_path)
    (slots.path("b") / "model.fp32.onnx").unlink()
    with pytest.raises(AssertionError):
        expect("keep", tmp_path, before={"2 on trial, back to 1"}, after="2, back to 1", at_least=3)
