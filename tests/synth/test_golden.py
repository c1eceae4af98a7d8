"""Golden clips: the same bytes everywhere, and each shows what it is there for."""

from __future__ import annotations

import hashlib
import subprocess
import sys

import numpy as np
import pytest

from edgekit.clips import check_clip, observed
from edgekit.features import extract
from edgekit.synth import golden_clips, golden_names

DIGEST = "a0f4386ddb800a41a31e3449f1825f4ab0266196cd54d6fc30687a3ad70f1c17"
"""SHA-256 of `golden_clips(150, 30.0)`. It changes only when the synthetic model does, on purpose;
bundles carry their golden clips and do not depend on it."""


def test_the_bytes_are_those_of_every_other_machine() -> None:
    assert hashlib.sha256(golden_clips(150, 30.0).tobytes()).hexdigest() == DIGEST


def test_seeds_and_counts() -> None:
    eight = golden_clips(60, 30.0)
    assert eight.dtype == np.float32
    assert eight.shape == (8, 60, 33, 5)
    np.testing.assert_array_equal(golden_clips(60, 30.0, count=3), eight[:3])
    assert not np.array_equal(golden_clips(60, 30.0, seed=1), eight, equal_nan=True)
    ten = golden_clips(60, 30.0, count=10)
    assert not np.array_equal(ten[8], ten[0], equal_nan=True)  # the same recipe, another child


def test_each_shows_what_it_is_there_for() -> None:
    clips = dict(zip(golden_names(), golden_clips(150, 30.0), strict=True))
    share = {name: float(np.mean(observed(clip))) for name, clip in clips.items()}
    assert share["heavy landmark loss"] < 0.75
    assert share["an almost empty clip"] < 0.02
    assert share["a spasm"] > 0.8
    gone = ~np.any(observed(clips["whole frames lost"]), axis=1)
    assert gone[0]
    assert gone.sum() > 20
    never = ~np.any(observed(clips["one limb never seen"]), axis=0)
    assert list(np.flatnonzero(never)) == [13, 15, 17, 19, 21]
    assert np.isfinite(clips["an almost empty clip"][-1, 24]).all()


@pytest.mark.parametrize("n_frames", [1, 2, 16, 60, 151])
def test_any_length_gives_clips_that_features_take(n_frames: int) -> None:
    for clip in golden_clips(n_frames, 30.0):
        check_clip(clip, name="golden", n_frames=n_frames)
        assert np.isfinite(extract(clip)).all()


def test_a_device_needs_numpy_only() -> None:
    script = (
        "import sys, edgekit.synth; heavy = {'pydantic', 'typer', 'torch', 'onnxruntime'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
