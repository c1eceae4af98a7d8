"""Row 11: one stage that hangs, each in turn, and the watchdog is not fed."""

from __future__ import annotations

import pytest

from edgekit.serve.systemd.watchdog import LATE_S, Watchdog

STAGES = ("core", "watching", "recorder", "http")


class World:
    """A clock, and what the manager was told."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.told: list[str] = []

    def clock(self) -> float:
        return self.now

    def tell(self, message: str) -> bool:
        self.told.append(message)
        return True


@pytest.mark.parametrize("hanging", STAGES)
def test_a_stage_that_hangs_starves_it(hanging: str) -> None:
    """Row 11: with a restart and its start, within 15 s."""
    world = World()
    watchdog = Watchdog(STAGES, clock=world.clock, tell=world.tell)
    pulses = {stage: watchdog.pulse(stage) for stage in STAGES}

    for _ in range(20):
        world.now += 1
        assert watchdog.feed("ARMED") == ()
        for beat in pulses.values():
            beat()
    for second in range(1, 12):
        world.now += 1
        world.told.clear()
        for stage, beat in pulses.items():
            if stage != hanging:
                beat()
        late = watchdog.feed("ARMED")
        assert late == watchdog.late() == ((hanging,) if second > LATE_S else ())
        assert any("WATCHDOG=1" in message for message in world.told) == (not late)
    assert world.told == [f"STATUS=hangs: {hanging}"]


def test_a_stage_that_never_began_is_late_too() -> None:
    world = World()
    watchdog = Watchdog(("core", "http"), clock=world.clock, tell=world.tell)
    world.now += LATE_S
    assert watchdog.late() == ()
    watchdog.pulse("core")()
    world.now += 0.1
    assert watchdog.late() == ("http",)


def test_a_stage_that_goes_on_is_well_again() -> None:
    world = World()
    watchdog = Watchdog(("core",), clock=world.clock, tell=world.tell)
    world.now += 100
    assert watchdog.late() == ("core",)
    watchdog.pulse("core")()
    assert watchdog.late() == ()


def test_the_state_is_told_when_it_changes() -> None:
    world = World()
    watchdog = Watchdog((), clock=world.clock, tell=world.tell)
    for text in ("STARTING", "ARMED", "ARMED", "DEGRADED"):
        watchdog.feed(text)

    assert world.told == [
        "WATCHDOG=1\nSTATUS=STARTING",
        "WATCHDOG=1\nSTATUS=ARMED",
        "WATCHDOG=1",
        "WATCHDOG=1\nSTATUS=DEGRADED",
    ]


def test_an_unknown_stage_has_no_pulse() -> None:
    with pytest.raises(KeyError):
        Watchdog(("core",)).pulse("cora")
