"""Everything that the watching side reports, judged together: the conditions of this moment.

What explains a missing decision is said instead of it; what nothing explains is stale. So a
device without a fresh decision is never without a blinding condition.
"""

from __future__ import annotations

from dataclasses import dataclass

from edgekit.serve.conditions import MEANINGS, Condition
from edgekit.serve.health.body import BodyHealth
from edgekit.serve.health.child import ChildHealth
from edgekit.serve.health.decisions import DecisionHealth
from edgekit.serve.health.frame_rate import FrameRate
from edgekit.serve.health.picture import PictureHealth
from edgekit.serve.health.pose_model import ExpectedPose
from edgekit.serve.settings import WatchSettings
from edgekit.serve.watch.seen import ChildFacts, Judged, Observation, Report

START_S = 30.0
"""A Pi loads MediaPipe and fills its first window in less; after that STARTING is an excuse."""
RETURN_S = 10.0
"""After the camera or the pose process is back: a window, and the first decision on it."""


class HealthJudge:
    """Takes reports in their order; answers what is wrong, at any time, several times a second."""

    def __init__(
        self,
        settings: WatchSettings,
        *,
        grid_fps: float,
        expected: ExpectedPose,
        started_mono_s: float,
    ) -> None:
        """Begin blind, and starting.

        Args:
            settings: The limits.
            grid_fps: The bundle's frame rate.
            expected: What the bundle was trained on, see `pose_model.expected_pose`.
            started_mono_s: Monotonic time of the daemon's start.
        """
        self.obey(settings)
        self._grid_fps = grid_fps
        self._expected = expected
        self._excuse = Excuse(started_mono_s, START_S)
        self._is_interrupted = False
        self._differs = False
        self._picture, self._body, self._rate = PictureHealth(), BodyHealth(), FrameRate()
        self._child, self._decisions = ChildHealth(), DecisionHealth()

    def obey(self, settings: WatchSettings) -> None:
        """Judge by other limits from now on."""
        self._settings = settings

    def take(self, report: Report) -> None:
        """Take the next report."""
        if isinstance(report, Observation):
            self._take_observation(report)
        elif isinstance(report, Judged):
            self._decisions.take(report, self._settings.decision_stale_s)
        else:
            self._take_child(report)

    def conditions(self, now_mono: float) -> frozenset[Condition]:
        """Return all that is wrong at this moment, which must not lie before an earlier one."""
        found = self._child.conditions(now_mono, self._settings.child_silent_s)
        is_interrupted = _is_blinding(found)
        if self._is_interrupted and not is_interrupted:
            self._excuse = Excuse(now_mono, RETURN_S)
            self._decisions.begin_anew()
        self._is_interrupted = is_interrupted
        if not is_interrupted:
            found |= self._sight()
        if self._differs:
            found |= {Condition.POSE_DIFFERS}
        if self._decisions.is_failing:
            found |= {Condition.MODEL_FAILED}
        return found | self._missing(now_mono, found)

    def fps(self, now_mono: float) -> float:
        """Return the pictures a second with an answer of the extractor, over the last seconds."""
        return self._rate.at(now_mono)

    def decision_age_s(self, now_mono: float) -> float | None:
        """Return the age of the newest picture that a real decision rests on; None before one."""
        return self._decisions.age_s(now_mono)

    @property
    def last_latency_s(self) -> float | None:
        """From the capture of the last window's newest frame to its decision; None before one."""
        return self._decisions.latency_s

    @property
    def seen_share(self) -> float | None:
        """Share of the last window's frames in which anything was seen; None before one."""
        return self._decisions.seen_share

    def _take_observation(self, seen: Observation) -> None:
        self._picture.take(seen, self._settings.picture_bad_s)
        self._body.take(seen, self._settings.nobody_s)
        min_fps = self._settings.min_fps_share * self._grid_fps
        self._rate.take(seen.t_s, seen.captured_mono_s, min_fps)

    def _take_child(self, facts: ChildFacts) -> None:
        self._child.take(facts)
        if facts.extractor_version:
            self._differs = self._expected.differs(facts)
        if not self._child.is_running:
            # Of what was seen before nobody knows whether it still holds.
            self._picture.forget()
            self._body.forget()
            self._rate.forget()

    def _sight(self) -> frozenset[Condition]:
        """Return what is wrong with the picture, or with what is in it."""
        found = self._picture.conditions or self._body.conditions
        return found | ({Condition.LOW_FRAME_RATE} if self._rate.is_low else frozenset())

    def _missing(self, now_mono: float, found: frozenset[Condition]) -> frozenset[Condition]:
        """Return why there is no fresh decision, where what was found does not say it."""
        stale_s = self._settings.decision_stale_s
        has_windows = self._decisions.has_windows(now_mono, stale_s)
        if has_windows and (self._decisions.is_fresh(now_mono, stale_s) or _is_blinding(found)):
            return frozenset()
        if self._is_interrupted:
            return frozenset()
        if self._excuse.holds(now_mono, self._decisions.decided_mono_s):
            return frozenset(() if _is_blinding(found) else {Condition.STARTING})
        # Windows that come, but cannot be judged, showed too little of anybody.
        return frozenset({Condition.NOBODY_IN_VIEW if has_windows else Condition.DECISION_STALE})


@dataclass(frozen=True)
class Excuse:
    """After a start: up to the first decision on what was seen since, but not for ever."""

    since_mono_s: float
    seconds: float

    def holds(self, now_mono: float, decided_mono_s: float | None) -> bool:
        """Tell whether a missing decision is still no fault."""
        has_decided = decided_mono_s is not None and decided_mono_s >= self.since_mono_s
        return not has_decided and now_mono < self.since_mono_s + self.seconds


def _is_blinding(conditions: frozenset[Condition]) -> bool:
    return any(MEANINGS[condition].is_blind for condition in conditions)
