"""The device's own state, from a made-up `sys` and `proc`, and the clock from a real process."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from edgekit.serve.conditions import Condition
from edgekit.serve.health.device import DeviceFacts, DeviceWatch
from edgekit.serve.health.thermal import FIRMWARE

CLOCK, HOT = frozenset({Condition.CLOCK_JUMPED}), frozenset({Condition.THROTTLED})


def _put(root: Path, name: str, text: str) -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text, encoding="ascii")


def test_a_device_that_tells_nothing_is_unknown_and_well(tmp_path: Path) -> None:
    watch = DeviceWatch(tmp_path)
    watch.poll(0.0, 1e9)

    assert watch.facts == DeviceFacts()
    assert watch.conditions(0.0) == frozenset()


def test_this_machine_is_read_without_an_error() -> None:
    watch = DeviceWatch()
    watch.poll(time.monotonic(), time.time())

    assert watch.facts.rss_mb is not None
    assert 5 < watch.facts.rss_mb < 10_000


@pytest.mark.parametrize("jump_s", [-3600.0, 86_400.0, -1.7e9, 2.5])
def test_a_clock_that_was_set_is_said_for_ten_minutes(tmp_path: Path, jump_s: float) -> None:
    """Row 18: an hour back, a day on, to 1970."""
    watch = DeviceWatch(tmp_path)
    watch.poll(100.0, 1.8e9)
    watch.poll(105.0, 1.8e9 + 5)
    assert watch.conditions(105.0) == frozenset()

    watch.poll(110.0, 1.8e9 + 10 + jump_s)
    watch.poll(115.0, 1.8e9 + 15 + jump_s)
    assert watch.conditions(115.0) == CLOCK
    assert watch.conditions(709.9) == CLOCK
    assert watch.conditions(710.0) == frozenset()


def test_a_device_that_slept_says_so_for_ten_minutes(tmp_path: Path) -> None:
    asleep_s = iter([50.0, 50.1, 3650.0, 3650.0, 3650.0])
    watch = DeviceWatch(tmp_path, lambda: next(asleep_s))
    for mono_s in (0.0, 3.0):
        watch.poll(mono_s, 1e9 + mono_s)
        assert watch.conditions(mono_s) == frozenset()
    # The wall clock went on meanwhile.
    watch.poll(6.0, 1e9 + 6.0 + 3600.0)
    assert watch.facts.slept_s == 3600.0
    assert watch.conditions(6.0) == {Condition.DEVICE_SLEPT, Condition.CLOCK_JUMPED}
    watch.poll(9.0, 1e9 + 9.0 + 3600.0)
    assert watch.conditions(605.0) >= {Condition.DEVICE_SLEPT}
    assert watch.conditions(606.0) == frozenset()


def test_a_leap_second_and_a_slewed_clock_are_no_jump(tmp_path: Path) -> None:
    """Row 18: a leap second; then a day of the fastest slewing that Linux does."""
    watch = DeviceWatch(tmp_path)
    watch.poll(0.0, 1.8e9)
    for n in range(1, 17_280):
        watch.poll(5.0 * n, 1.8e9 - 1 + 5.0 * n * (1 + 500e-6))

    assert watch.conditions(5.0 * 17_280) == frozenset()


def test_a_raspberry_pi_with_a_weak_supply(tmp_path: Path) -> None:
    watch = DeviceWatch(tmp_path)
    _put(tmp_path, FIRMWARE, "50000\n")
    watch.poll(0.0, 0.0)
    assert watch.facts.is_throttled is False
    assert watch.conditions(0.0) == frozenset()

    _put(tmp_path, FIRMWARE, "50005\n")
    watch.poll(5.0, 5.0)
    assert watch.conditions(5.0) == HOT
    _put(tmp_path, FIRMWARE, "0\n")
    watch.poll(10.0, 10.0)
    assert watch.facts.is_throttled is False
    assert watch.conditions(10.0) == HOT
    assert watch.conditions(65.0) == frozenset()


def test_a_processor_that_is_slowed_down_is_throttled_and_a_fan_is_not(tmp_path: Path) -> None:
    thermal = "sys/class/thermal"
    _put(tmp_path, f"{thermal}/cooling_device0/type", "pwm-fan\n")
    _put(tmp_path, f"{thermal}/cooling_device0/cur_state", "3\n")
    _put(tmp_path, f"{thermal}/cooling_device1/type", "cpufreq-cpu0\n")
    _put(tmp_path, f"{thermal}/cooling_device1/cur_state", "0\n")
    watch = DeviceWatch(tmp_path)
    watch.poll(0.0, 0.0)
    assert watch.facts.is_throttled is False

    _put(tmp_path, f"{thermal}/cooling_device1/cur_state", "2\n")
    watch.poll(5.0, 5.0)
    assert watch.conditions(5.0) == HOT


def test_the_hottest_plausible_zone_is_the_temperature(tmp_path: Path) -> None:
    for n, text in enumerate(("-274000\n", "61250\n", "48000\n", "nonsense\n")):
        _put(tmp_path, f"sys/class/thermal/thermal_zone{n}/temp", text)
    (tmp_path / "sys/class/thermal/thermal_zone9/temp").mkdir(parents=True)
    watch = DeviceWatch(tmp_path)
    watch.poll(0.0, 0.0)

    assert watch.facts.temperature_c == 61.25


WATCHER = """
import threading, time
from edgekit.serve.health.device import DeviceWatch
watch, pause = DeviceWatch(), threading.Event()
for _ in range(100):
    watch.poll(time.monotonic(), time.time())
    print(*(one.value for one in watch.conditions(time.monotonic())), flush=True)
    pause.wait(0.05)
"""


def test_a_real_process_notices_that_its_clock_is_set(tmp_path: Path) -> None:
    """Row 18: the clock goes back by an hour while it runs."""
    library = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)
    if library is None:
        pytest.skip("libfaketime is not installed: apt-get install faketime")
    stamp = tmp_path / "clock"
    stamp.write_text("+0", encoding="ascii")
    environment = {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(stamp),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    with subprocess.Popen(
        [sys.executable, "-c", WATCHER], env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            assert [process.stdout.readline() for _ in range(3)] == ["\n"] * 3
            stamp.write_text("-3600", encoding="ascii")
            said = [process.stdout.readline() for _ in range(10)]
        finally:
            process.kill()

    assert said[-1] == "clock_jumped\n"
