"""An alarm that nobody would hear is a condition, after a minute and not before."""

from __future__ import annotations

from dataclasses import dataclass, field

from edgekit.serve.conditions import Condition
from edgekit.serve.earshot import GRACE_S, Earshot


@dataclass
class Room:
    """Somebody may come and go."""

    is_heard: bool = False
    now_s: float = 100.0
    earshot: Earshot = field(init=False)

    def __post_init__(self) -> None:
        self.earshot = Earshot(lambda: self.is_heard, lambda: self.now_s, self.now_s)

    def after(self, seconds: float, *, is_heard: bool) -> frozenset[Condition]:
        self.now_s += seconds
        self.is_heard = is_heard
        return self.earshot.conditions()


def test_a_minute_without_a_listener_is_said() -> None:
    room = Room()
    assert room.after(GRACE_S, is_heard=False) == frozenset()
    assert room.after(0.1, is_heard=False) == {Condition.NOBODY_LISTENS}


def test_it_ends_when_somebody_listens_and_begins_a_minute_after() -> None:
    room = Room()
    assert room.after(2 * GRACE_S, is_heard=True) == frozenset()
    assert room.after(GRACE_S, is_heard=False) == frozenset()
    assert room.after(1.0, is_heard=False) == {Condition.NOBODY_LISTENS}
    assert room.after(0.1, is_heard=True) == frozenset()
