"""`metrics.json`: how a run's out-of-fold predictions score, and how far that can be trusted.

`edgekit.scoring.score` computes these records; reading them needs no data.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from edgekit import files
from edgekit.cohort import Dataset
from edgekit.errors import IntegrityError
from edgekit.runs import Frozen
from edgekit.thresholds import Confusion

FEW_CHILDREN = 10
"""Below this many children a child-bootstrap interval is coarse and tends to be too narrow."""


class Estimate(Frozen):
    """A figure with its 95 % child-bootstrap interval; None where it is undefined."""

    value: float | None
    low: float | None = None
    high: float | None = None


class FoldThreshold(Frozen):
    """The threshold that one fold's clips alone would choose."""

    fold: int
    value: float | None
    """None where the fold holds one class only."""


class ThresholdReport(Frozen):
    """The threshold, how it was chosen, and how uncertain it is."""

    value: float
    policy: str
    low: float | None
    """Of the 95 % interval of thresholds chosen anew on resampled children."""
    high: float | None
    per_fold: tuple[FoldThreshold, ...]


class FoldScore(Frozen):
    """How fold `fold`'s model scores its held-out children at the common threshold."""

    fold: int
    n_children: int
    n_clips: int
    n_positives: int
    confusion: Confusion
    auroc: float | None
    auprc: float | None


class ChildScore(Frozen):
    """How one child's clips score, by the model that never saw the child."""

    child_id: str
    fold: int
    n_clips: int
    n_positives: int
    confusion: Confusion
    auroc: float | None


class CalibrationBin(Frozen):
    """Clips with a probability from `low` up to, but below, `high` (the last holds 1 too)."""

    low: float
    high: float
    n_clips: int
    mean_probability: float
    observed: Estimate
    """Share of spasm clips among them."""


class Calibration(Frozen):
    """Whether a probability of 0.7 means seven in ten."""

    brier: float
    """Mean squared difference between probability and label; 0 is best."""
    expected_error: float
    """Mean distance between probability and observed share over the bins, weighted by clips."""
    bins: tuple[CalibrationBin, ...]
    """Bins that hold a clip."""


class Metrics(Frozen):
    """`metrics.json`; figures at the threshold keep it fixed in their intervals."""

    schema_version: Literal[1] = 1
    n_clips: int
    n_positives: int
    n_children: int
    threshold: ThresholdReport
    auroc: Estimate
    auprc: Estimate
    f1: Estimate
    sensitivity: Estimate
    specificity: Estimate
    precision: Estimate
    confusion: Confusion
    cross_fitted: Confusion | None
    """Each fold decided at the threshold that the other folds choose; None where they cannot."""
    folds: tuple[FoldScore, ...]
    children: tuple[ChildScore, ...]
    calibration: Calibration
    n_bootstrap: int = Field(ge=1)
    n_left_out: int
    """Replicates that gave no figure: one class only, or a single child."""
    seed: int


def write_metrics(path: Path, metrics: Metrics) -> None:
    """Write `metrics.json` atomically."""
    files.write_text(path, metrics.model_dump_json(indent=2) + "\n")


def read_metrics(path: Path) -> Metrics:
    """Read `metrics.json`.

    Raises:
        IntegrityError: It is missing, damaged, or from a newer edgekit.
    """
    try:
        return Metrics.model_validate_json(path.read_bytes())
    except OSError as error:
        raise IntegrityError(f"{path}: cannot be read: {error.strerror}; train again") from error
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"])) or "the file"
        raise IntegrityError(
            f"{path}: {field}: {first['msg']}; damaged, or from a newer edgekit: train again"
        ) from error


def honesty_lines(metrics: Metrics, dataset: Dataset) -> tuple[str, ...]:
    """Return what the figures do not say, a sentence or two each, for reports and model cards.

    Source of the challenge's figures: its leaderboard and one team's write-up, 2026.
    """
    return tuple(_honesty(metrics, dataset))


def _honesty(metrics: Metrics, dataset: Dataset) -> Iterator[str]:
    yield "Research software, no medical device; it must not be relied on to watch over a child."
    if dataset.source == "synthetic":
        yield (
            "The clips are synthetic: the figures show that the software works, and mean nothing "
            "clinically."
        )
    elif dataset.source == "unknown":
        yield "Where the landmarks were recorded was not stated (dataset.json, source)."
    yield (
        "Cross-validation is optimistic, even grouped by child. In the challenge that the method "
        "comes from, one team's grouped F1 of 0.63 became 0.2975 on the hidden test set, with "
        "best thresholds of single folds from 0.25 to 0.70; the best of 26 entries reached 0.4502."
    )
    yield (
        f"The threshold ({metrics.threshold.policy}) belongs to clips scored out of fold, by one "
        f"model each. The shipped ensemble averages {len(metrics.folds)} models and its scores are "
        "distributed otherwise: the threshold is a reference for comparing file formats, no "
        "promise of accuracy at the bedside."
    )
    if metrics.n_children < FEW_CHILDREN:
        yield (
            f"There are only {metrics.n_children} children: the intervals, drawn from so few, "
            "are coarse and tend to be too narrow."
        )
    if metrics.n_left_out:
        yield (
            f"{metrics.n_left_out} of {metrics.n_bootstrap} resamplings gave no figure (one "
            "class, or one child only) and were left out."
        )
