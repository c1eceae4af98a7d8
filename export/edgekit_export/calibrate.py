"""Activation ranges, found fold by fold on that fold's own training clips.

`observe` takes a `TrainingPart`, so that held-out clips cannot reach it: mypy refuses them, and
so does it. Each fold has tensors of its own in the final graph; the one that all share, the
features, gets the union of the ranges that each fold saw on its own clips.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, zip_longest

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray

from edgekit.cohort import Segment
from edgekit.errors import LeakageError
from edgekit.features import extract
from edgekit.folds import TrainingPart
from edgekit.progress import SILENT, Progress
from edgekit.runtime.onnx_engine import session_options

MAX_CLIPS = 64
"""Clips of a fold's training part that are read, spread evenly over children and labels."""
PERCENTILE = 99.9
_STRIDE = 7
"""Every 7th value stands for a tensor in percentiles; 7 and 33 landmarks have no factor shared."""

Range = tuple[float, float]


@dataclass(frozen=True)
class FoldRanges:
    """What one fold's tensors held on its own training clips."""

    fold: int
    segments: tuple[Segment, ...]
    """The clips that were read."""
    extremes: Mapping[str, Range]
    """Lowest and highest value of each tensor."""
    percentiles: Mapping[str, Range]
    """The outermost, over clips, of each clip's 0.1 % and 99.9 % values."""


def observe(
    part: TrainingPart, model: onnx.ModelProto, n_frames: int, progress: Progress = SILENT
) -> FoldRanges:
    """Run one fold's own FP32 graph over its training clips and note every tensor's range.

    Raises:
        LeakageError: `part` is not a training part.
    """
    if not isinstance(part, TrainingPart):
        raise LeakageError(f"calibration was given {type(part).__name__}, not a training part")
    segments = spread(part.segments, MAX_CLIPS)
    session = _session_with_all_outputs(model)
    names = [output.name for output in session.get_outputs()]
    extremes: dict[str, Range] = {}
    percentiles: dict[str, Range] = {}
    for done, segment in enumerate(segments, start=1):
        features = extract(segment.load(n_frames))[None]
        values = dict(zip(names, session.run(names, {"features": features}), strict=True))
        for name, tensor in {**values, "features": features}.items():
            _widen(extremes, name, (float(tensor.min()), float(tensor.max())))
            _widen(percentiles, name, _percentile_range(tensor))
        progress.step(f"calibrate fold {part.fold}", done, len(segments))
    return FoldRanges(part.fold, segments, extremes, percentiles)


def union(ranges: Sequence[Mapping[str, Range]]) -> dict[str, Range]:
    """Return the smallest range of each tensor that holds every fold's."""
    joined: dict[str, Range] = {}
    for fold in ranges:
        for name, found in fold.items():
            _widen(joined, name, found)
    return joined


def spread(segments: tuple[Segment, ...], n_wanted: int) -> tuple[Segment, ...]:
    """Return `n_wanted` segments, evenly over children and labels, the same ones every time."""
    strata: dict[tuple[str, int], list[Segment]] = {}
    for segment in segments:
        strata.setdefault((segment.child_id, segment.label), []).append(segment)
    # Round by round: the first of every stratum, then the second of every stratum, ...
    rounds = zip_longest(*(members for _, members in sorted(strata.items())))
    in_turn = (segment for members in rounds for segment in members if segment is not None)
    return tuple(islice(in_turn, n_wanted))


def _widen(ranges: dict[str, Range], name: str, found: Range) -> None:
    low, high = ranges.get(name, found)
    ranges[name] = (min(low, found[0]), max(high, found[1]))


def _percentile_range(tensor: NDArray[np.float32]) -> Range:
    sample = tensor.reshape(-1)[::_STRIDE]
    low, high = np.percentile(sample, (100.0 - PERCENTILE, PERCENTILE))
    return float(low), float(high)


def _session_with_all_outputs(model: onnx.ModelProto) -> onnxruntime.InferenceSession:
    probe = onnx.ModelProto()
    probe.CopyFrom(model)
    present = {output.name for output in probe.graph.output}
    for node in probe.graph.node:
        for name in node.output:
            if name not in present:
                probe.graph.output.append(onnx.ValueInfoProto(name=name))
    return onnxruntime.InferenceSession(
        probe.SerializeToString(), session_options(n_threads=2), providers=["CPUExecutionProvider"]
    )
