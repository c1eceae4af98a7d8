"""Two minutes of a synthetic child, and bundles that call some of it positive, or all."""

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


@pytest.fixture(scope="session")
def restless(bedside: Bedside, tmp_path_factory: pytest.TempPathFactory) -> Bedside:
    """The same recording with every window positive: as many events as the settings allow."""
    folder = tmp_path_factory.mktemp("restless")
    return Bedside(
        bedside.source,
        bedside.landmarks,
        bundle_for(folder, bedside.landmarks, positives=1.0),
    )


def settings_file(folder: Path, text: str) -> Path:
    """Write a settings file and return it."""
    path = folder / "edgekit.toml"
    path.write_text(text, encoding="utf-8")
    return path


MANY_EVENTS = """
[alarm]
n_positive = 1
n_windows = 1
refractory_s = 1.1
cluster_spasms = 100
cluster_minutes = 0.1
"""
"""With `restless`: a spasm every one and a half seconds of the source's time."""
