"""When decisions become an alarm, and how an alarm behaves."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class AlarmRules:
    """What the alarm core obeys: the bundle's alarm policy, changed by the settings."""

    n_positive: int
    """k: so many windows at or above the threshold ..."""
    n_windows: int
    """n: ... among the last so many judged or unjudged windows make a spasm."""
    refractory_s: float
    """Seconds of the source's time after a spasm in which no other is counted; at least the
    window's length, or one movement would count as long as a window still holds it."""
    cluster_spasms: int
    """m: so many spasms ..."""
    cluster_minutes: float
    """p: ... within so many minutes make a cluster."""
    gap_s: float = math.inf
    """After so long without a window, on the source's clock, the count of k begins anew: what
    was seen before a camera went away does not add to what is seen after it."""
    pause_max_s: float = 120.0
    """An audio pause lasts at most so long."""
    escalate_after_s: float = 120.0
    """An alarm that nobody acknowledged for so long is announced again, more urgently."""
    test_s: float = 6.0
    """How long a test alarm sounds."""
