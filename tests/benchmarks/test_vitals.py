"""Heat, throttling, load and power mode as a device tells them, and unknown where it does not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from edgekit_bench.vitals import Watching, run_tool, throttle_words
from fake_device import write_tree

FIRMWARE = "sys/devices/platform/soc/soc:firmware/get_throttled"


def silent(_command: Sequence[str]) -> str:
    """Be a device without tools of its own."""
    return ""


def nvidia(command: Sequence[str]) -> str:
    """Be a Jetson's tools."""
    if command[0] == "nvpmodel":
        return "NV Power Mode: 15W\n0\n"
    if "tegrastats" in command:
        return "RAM 1/2MB\nRAM 2912/7620MB CPU [12%@1510] GR3D_FREQ 3%\n"
    return ""


def test_a_pi_tells_heat_throttling_and_governor(tmp_path: Path) -> None:
    root = write_tree(
        tmp_path,
        {
            "sys/class/thermal/thermal_zone0/temp": "61000\n",
            FIRMWARE: "0\n",
            "proc/stat": "cpu 1 1 1 1 1 1 1 1\ncpu0 100 0 0 100 0 0 0 0\ncpu1 0 0 0 100 0 0 0 0\n",
            "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "ondemand\n",
            "sys/devices/system/cpu/cpu1/cpufreq/scaling_governor": "ondemand\n",
        },
    )
    watching = Watching(root, silent)
    with watching:
        write_tree(
            root,
            {
                "sys/class/thermal/thermal_zone0/temp": "83500\n",
                FIRMWARE: "50005\n",
                "proc/stat": "cpu0 175 0 0 125 0 0 0 0\ncpu1 0 0 0 200 0 0 0 0\n",
            },
        )
    found = watching.result()

    assert (found.start_c, found.worst_c) == (61.0, 83.5)
    assert found.is_throttled
    assert found.throttle_bits == 0x50005
    assert found.core_percent == (75.0, 0.0)
    assert found.governors == ("ondemand",)
    assert found.power_mode is None


def test_the_bits_have_words() -> None:
    assert throttle_words(0x50005) == (
        "under-voltage",
        "throttled",
        "under-voltage since boot",
        "throttled since boot",
    )


def test_a_jetson_tells_its_power_mode_and_figures(tmp_path: Path) -> None:
    watching = Watching(tmp_path, nvidia)
    with watching:
        pass
    found = watching.result()

    assert found.power_mode == "15W"
    assert found.tegrastats == "RAM 2912/7620MB CPU [12%@1510] GR3D_FREQ 3%"


def test_vcgencmd_is_asked_where_sysfs_is_silent(tmp_path: Path) -> None:
    watching = Watching(
        tmp_path, lambda command: "throttled=0x8\n" if command[0] == "vcgencmd" else ""
    )
    with watching:
        pass

    assert watching.result().throttle_bits == 8


def test_what_is_not_told_is_none(tmp_path: Path) -> None:
    watching = Watching(tmp_path, silent)
    with watching:
        pass
    found = watching.result()

    assert (found.start_c, found.worst_c, found.is_throttled) == (None, None, None)
    assert (found.throttle_bits, found.core_percent, found.governors) == (None, (), ())


def test_a_tool_that_is_not_there_says_nothing() -> None:
    assert run_tool(["no-such-program-anywhere"]) == ""
