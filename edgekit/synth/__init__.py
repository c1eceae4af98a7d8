"""A synthetic cohort of moving infants, for tests, demonstrations and golden clips.

It needs NumPy only. Nothing here has medical meaning: a model that was trained on these clips
is no medical device. How the model works and what it leaves out: `README.md` beside this file.
"""

from edgekit.synth.cohort import CohortPlan, SyntheticClip, make_cohort
from edgekit.synth.folder import Written, write_cohort
from edgekit.synth.gesture import KINDS, ORDINARY_KINDS, SPASM_KINDS, Kind
from edgekit.synth.golden import golden_clips, golden_names
from edgekit.synth.recording import (
    Recording,
    RecordingPlan,
    TimedEvent,
    make_recording,
    make_recordings,
)

__all__ = [
    "KINDS",
    "ORDINARY_KINDS",
    "SPASM_KINDS",
    "CohortPlan",
    "Kind",
    "Recording",
    "RecordingPlan",
    "SyntheticClip",
    "TimedEvent",
    "Written",
    "golden_clips",
    "golden_names",
    "make_cohort",
    "make_recording",
    "make_recordings",
    "write_cohort",
]
