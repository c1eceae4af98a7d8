"""A window of landmarks becomes a decision: the one path of predict, replay and bedside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgekit.bundle import Bundle
from edgekit.clips import Clip, observed
from edgekit.errors import DataError, UsageError
from edgekit.features import extract
from edgekit.runtime.engine import Engine
from edgekit.windows import DEFAULT_HOP_S, window_starts


@dataclass(frozen=True)
class Judgement:
    """What was decided of one window."""

    start_s: float
    """Seconds from the recording's first frame."""
    seen_share: float
    """Share of the frames in which any landmark was observed."""
    probability: float | None
    """None when too little was seen to judge: that is not "no spasm"."""
    is_positive: bool | None
    """At or above the threshold; None when it cannot be judged."""
    attention: NDArray[np.float32] | None
    """(S,), mean over the folds: the weight of each model step in the decision."""


class Detector:
    """A bundle's decision rule around one of its models."""

    def __init__(self, bundle: Bundle, engine: Engine) -> None:
        self._manifest = bundle.manifest
        self._engine = engine

    def judge(self, clip: Clip, start_s: float = 0.0) -> Judgement:
        """Decide one window, floats (T, V, 5) of the bundle's length and frame rate."""
        rule = self._manifest.decision
        seen_share = float(observed(clip).any(axis=1).mean())
        if seen_share < rule.min_seen_share:
            return Judgement(start_s, seen_share, None, None, None)
        output = self._engine.run(extract(clip))
        return Judgement(
            start_s,
            seen_share,
            output.probability,
            output.probability >= rule.threshold,
            output.attention.mean(axis=0),
        )

    def judge_recording(
        self, recording: Clip, *, name: str, hop_s: float = DEFAULT_HOP_S
    ) -> Iterator[Judgement]:
        """Decide every window of a recording that is on the bundle's time grid.

        Raises:
            DataError: It is shorter than one window.
            UsageError: The hop is shorter than a frame.
        """
        length, fps = self._manifest.n_frames, self._manifest.fps
        hop = round(hop_s * fps)
        if hop < 1:
            raise UsageError(f"--hop {hop_s}: less than one frame at {fps:g} fps")
        starts = window_starts(len(recording), length, hop)
        if not starts:
            raise DataError(
                f"{name}: {len(recording)} frames, the model needs {length} "
                f"({length / fps:g} s at {fps:g} fps); give a longer clip"
            )
        for start in starts:
            yield self.judge(recording[start : start + length], start / fps)
