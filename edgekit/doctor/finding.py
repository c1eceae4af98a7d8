"""One fact about a machine, as every check returns it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "missing", "warning", "absent"]


@dataclass(frozen=True)
class Finding:
    """What one check saw."""

    name: str
    state: State
    """`missing`: edgekit cannot work. `warning`: something that is there will fail or mislead.
    `absent`: optional, and only what it is for does not work."""
    detail: str
    fix: str = ""
    """What to do, in one line; empty when nothing needs doing."""
