"""A device is recognised by what its kernel says, never by its name alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from edgekit_bench.presence import emulation, presence, this_target
from edgekit_bench.target import load_target
from fake_device import BOARDS, device_tree, write_tree


@pytest.mark.parametrize("name", BOARDS)
def test_a_device_tree_names_one_target(tmp_path: Path, name: str) -> None:
    found = this_target(device_tree(tmp_path, name), "aarch64")

    assert found is not None
    assert found.name == name


@pytest.mark.parametrize("name", BOARDS)
def test_a_compatible_string_is_enough(tmp_path: Path, name: str) -> None:
    root = device_tree(tmp_path, name)
    (root / "proc/device-tree/model").write_text("A carrier board of somebody else\0")

    assert presence(load_target(name), root, "aarch64").is_here


def test_an_x86_machine_is_the_x86_target(tmp_path: Path) -> None:
    found = this_target(tmp_path, "x86_64")

    assert found is not None
    assert found.name == "x86"


@pytest.mark.parametrize("architecture", ["aarch64", "riscv64"])
def test_a_machine_without_a_device_tree_is_no_target(tmp_path: Path, architecture: str) -> None:
    assert this_target(tmp_path, architecture) is None


def test_a_release_file_counts_only_without_a_device_tree(tmp_path: Path) -> None:
    jetson = load_target("jetson")
    root = write_tree(tmp_path, {"etc/nv_tegra_release": "# R36 (release)"})
    assert presence(jetson, root, "aarch64").is_here

    write_tree(root, {"proc/device-tree/model": "NVIDIA Jetson Xavier NX\0"})
    found = presence(jetson, root, "aarch64")
    assert not found.is_here
    assert found.reason == "the device tree says NVIDIA Jetson Xavier NX"


def test_the_wrong_processor_is_said(tmp_path: Path) -> None:
    found = presence(load_target("rpi5"), device_tree(tmp_path, "rpi5"), "x86_64")

    assert not found.is_here
    assert found.reason == "the processor is x86_64, not aarch64"


def test_an_emulated_processor_is_no_device_whatever_its_tree_says(tmp_path: Path) -> None:
    root = device_tree(tmp_path, "rpi5")
    (root / "proc/thread-self").mkdir()
    (root / "proc/thread-self/exe").symlink_to("/usr/bin/qemu-aarch64-static")

    found = presence(load_target("rpi5"), root, "aarch64")

    assert not found.is_here
    assert "qemu-aarch64-static" in found.reason


@pytest.mark.parametrize(
    "files",
    [
        {"proc/sys/kernel/osrelease": "6.1.0-18-amd64\n"},
        {"proc/cpuinfo": "processor\t: 0\nvendor_id\t: GenuineIntel\n"},
    ],
)
def test_a_kernel_for_x86_under_an_arm_program_is_emulation(
    tmp_path: Path, files: dict[str, str]
) -> None:
    root = write_tree(tmp_path, files)

    assert emulation(root, "aarch64") is not None
    assert emulation(root, "x86_64") is None


def test_this_machine_is_not_emulated() -> None:
    assert emulation() is None
