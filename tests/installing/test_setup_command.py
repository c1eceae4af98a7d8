"""`edgekit setup` as a person and a script meet it: a process in a home of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from setup_home import TINY_BUNDLE, Home


def _setup(home: Home, *options: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "edgekit", "setup", "--home", *map(str, options)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "HOME": str(home.path)},
    )


def test_without_a_terminal_it_asks_nothing_and_undo_leaves_no_trace(home: Home) -> None:
    before = home.all_files()
    options = ("--bundle", TINY_BUNDLE, "--source", home.recording, "--skip", "pose,runtime,alarm")

    dry = _setup(home, *options, "--dry-run")
    assert dry.returncode == 0, dry.stderr
    assert "settings  would: write" in dry.stdout
    assert home.all_files() == before

    done = _setup(home, *options)
    assert done.returncode == 0, done.stderr
    assert "bundle    done: " in done.stdout
    assert "1 left: " in done.stdout
    undone = _setup(home, "--undo")
    assert undone.returncode == 0, undone.stderr
    assert home.all_files() == before
    assert "nothing to undo" in _setup(home, "--undo").stdout


def test_an_unknown_step_is_refused_in_a_line(home: Home) -> None:
    done = _setup(home, "--skip", "models")

    assert done.returncode == 2
    assert done.stderr.startswith("edgekit: --skip models: no such step; there are doctor,")
