"""What the tests of pose share: the real model, when it can be had."""

from __future__ import annotations

import pytest
from pose_fakes import fetched_model

from edgekit.pose.models import ModelFile


@pytest.fixture(scope="session")
def pose_model() -> ModelFile:
    """Return the full model, or skip."""
    return fetched_model()
