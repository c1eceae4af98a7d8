"""What all tests share: where real data may lie, and how a clip is made up."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

# The machine's load must not fail a test, nor the day of the week.
settings.register_profile("edgekit", deadline=None, derandomize=True, database=None)
settings.load_profile("edgekit")

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of real recordings beside the repository, or skip."""
    folder = REPOSITORY.parent / "shared"
    if not (folder / "data").is_dir():
        pytest.skip("needs the recordings in ../shared/data, which are not part of the repository")
    return folder


@pytest.fixture(scope="session")
def repository() -> Path:
    """Return the repository's top folder."""
    return REPOSITORY
