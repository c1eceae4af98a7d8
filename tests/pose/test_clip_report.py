from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from pose_fakes import FakeExtractor, FakeSource

from edgekit.errors import UsageError
from edgekit.pose.clip_report import ClipReport, describe, target_of
from edgekit.pose.extract import extract


def _report(fps: float | None = 30.0) -> ClipReport:
    source = FakeSource([0.0, 0.5, 1.0, 2.0], n_lost=[0, 0, 0, 1])
    track = extract(source, FakeExtractor(absent_s=[0.5]))
    return describe("v.mp4", Path("v.npy"), track, np.zeros((61, 33, 5)), fps)


def test_a_line_says_what_was_written_and_how_much_was_seen() -> None:
    line = _report().as_line()
    assert line == (
        "wrote v.npy: 61 frames at 30 fps, 2.0 s; a person in 75% of the 4 frames of v.mp4 "
        "(6x4, 1 lost)"
    )
    assert "on the source's own frames" in _report(fps=None).as_line()


def test_json_holds_the_same() -> None:
    told = json.loads(_report().as_json())
    assert told["n_frames"] == 61
    assert told["share_with_person"] == 0.75
    assert (told["n_source_frames"], told["n_without_person"], told["n_lost"]) == (4, 1, 1)
    assert told["seconds"] == 2.0


@pytest.mark.parametrize(
    ("source", "name"),
    [("a/b/video.mp4", "video.npy"), ("0", "camera.npy"), ("/dev/video2", "video2.npy")],
)
def test_a_clip_is_named_after_its_source(source: str, name: str) -> None:
    assert target_of(source, None) == Path(name)


def test_another_ending_is_refused_before_the_work() -> None:
    with pytest.raises(UsageError, match=r"ends in \.npy"):
        target_of("video.mp4", Path("clip.csv"))
