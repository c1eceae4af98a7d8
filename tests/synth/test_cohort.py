"""The cohort: the challenge's format, seeded, balanced, and not to be solved by speed alone."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from edgekit.clips import check_clip, observed
from edgekit.errors import UsageError
from edgekit.features import CHANNELS, extract
from edgekit.scoring import auroc
from edgekit.skeleton import LANDMARKS
from edgekit.synth import KINDS, SPASM_KINDS, CohortPlan, Kind, SyntheticClip, make_cohort
from edgekit.synth.child import POSTURES
from edgekit.synth.cohort import child_of, draw_scene, stream
from edgekit.synth.scene import joints, move

PLAN = CohortPlan(n_children=10)
SMALL = CohortPlan(n_children=2, n_clips=3, n_frames=40)
HANDS_AND_FEET = [
    LANDMARKS.index(f"{side}_{joint}") for side in ("left", "right") for joint in ("wrist", "ankle")
]


@pytest.fixture(scope="module")
def cohort() -> list[SyntheticClip]:
    return list(make_cohort(PLAN))


def content(clips: Sequence[SyntheticClip]) -> bytes:
    buffer = io.BytesIO()
    for clip in clips:
        np.save(buffer, clip.landmarks)
    return buffer.getvalue()


def test_clips_are_what_edgekit_reads(cohort: list[SyntheticClip]) -> None:
    assert len(cohort) == PLAN.n_children * PLAN.n_clips
    assert [clip.name for clip in cohort[:2]] == ["child_1_1.npy", "child_1_2.npy"]
    assert cohort[-1].name == "child_10_24.npy"
    for clip in cohort:
        assert clip.landmarks.dtype == np.float64
        check_clip(clip.landmarks, name=clip.name, n_frames=150)


def test_the_same_seed_gives_the_same_bytes() -> None:
    again = content(list(make_cohort(SMALL)))
    assert content(list(make_cohort(SMALL))) == again
    assert content(list(make_cohort(replace(SMALL, seed=1)))) != again


def test_more_children_or_clips_change_none_that_were_there() -> None:
    few = {clip.name: clip for clip in make_cohort(SMALL)}
    many = {clip.name: clip for clip in make_cohort(replace(SMALL, n_children=3, n_clips=5))}
    assert set(few) < set(many)
    for name, clip in few.items():
        np.testing.assert_array_equal(clip.landmarks, many[name].landmarks)
        assert (clip.kind, clip.label) == (many[name].kind, many[name].label)


def test_labels_follow_the_kind_and_are_balanced(cohort: list[SyntheticClip]) -> None:
    assert all(clip.label == (clip.kind in SPASM_KINDS) for clip in cohort)
    assert 0.33 <= np.mean([clip.label for clip in cohort]) <= 0.5
    of_child = Counter((clip.name.split("_")[1], clip.label) for clip in cohort)
    assert len(of_child) == 2 * PLAN.n_children
    assert min(of_child.values()) >= 8


def test_every_kind_and_posture_is_there(cohort: list[SyntheticClip]) -> None:
    assert {clip.kind for clip in cohort} == set(KINDS)
    children = [child_of(0, child_id) for child_id in range(1, 21)]
    assert {child.posture for child in children} == set(POSTURES)
    assert {child.camera.is_mirrored for child in children} == {True, False}


def test_landmarks_go_missing_as_an_extractor_loses_them(cohort: list[SyntheticClip]) -> None:
    clips = np.stack([clip.landmarks for clip in cohort])
    missing = np.isnan(clips[..., 0])
    frames = np.isnan(clips).all(axis=(2, 3))
    assert 0.02 < missing.mean() < 0.15
    assert 0.003 < frames.mean() < 0.06
    assert (missing.mean(axis=(1, 2)) > 0.15).mean() > 0.03  # some clips are poor
    assert (missing.mean(axis=(1, 2)) < 0.02).mean() > 0.3  # and many are good
    seen = clips[~frames]
    visibility = seen[..., 3]
    assert 0.0 <= visibility.min() < 0.1
    assert 0.02 < (visibility < 0.5).mean() < 0.35
    assert np.isnan(visibility).sum() == 0
    assert np.nanmedian(visibility) > 0.9
    inside = np.nanmean((seen[..., :2] >= 0.0) & (seen[..., :2] <= 1.0))
    assert inside > 0.9


def test_whether_landmarks_are_missing_tells_little(cohort: list[SyntheticClip]) -> None:
    share = np.array([observed(clip.landmarks).mean() for clip in cohort])
    assert 0.4 < separation(cohort, share) < 0.62


def test_peak_limb_speed_is_not_enough(cohort: list[SyntheticClip]) -> None:
    speed = CHANNELS.index("speed")
    peak = [extract(clip.landmarks)[speed][:, HANDS_AND_FEET].max() for clip in cohort]
    assert 0.5 < separation(cohort, np.array(peak)) < 0.8


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_jumps_but_the_camera(kind: Kind) -> None:
    for child_id in range(1, 5):
        rng = stream(9, child_id, KINDS.index(kind))
        scene = draw_scene(rng, child_of(0, child_id), kind, 150, 30.0)
        moving = move(rng, scene)
        steps = np.linalg.norm(np.diff(joints(scene, moving), axis=0), axis=-1)
        # A hand or foot at 6 m/s is at the edge of what a body does.
        assert 0.0005 < steps.max() < 0.2
        if kind == "quiet":
            assert np.abs(np.diff(moving.shake, axis=0)).max() < 0.002


def test_bones_keep_their_length_within_a_child() -> None:
    child = child_of(0, 1)
    lengths = []
    for kind in KINDS:
        rng = stream(3, KINDS.index(kind))
        scene = draw_scene(rng, child, kind, 60, 30.0)
        points = joints(scene, move(rng, scene))
        lengths.append(
            np.linalg.norm(points[:, [13, 14, 25, 26]] - points[:, [15, 16, 27, 28]], axis=-1)
        )
    spread = np.ptp(np.concatenate(lengths), axis=0)
    np.testing.assert_allclose(spread, 0.0, atol=1e-9)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"n_children": 0}, "--children 0"),
        ({"n_clips": 0}, "--clips 0"),
        ({"n_frames": 3}, "--frames 3"),
        ({"fps": 0.0}, "--fps 0"),
        ({"fps": float("nan")}, "--fps nan"),
        ({"seed": -1}, "--seed -1"),
        ({"n_frames": 16}, "at least 1 s"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(changes: dict[str, int], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        replace(PLAN, **changes)


@pytest.mark.parametrize(("n_frames", "fps"), [(16, 5.0), (60, 30.0), (300, 60.0)])
def test_other_lengths_and_rates(n_frames: int, fps: float) -> None:
    plan = CohortPlan(n_children=1, n_clips=12, n_frames=n_frames, fps=fps)
    assert all(clip.landmarks.shape == (n_frames, 33, 5) for clip in make_cohort(plan))


def separation(cohort: list[SyntheticClip], score: np.ndarray) -> float:
    """AUROC of one number a clip."""
    area = auroc(np.array([clip.label for clip in cohort]), score)
    assert area is not None
    return area
