"""A cohort that a tiny network learns in seconds: limbs that shake (1) or rest (0)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from edgekit.clips import Clip, save_clip
from edgekit.cohort import Cohort, load_cohort
from edgekit.runs import TrainingSettings

N_FRAMES = 16
N_CHILDREN = 4
CLIPS_EACH = 6
POSTURE = np.random.default_rng(7).uniform(0.3, 0.7, (33, 3))
MOVING = [*range(23), *range(25, 33)]


def toy_clip(rng: np.random.Generator, label: int, n_frames: int = N_FRAMES) -> Clip:
    """Return a clip, float64 (T, V, 5), with some landmarks and one whole frame unobserved."""
    clip = np.full((n_frames, 33, 5), 0.9)
    posture = POSTURE + rng.normal(0, 0.02, (33, 3))
    clip[:, :, :3] = posture + rng.normal(0, 0.002, (n_frames, 33, 3))
    if label:
        swing = 0.3 * np.sin(np.arange(n_frames) * 2.0 + rng.uniform(0, 6))
        clip[:, MOVING, :2] += swing[:, None, None]
    clip[rng.random((n_frames, 33)) < 0.05] = np.nan
    clip[rng.integers(n_frames)] = np.nan
    return clip


def toy_cohort(
    folder: Path, *, n_children: int = N_CHILDREN, clips_each: int = CLIPS_EACH, seed: int = 0
) -> Cohort:
    """Write clips of some children, every other one labelled 1, and return them as a cohort."""
    rng = np.random.default_rng(seed)
    rows = ["segment_name,label"]
    for child in range(1, n_children + 1):
        for number in range(1, clips_each + 1):
            name, label = f"child_{child}_{number}.npy", number % 2
            save_clip(folder / name, toy_clip(rng, label))
            rows.append(f"{name},{label}")
    (folder / "train_data.csv").write_text("\n".join(rows) + "\n")
    return load_cohort(folder)


def toy_settings(**changes: object) -> TrainingSettings:
    """Return settings that train in a second, with `changes`."""
    values = {"n_frames": N_FRAMES, "n_folds": 2, "c_base": 4, "epochs": 3, "batch_size": 4}
    return TrainingSettings.model_validate(values | changes)
