"""Children, gestures and time become landmarks: the one path of clips, recordings and goldens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edgekit.synth.body import Floats, place, within_limits
from edgekit.synth.camera import project
from edgekit.synth.child import Child
from edgekit.synth.gesture import Gesture
from edgekit.synth.movement import Motion, noise, spontaneous
from edgekit.synth.sight import Sight, look


@dataclass(frozen=True)
class Act:
    """A gesture and when it begins."""

    start_s: float
    gesture: Gesture

    @property
    def end_s(self) -> float:
        """When it is over."""
        return self.start_s + self.gesture.duration_s


@dataclass(frozen=True)
class Scene:
    """A stretch of time with one child."""

    child: Child
    fps: float
    pose: Floats
    """(T, A) the pose around which the child moves."""
    drive: float | Floats
    """How lively it is, a number or (T,); see `movement.spontaneous`."""
    acts: Sequence[Act]
    sight: Sight


def move(rng: np.random.Generator, scene: Scene) -> Motion:
    """Return all that moves: spontaneous movement, every act, and the camera's sway."""
    time_s = np.arange(len(scene.pose)) / scene.fps
    total = spontaneous(rng, time_s, scene.child.temper, scene.drive)
    sway = noise(rng, time_s, 3, 0.1, 0.8) * rng.uniform(0.0, 0.0015)
    total.shake[:] += sway
    for act in scene.acts:
        # Only where it acts: a recording has hundreds of acts and tens of thousands of frames.
        here = slice(*np.searchsorted(time_s, (act.start_s, act.end_s)))
        added = act.gesture.move(time_s[here] - act.start_s)
        total.angles[here] += added.angles
        total.shift[here] += added.shift
        total.shake[here] += added.shake
        np.maximum(total.cover[here], added.cover, out=total.cover[here])
    return total


def joints(scene: Scene, moving: Motion) -> Floats:
    """Return the landmarks as they are, float64 (T, 33, 3), in metres, nothing lost."""
    poses = within_limits(scene.pose + moving.angles)
    return place(scene.child.body, poses) + moving.shift[:, None]


def film(rng: np.random.Generator, scene: Scene) -> Floats:
    """Return the landmarks that an extractor reports of the scene, float64 (T, 33, 5)."""
    moving = move(rng, scene)
    camera = scene.child.camera
    truth = project(camera, joints(scene, moving), moving.shake)
    return look(rng, truth, moving.cover, scene.sight, fps=scene.fps, aspect=camera.aspect)
