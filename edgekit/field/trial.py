"""A new bundle on trial: is it kept, or does the old one come back? Pure; time is passed in.

It is kept after it has decided, without a break, for the health window. It goes back when its
golden clips come out wrong, when it blinds the daemon for a few seconds in all, or when the daemon
keeps ending under it. Time in which there was nothing to decide (no camera, an empty bed) proves
nothing: the trial waits.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

MAX_STARTS = 2
"""Starts that end by themselves; at the next one the old bundle is back."""
BLIND_S = 5.0
"""Seconds, in all, that a bundle on trial may blind the daemon."""
MAX_STEP_S = 2.0
"""A longer pause between two looks, as of a stopped process, counts as this."""


@dataclass(frozen=True)
class Look:
    """What the daemon sees of itself at one moment."""

    mono_s: float
    is_golden_right: bool
    is_blinded: bool
    """By the model: it fails, or its decisions are stale."""
    is_deciding: bool
    """Its last decision is fresh."""


@dataclass(frozen=True)
class Trial:
    """How far a trial has come, in one start of the daemon."""

    health_s: float
    """The health window."""
    healthy_s: float = 0.0
    """Of deciding, without a break."""
    blind_s: float = 0.0
    """In all."""
    last_mono_s: float | None = None


@dataclass(frozen=True)
class Verdict:
    """What is to be done."""

    what: Literal["wait", "keep", "roll back"]
    why: str = ""


_WAIT = Verdict("wait")


def step(trial: Trial, look: Look) -> tuple[Trial, Verdict]:
    """Take one look; looks come about every second, in their order."""
    passed_s = 0.0
    if trial.last_mono_s is not None:
        passed_s = min(max(look.mono_s - trial.last_mono_s, 0.0), MAX_STEP_S)
    trial = replace(trial, last_mono_s=look.mono_s)
    if not look.is_golden_right:
        return trial, Verdict("roll back", "its golden clips come out otherwise than at export")
    if look.is_blinded:
        trial = replace(trial, healthy_s=0.0, blind_s=trial.blind_s + passed_s)
        if trial.blind_s >= BLIND_S:
            return trial, Verdict("roll back", "the model fails, or decides too late")
        return trial, _WAIT
    if not look.is_deciding:
        return trial, _WAIT
    trial = replace(trial, healthy_s=trial.healthy_s + passed_s)
    return trial, Verdict("keep") if trial.healthy_s >= trial.health_s else _WAIT


def too_many_starts(n_unfinished: int) -> str:
    """Return why a bundle goes back at a start; nothing when it may try once more."""
    if n_unfinished < MAX_STARTS:
        return ""
    return f"the daemon ended {n_unfinished} times by itself while it was on trial"
