"""A small bundle kept in the repository: runtime tests need neither torch nor onnx."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from edgekit.bundle import Bundle, load_bundle

TINY_BUNDLE = Path(__file__).resolve().parent.parent / "data" / "tiny_bundle"
"""Written by `python tests/tiny_bundle.py tests/data/tiny_bundle`: random weights, T = 32."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a copy of the bundle that a test may spoil."""
    return Path(shutil.copytree(TINY_BUNDLE, tmp_path / "bundle"))


@pytest.fixture
def bundle(folder: Path) -> Bundle:
    """Return the bundle, checked."""
    return load_bundle(folder)
