"""Golden clips: what a bundle carries so that a device can prove that it computes the same.

They are chosen for what can go wrong in a runtime or in the features, not to look typical: a
device replays them and compares the outputs, and no medical meaning is in them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from edgekit.clips import N_VALUES
from edgekit.skeleton import N_LANDMARKS
from edgekit.synth.body import Floats
from edgekit.synth.child import draw_child
from edgekit.synth.cohort import draw_scene, stream
from edgekit.synth.gesture import Kind
from edgekit.synth.scene import film

_GOLDEN = 4
"""Path of the golden clips' random streams, beside those in `cohort.py`."""


@dataclass(frozen=True)
class _Recipe:
    """One golden clip: what happens, and what is done to the landmarks afterwards."""

    about: str
    kind: Kind
    damage: Callable[[Floats], None]
    bursts_per_s: float | None = None


def golden_clips(n_frames: int, fps: float, seed: int = 0, count: int = 8) -> NDArray[np.float32]:
    """Return `count` clips, float32 (count, T, 33, 5), the same for the same arguments.

    In order, and then over again with other children: a spasm, a quiet child, a startle, heavy
    landmark loss, whole frames lost (the first one too), one limb never seen, a clip that is
    almost empty, a child being handled. Values are rounded to six decimals before they become
    float32, so that processors that differ in the last bit of a sine agree on every byte.
    """
    made = np.empty((count, n_frames, N_LANDMARKS, N_VALUES), dtype=np.float32)
    for number in range(count):
        recipe = _RECIPES[number % len(_RECIPES)]
        rng = stream(seed, 0, _GOLDEN, number)
        scene = draw_scene(rng, draw_child(rng), recipe.kind, n_frames, fps)
        sight = replace(scene.sight, unseen=(), gaps_per_s=0.05)
        if recipe.bursts_per_s is not None:
            sight = replace(sight, bursts_per_s=recipe.bursts_per_s)
        clip = film(rng, replace(scene, sight=sight))
        recipe.damage(clip)
        made[number] = clip
    return made


def golden_names(count: int = 8) -> tuple[str, ...]:
    """Return in words what each of `golden_clips` shows."""
    return tuple(_RECIPES[number % len(_RECIPES)].about for number in range(count))


def _leave(clip: Floats) -> None:
    """Leave the clip as it is."""


def _lose_frames(clip: Floats) -> None:
    n_frames = len(clip)
    clip[0] = np.nan
    clip[n_frames // 3 : n_frames // 3 + max(1, n_frames // 6)] = np.nan


def _lose_left_arm(clip: Floats) -> None:
    clip[:, 13:22:2, :3] = np.nan
    clip[:, 13:22:2, 3:] = 0.0


def _lose_nearly_all(clip: Floats) -> None:
    """Keep the upper body in one frame, and one more frame without its left hip."""
    middle = len(clip) // 2
    kept = clip[middle].copy(), clip[-1].copy()
    clip[:] = np.nan
    clip[middle, :23], clip[-1] = kept[0][:23], kept[1]
    clip[-1, 23, :3] = np.nan


_RECIPES = (
    _Recipe("a spasm", "flexor_spasm", _leave),
    _Recipe("a quiet child", "quiet", _leave),
    _Recipe("a startle", "startle", _leave),
    _Recipe("heavy landmark loss", "extensor_spasm", _leave, bursts_per_s=15.0),
    _Recipe("whole frames lost", "mixed_spasm", _lose_frames),
    _Recipe("one limb never seen", "kicking", _lose_left_arm),
    _Recipe("an almost empty clip", "quiet", _lose_nearly_all),
    _Recipe("a child being handled", "handled", _leave),
)
