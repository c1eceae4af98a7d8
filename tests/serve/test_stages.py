"""A thread that fails, ends or hangs ends the daemon; one that is told to end does not."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

import pytest

from edgekit.serve.stages import Stages
from edgekit.serve.systemd.watchdog import Watchdog


class Hall:
    """Stages on a clock that the test moves."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.told: list[str] = []
        self.stages = Stages(
            Watchdog(["a", "b"], clock=lambda: self.now_s, limit_s=8.0, tell=self._tell)
        )
        self.may_end = threading.Event()

    def _tell(self, message: str) -> bool:
        self.told.append(message)
        return True

    def wait_and_pulse(self, pulse: Callable[[], None]) -> None:
        while not self.may_end.wait(0.005):
            pulse()

    def hang(self, _pulse: Callable[[], None]) -> None:
        self.may_end.wait(10)


def test_stages_that_get_on_feed_the_watchdog() -> None:
    hall = Hall()
    hall.stages.start("a", hall.wait_and_pulse)
    hall.stages.start("b", hall.wait_and_pulse)
    assert hall.stages.unwell("ARMED") == ""
    assert any("WATCHDOG=1" in message for message in hall.told)
    hall.stages.stopping()
    hall.may_end.set()
    assert hall.stages.join("a", 5.0)
    assert hall.stages.join("b", 5.0)
    assert hall.stages.unwell("ARMED") == ""


def test_row_11_one_that_hangs_is_named_and_the_watchdog_is_not_fed() -> None:
    hall = Hall()
    hall.stages.start("b", hall.hang)
    hall.now_s = 8.5
    hall.told.clear()
    assert "b" in hall.stages.unwell("ARMED")
    assert not [message for message in hall.told if "WATCHDOG=1" in message]
    hall.may_end.set()


def test_one_that_fails_says_why(caplog: pytest.LogCaptureFixture) -> None:
    hall = Hall()

    def fail(_pulse: Callable[[], None]) -> None:
        raise ValueError("a disk of cheese")

    with caplog.at_level(logging.ERROR, "edgekit.daemon"):
        hall.stages.start("a", fail)
        assert hall.stages.join("a", 5.0)
    assert hall.stages.unwell("ARMED") == "a failed: ValueError: a disk of cheese"


def test_one_that_ends_unasked_is_a_failure() -> None:
    hall = Hall()
    hall.stages.start("a", lambda _pulse: None)
    assert hall.stages.join("a", 5.0)
    assert hall.stages.unwell("ARMED") == "a failed: it ended"


def test_one_that_does_not_end_is_reported() -> None:
    hall = Hall()
    hall.stages.start("a", hall.hang)
    assert not hall.stages.join("a", 0.05)
    hall.may_end.set()
    assert hall.stages.join("never started", 0.0)
