"""Is it the pose model that the bundle was trained with?"""

from __future__ import annotations

from dataclasses import dataclass

from edgekit.cohort import Dataset
from edgekit.pose.models import MODELS
from edgekit.serve.watch.seen import ChildFacts

_PREFIX = "pose_landmarker_"


@dataclass(frozen=True)
class ExpectedPose:
    """What the training clips were made with; empty where the bundle does not know it."""

    extractor: str = ""
    """Package and release, as in `mediapipe 0.10.21`. Releases are not compared: the landmarks
    come from the model file, and nobody can install the one release that a public data set used."""
    model_sha256: str = ""
    """Of the `.task` file."""

    def differs(self, facts: ChildFacts) -> bool:
        """Tell whether another extractor or model is at work; not before it says which."""
        extractors = _package(self.extractor), _package(facts.extractor_version)
        models = self.model_sha256, facts.model_sha256
        return any(all(pair) and pair[0] != pair[1] for pair in (extractors, models))


def expected_pose(dataset: Dataset) -> ExpectedPose:
    """Return what a bundle's `dataset` says; synthetic and unknown landmarks expect nothing."""
    known = MODELS.get(dataset.landmark_model.removeprefix(_PREFIX))
    if known is None:
        return ExpectedPose()
    extractor = "" if dataset.extractor == "unknown" else dataset.extractor
    return ExpectedPose(extractor, known.sha256)


def _package(extractor: str) -> str:
    return extractor.partition(" ")[0].lower()
