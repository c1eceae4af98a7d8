"""Does a loaded model answer to the golden clips here as it did where it was exported?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgekit.bundle import Bundle
from edgekit.errors import IntegrityError
from edgekit.features import extract
from edgekit.manifest import ModelEntry
from edgekit.runtime.engine import Engine


@dataclass(frozen=True)
class GoldenCheck:
    """How one model answers to the golden clips on this machine."""

    entry: ModelEntry
    runtime: str | None
    """Name and version here; None when the runtime is not installed and nothing was checked."""
    max_abs_dp: float | None


def check_engine(bundle: Bundle, entry: ModelEntry, engine: Engine) -> GoldenCheck:
    """Run the golden clips through one opened model.

    Raises:
        IntegrityError: An answer differs from the exported one by more than its tolerance.
    """
    features = [extract(clip) for clip in bundle.golden_clips()]
    found = np.stack([engine.run(clip).fold_probability for clip in features])
    expected = np.array(entry.golden.fold_probability)
    if found.shape != expected.shape:
        raise IntegrityError(f"{bundle.folder}: {entry.name}: golden answers do not fit the model")
    worst = float(np.abs(found - expected).max())
    if not worst <= entry.golden.tolerance:
        raise IntegrityError(
            f"{bundle.folder}: {entry.name} answers otherwise here ({engine.runtime}) than where "
            f"it was exported ({entry.golden.runtime}): {worst:.2g} in probability, allowed "
            f"{entry.golden.tolerance:g}; use another model: --runtime, --precision, or [watch] in "
            "the settings"
        )
    return GoldenCheck(entry, engine.runtime, worst)
