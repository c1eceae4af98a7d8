"""What all tests share: where real data may lie, and how a clip is made up."""

from __future__ import annotations

from pathlib import Path

import pytest

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
