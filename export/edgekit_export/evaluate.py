"""Every clip through every model file once, each read by the fold that may judge it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgekit.errors import LeakageError
from edgekit.features import extract
from edgekit.folds import HeldOutPart
from edgekit.progress import SILENT, Progress
from edgekit.runtime.engine import Engine


@dataclass(frozen=True)
class HeldOutScores:
    """Fold k's answers on fold k's held-out clips, for several model files; arrays are (N,)."""

    segment_names: tuple[str, ...]
    child_ids: tuple[str, ...]
    folds: NDArray[np.int64]
    labels: NDArray[np.int64]
    probabilities: Mapping[str, NDArray[np.float64]]
    """By the name of the model file's entry."""


def score_held_out(
    parts: Sequence[HeldOutPart],
    engines: Mapping[str, Engine],
    n_frames: int,
    progress: Progress = SILENT,
    *,
    task: str = "gate",
) -> HeldOutScores:
    """Run each held-out clip through each engine and keep the answer of the clip's own fold.

    `progress` hears of it as `task`.

    Raises:
        LeakageError: Something else than held-out parts was given.
    """
    for part in parts:
        if not isinstance(part, HeldOutPart):
            raise LeakageError(f"the gate was given {type(part).__name__}, not held-out clips")
    pairs = [(part.fold, segment) for part in parts for segment in part.segments]
    scores: dict[str, list[float]] = {name: [] for name in engines}
    for done, (fold, segment) in enumerate(pairs, start=1):
        features = extract(segment.load(n_frames))
        for name, engine in engines.items():
            scores[name].append(float(engine.run(features).fold_probability[fold]))
        progress.step(task, done, len(pairs))
    return HeldOutScores(
        segment_names=tuple(segment.name for _, segment in pairs),
        child_ids=tuple(segment.child_id for _, segment in pairs),
        folds=np.array([fold for fold, _ in pairs], dtype=np.int64),
        labels=np.array([segment.label for _, segment in pairs], dtype=np.int64),
        probabilities={name: np.array(values) for name, values in scores.items()},
    )
