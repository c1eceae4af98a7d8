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
from edgekit.records import Frozen, first_problem
from edgekit.thresholds import Confusion, parse_policy

FEW_CHILDREN = 10
"""Below this many children a child-bootstrap interval is coarse and tends to be too narrow."""


class Estimate(Frozen):
    """A figure with its 95 % child-bootstrap interval; None where it is undefined.

    A figure that no resampling moves, as a perfect one, has no interval: see `bootstrap.interval`.
    """

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
    """Of the 95 % interval of thresholds chosen anew on resampled children; None when given."""
    high: float | None
    per_fold: tuple[FoldThreshold, ...]

    @property
    def is_given(self) -> bool:
        """Whether the policy is a number, so that nothing was chosen from clips."""
        return parse_policy(self.policy).kind == "number"


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
        raise IntegrityError(
            f"{path}: {first_problem(error)}; damaged, or from a newer edgekit: train again"
        ) from error


def safety_lines(dataset: Dataset) -> tuple[str, ...]:
    """Return what must stand before any figure: no medical device, and synthetic if it is."""
    lines = ["Research software, no medical device: do not rely on it to watch over a child."]
    if dataset.source == "synthetic":
        lines.append(
            "The clips are synthetic: the figures show that the software works, and mean nothing "
            "clinically."
        )
    return tuple(lines)


def honesty_lines(metrics: Metrics, dataset: Dataset) -> tuple[str, ...]:
    """Return what the figures do not say, for reports and model cards; safety lines first.

    Source of the challenge's figures: its leaderboard and one team's write-up, 2026.
    """
    return (*safety_lines(dataset), *_limits(metrics, dataset))


def _limits(metrics: Metrics, dataset: Dataset) -> Iterator[str]:
    if dataset.source == "unknown":
        yield "Where the landmarks were recorded was not stated (`source` in dataset.json)."
    yield (
        "Cross-validation is optimistic, even grouped by child. In the challenge that the method "
        "comes from, one team's grouped cross-validation F1 of 0.63 became 0.2975 on the hidden "
        "test set, with best thresholds of single folds from 0.25 to 0.70; the best of 26 entries "
        "reached 0.4502 there."
    )
    if not metrics.threshold.is_given:
        yield (
            f"The threshold (policy {metrics.threshold.policy}) was chosen on the very clips that "
            "it is scored on, which flatters the figures at the threshold."
        )
    yield (
        "Each clip was scored by the one model that never saw its child. A shipped ensemble "
        f"averages {len(metrics.folds)} models and its scores are distributed otherwise: the "
        "threshold is a reference for comparing file formats, no promise of accuracy at the "
        "bedside."
    )
    yield from _bootstrap_limits(metrics)


def _bootstrap_limits(metrics: Metrics) -> Iterator[str]:
    if metrics.n_children < FEW_CHILDREN:
        yield (
            f"Few children ({metrics.n_children}): the intervals drawn from them are coarse and "
            "tend to be too narrow."
        )
    if metrics.n_left_out:
        yield (
            f"{metrics.n_left_out} of {metrics.n_bootstrap} resamplings gave no figure (one "
            "class, or one child only) and were left out."
        )
    measured = (metrics.auroc, metrics.auprc, metrics.sensitivity, metrics.specificity)
    if metrics.n_children > 1 and any(
        each.value is not None and each.low is None for each in measured
    ):
        yield (
            "A figure without an interval came out the same in every resampling, as a perfect one "
            "does: these children held no mistake of its kind, which proves little."
        )
