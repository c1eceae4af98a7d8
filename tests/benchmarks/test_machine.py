"""The machine is described from what the kernel says, and unlike machines are told apart."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench_records import MACHINE
from edgekit_bench.machine import installed_versions, this_machine, unlike

PI_CPUINFO = """processor\t: 0
Features\t: fp asimd asimdhp asimddp crc32
CPU implementer\t: 0x41
"""


@pytest.fixture
def pi(tmp_path: Path) -> Path:
    """Return a root folder with what a Raspberry Pi 5 shows."""
    for name, text in {
        "proc/cpuinfo": PI_CPUINFO,
        "proc/device-tree/model": "Raspberry Pi 5 Model B Rev 1.0\0",
        "proc/meminfo": "MemTotal:        8245432 kB\nMemFree: 1 kB\n",
        "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "ondemand\n",
        "etc/os-release": 'NAME="Debian"\nPRETTY_NAME="Debian GNU/Linux 13 (trixie)"\n',
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def test_a_pi_is_read_from_its_files(pi: Path) -> None:
    found = this_machine(pi)

    assert found.board == "Raspberry Pi 5 Model B Rev 1.0"
    assert found.cpu_flags == ("asimd", "asimddp", "asimdhp")
    assert (found.governor, found.memory_mb) == ("ondemand", 8052)
    assert found.system == "Debian GNU/Linux 13 (trixie)"
    assert not found.is_virtual


def test_what_the_kernel_does_not_tell_is_unknown(tmp_path: Path) -> None:
    found = this_machine(tmp_path)

    assert {found.board, found.cpu, found.governor, found.system} == {"unknown"}
    assert found.memory_mb is None
    assert found.cpu_flags == ()


def test_this_machine_has_cores_and_numpy() -> None:
    found = this_machine()

    assert found.n_cores >= 1
    assert "numpy" in found.versions


def test_absent_packages_are_left_out() -> None:
    assert list(installed_versions(("numpy", "no-such-package"))) == ["numpy"]


def test_a_machine_is_like_itself_whatever_its_packages_and_load() -> None:
    later = MACHINE.model_copy(update={"versions": {"numpy": "9"}, "load_1m": 1.5, "kernel": "x"})

    assert unlike(MACHINE, later) == ()


@pytest.mark.parametrize(
    ("field", "value", "phrase"),
    [
        ("cpu", "Cortex-A76", "CPU: Zen / Cortex-A76"),
        ("n_cores", 4, "cores: 2 / 4"),
        ("governor", "powersave", "governor: unknown / powersave"),
        ("board", "Raspberry Pi 4", "board: unknown / Raspberry Pi 4"),
        ("architecture", "aarch64", "architecture: x86_64 / aarch64"),
        ("cpu_flags", (), "CPU instructions: avx512_vnni / "),
    ],
)
def test_each_difference_that_counts_is_named(field: str, value: object, phrase: str) -> None:
    assert unlike(MACHINE, MACHINE.model_copy(update={field: value})) == (phrase,)


@pytest.mark.parametrize(("load", "is_busy"), [(0.5, False), (0.7, True)])
def test_a_load_of_a_third_of_the_cores_is_busy(load: float, is_busy: bool) -> None:
    assert MACHINE.model_copy(update={"load_1m": load}).is_busy is is_busy
