"""What the tests show on the page: conditions, alarms, a child who moves, and sizes of screens."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page

Json = dict[str, Any]
Open = Callable[..., Page]
PHONE, TABLET = (390, 844), (1280, 800)

SPASM: dict[str, Any] = {
    "event_id": 47,
    "kind": "spasm",
    "priority": "high",
    "since_s": 3.0,
    "n_spasms": 1,
    "is_escalated": False,
}
CONDITIONS: dict[str, Json] = {
    "no_camera": {
        "condition": "no_camera",
        "is_blind": True,
        "priority": "medium",
        "text": "no camera",
        "cure": "Check the camera's cable and power; see edgekit doctor.",
    },
    "broker_away": {
        "condition": "broker_away",
        "is_blind": False,
        "priority": "low",
        "text": "message broker away",
        "cure": "Check the network; events wait in the outbox.",
    },
    "low_frame_rate": {
        "condition": "low_frame_rate",
        "is_blind": False,
        "priority": "low",
        "text": "too few pictures a second",
        "cure": "Use a lighter pose model, more light, or a faster device.",
    },
}


def technical(name: str, **changes: object) -> Json:
    """Return a technical alarm of the state."""
    kept = ("condition", "text", "cure", "priority")
    known = {key: CONDITIONS[name][key] for key in kept}
    return {**known, "since_s": 42.0, "is_acknowledged": False, "is_escalated": False, **changes}


def pose(t_s: float) -> list[list[float] | None]:
    """Return a lying child, (33) of [x, y, visibility], who moves a little."""
    sway = 0.012 * math.sin(2 * math.pi * t_s / 3)
    head = [(0.50, 0.20), *[(0.5 + 0.012 * i, 0.185) for i in (1, 2, 3)]]
    head += [*[(0.5 - 0.012 * i, 0.185) for i in (1, 2, 3)], (0.55, 0.2), (0.45, 0.2)]
    head += [(0.515, 0.225), (0.485, 0.225)]
    left = [(0.58, 0.32), (0.66, 0.42), (0.70, 0.31), (0.71, 0.28), (0.715, 0.285), (0.70, 0.29)]
    legs = [(0.55, 0.58), (0.61, 0.73), (0.57, 0.87), (0.56, 0.89), (0.60, 0.92)]
    points = list(head)
    for x, y in left:
        points += [(x, y + sway), (1 - x - 0.02, y + 0.02 - sway)]
    for x, y in legs:
        points += [(x + sway, y), (1 - x, y - 0.02 + sway)]
    return [[x, y, 0.35 if v in {19, 21} else 0.95] for v, (x, y) in enumerate(points)]
