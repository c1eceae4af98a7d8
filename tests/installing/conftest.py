"""A home that was never set up, and `systemctl` on the path."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from setup_home import Home, make_home


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    made = make_home(tmp_path)
    monkeypatch.setenv("PATH", f"{made.machine.tools}:{os.environ['PATH']}")
    monkeypatch.delenv("EDGEKIT_CACHE", raising=False)
    monkeypatch.delenv("EDGEKIT_SETTINGS", raising=False)
    monkeypatch.setenv("HOME", str(made.path))
    monkeypatch.chdir(tmp_path)
    return made
