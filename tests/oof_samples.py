"""Out-of-fold predictions made by hand or by seed, for tests of scoring and of the report."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edgekit.runs import OofPredictions


def predictions(
    rows: Sequence[tuple[str, int, int, float]], name: str = "child_{child}_{row}.npy"
) -> OofPredictions:
    """Return predictions from rows of (child, fold, label, probability)."""
    children, folds, labels, probabilities = zip(*rows, strict=True)
    return OofPredictions(
        tuple(name.format(child=child, row=row) for row, child in enumerate(children)),
        tuple(children),
        np.array(folds, dtype=np.int64),
        np.array(labels, dtype=np.int64),
        np.array(probabilities, dtype=np.float64),
    )


def drawn(
    n_children: int = 12, n_clips: int = 20, *, seed: int = 0, shift: float = 2.0, n_folds: int = 4
) -> OofPredictions:
    """Return seeded predictions of children that differ; `shift` parts the classes."""
    rng = np.random.default_rng(seed)
    rows = []
    for child in range(n_children):
        offset = rng.normal(0, 0.6)
        for _ in range(n_clips):
            label = int(rng.random() < 0.35)
            logit = offset + shift * (label - 0.5) + rng.normal()
            rows.append((str(child + 1), child % n_folds, label, float(1 / (1 + np.exp(-logit)))))
    return predictions(rows)
