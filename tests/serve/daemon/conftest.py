"""A minute of a synthetic child, and a bundle that calls some of it positive."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from daemon_process import bundle_for, recording

from edgekit.bundle import Bundle
from edgekit.clips import Clip


@dataclass(frozen=True)
class Bedside:
    """What a daemon is started with."""

    source: Path
    landmarks: Clip
    bundle: Bundle

    @property
    def options(self) -> tuple[str | Path, ...]:
        """Of `edgekit serve`."""
        return ("--source", self.source, "--bundle", self.bundle.folder)


@pytest.fixture(scope="session")
def bedside(tmp_path_factory: pytest.TempPathFactory) -> Bedside:
    """Two minutes of recording; one window in ten is positive."""
    folder = tmp_path_factory.mktemp("bedside")
    source = recording(folder, minutes=2.0)
    landmarks = np.load(source)
    return Bedside(source, landmarks, bundle_for(folder, landmarks, positives=0.1))
