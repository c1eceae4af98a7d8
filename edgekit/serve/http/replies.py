"""The JSON that clients read, where it is not simply a dataclass of the daemon."""

from __future__ import annotations

import math
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from edgekit.serve.alarm.events import TransitionKind
from edgekit.serve.conditions import Condition, Priority
from edgekit.serve.live import DecisionMessage, TransitionMessage
from edgekit.serve.store.rows import (
    AuditRow,
    DecisionRow,
    HealthRow,
    LandmarksRow,
    TransitionRow,
)
from edgekit.serve.store.seams import StoredEvent

Point = Annotated[list[float], Field(min_length=3, max_length=3)]
"""x in image widths, y in image heights, visibility."""


class SessionReply(BaseModel):
    """What the caller may do."""

    scope: Literal["none", "view", "ack", "admin"]
    name: str
    is_open: bool
    device: str


class AliveReply(BaseModel):
    """The process works."""

    is_alive: bool = True


class ReadyReply(BaseModel):
    """The watch state; why only for those who may view."""

    state: str
    conditions: list[str] | None = None


class OutcomeReply(BaseModel):
    """What became of a command."""

    is_done: bool
    text: str


class PoseReply(BaseModel):
    """One skeleton."""

    t_s: float
    xyv: list[Point | None]


class LandmarksReply(BaseModel):
    """The skeletons around an event."""

    fps: float
    xyv: list[list[Point | None]]


class DecisionReply(BaseModel):
    """One decision as it is made."""

    t_s: float
    probability: float | None
    seen_share: float
    attention: list[float] | None
    utc_s: float


class StoredDecisionReply(BaseModel):
    """One decision as the store kept it."""

    t_s: float
    probability: float | None
    seen_share: float
    mono_s: float
    utc_s: float


class DecisionsReply(BaseModel):
    """Kept decisions, oldest first."""

    decisions: list[StoredDecisionReply]


class TransitionReply(BaseModel):
    """One thing that happened to an alarm."""

    id: str
    """`<boot_id>-<seq>`: the same everywhere."""
    kind: TransitionKind
    latch: Literal["patient", "technical", "audio", "test"]
    priority: Priority
    event_id: int | None
    condition: Condition | None
    who: str | None
    t_s: float | None
    seconds: float | None
    n_spasms: int | None
    probability: float | None
    threshold: float | None
    mono_s: float
    utc_s: float
    is_stored: bool


class TransitionsReply(BaseModel):
    """The alarm log, newest first."""

    transitions: list[TransitionReply]


class EventsReply(BaseModel):
    """Possible spasms and clusters, newest first."""

    events: list[StoredEvent]


class HealthReply(BaseModel):
    """The hourly rows, oldest first."""

    health: list[HealthRow]


class AuditReply(BaseModel):
    """What people did besides handling alarms, newest first."""

    audit: list[AuditRow]


class LostReply(BaseModel):
    """So many messages of this stream were lost: the reader was too slow."""

    n: int


def points(xyv: NDArray[np.float32]) -> list[Point | None]:
    """Return landmarks (V, 3) as JSON has them: four decimals, null where not observed."""
    rounded = np.round(xyv.astype(np.float64), 4)
    return [[x, y, v] if math.isfinite(x + y + v) else None for x, y, v in rounded.tolist()]


def landmarks_reply(row: LandmarksRow) -> LandmarksReply:
    """Return the landmarks around an event, without depth and presence."""
    return LandmarksReply(
        fps=row.fps, xyv=[points(frame) for frame in row.landmarks[:, :, [0, 1, 3]]]
    )


def decision_reply(message: DecisionMessage) -> DecisionReply:
    """Return a decision for the live stream."""
    row = message.row
    return DecisionReply(
        t_s=row.t_s,
        probability=row.probability,
        seen_share=row.seen_share,
        attention=None if message.attention is None else list(message.attention),
        utc_s=row.stamp.utc_s,
    )


def stored_decision_reply(row: DecisionRow) -> StoredDecisionReply:
    """Return a decision from the store."""
    return StoredDecisionReply(
        t_s=row.t_s,
        probability=row.probability,
        seen_share=row.seen_share,
        mono_s=row.stamp.mono_s,
        utc_s=row.stamp.utc_s,
    )


def transition_reply(message: TransitionMessage) -> TransitionReply:
    """Return a transition, for the live stream and the log."""
    row, transition = message.row, message.row.transition
    return TransitionReply(
        id=f"{row.stamp.boot_id}-{row.seq}",
        kind=transition.kind,
        latch=transition.latch,
        priority=transition.priority,
        event_id=transition.event_id,
        condition=transition.condition,
        who=transition.who,
        t_s=transition.t_s,
        seconds=transition.seconds,
        n_spasms=transition.n_spasms,
        probability=row.probability,
        threshold=row.threshold,
        mono_s=row.stamp.mono_s,
        utc_s=row.stamp.utc_s,
        is_stored=message.is_stored,
    )


def stored_transition_reply(row: TransitionRow) -> TransitionReply:
    """Return a transition from the store."""
    return transition_reply(TransitionMessage(row, is_stored=True))
