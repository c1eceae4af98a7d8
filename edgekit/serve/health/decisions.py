"""Are there decisions, are they fresh, and does the model answer with a number?"""

from __future__ import annotations

import math

from edgekit.runtime.detector import Judgement
from edgekit.serve.watch.seen import Judged

FRESH_AGAIN_S = 2.0
"""An overloaded device whose decisions are late now and then is one alarm."""


class DecisionHealth:
    """The ages of the last decision and of the last window that could not be judged.

    An age counts from the capture of the newest picture that a decision knows of: a model that
    answers, but ever later, is as blind as one that does not.
    """

    def __init__(self) -> None:
        self.decided_mono_s: float | None = None
        """When the newest picture of the last real decision was captured."""
        self._window_mono_s: float | None = None
        self._late_mono_s: float | None = None
        self.is_failing = False
        self.latency_s: float | None = None
        """Of the last window, from the capture of its newest frame."""
        self.seen_share: float | None = None
        """Of the last window: share of its frames in which anything was seen."""

    def take(self, judged: Judged, stale_s: float) -> None:
        """Take one window and what became of it; older than `stale_s` is stale."""
        captured = judged.decided_mono_s - judged.latency_s
        if (
            self._window_mono_s is not None
            and judged.decided_mono_s - self._window_mono_s > stale_s
        ):
            self._late_mono_s = judged.decided_mono_s
        self._window_mono_s = captured
        self.latency_s = judged.latency_s
        if judged.judgement is None or is_nonsense(judged.judgement):
            self.is_failing = True
            return
        self.seen_share = judged.judgement.seen_share
        if judged.judgement.probability is not None:
            self.decided_mono_s = captured
            self.is_failing = False

    def begin_anew(self) -> None:
        """Excuse the time without windows: its cause was something else, and was said."""
        self._window_mono_s = self._late_mono_s = None

    def age_s(self, now_mono: float) -> float | None:
        """Return how old the last real decision is; None before the first."""
        return None if self.decided_mono_s is None else now_mono - self.decided_mono_s

    def is_fresh(self, now_mono: float, stale_s: float) -> bool:
        """Tell whether the last real decision still counts."""
        age_s = self.age_s(now_mono)
        return age_s is not None and age_s <= stale_s

    def has_windows(self, now_mono: float, stale_s: float) -> bool:
        """Tell whether windows come in time, be there something to judge in them or not."""
        window, late = self._window_mono_s, self._late_mono_s
        is_steady = late is None or now_mono - late >= FRESH_AGAIN_S
        return window is not None and now_mono - window <= stale_s and is_steady


def is_nonsense(judgement: Judgement) -> bool:
    """Tell an answer that is no probability, such as NaN; none at all is not nonsense."""
    probability = judgement.probability
    return probability is not None and not (math.isfinite(probability) and 0 <= probability <= 1)
