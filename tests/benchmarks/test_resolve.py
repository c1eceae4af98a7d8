"""The install line finds wheels for every ARM device; it asks the package index."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from edgekit_bench.pip_run import build_wheel, last_error, pip
from edgekit_bench.resolve import NOTABLE, TARGETS, Target, Wheel, line, missed, resolve

from edgekit.errors import OutputError, UsageError


@pytest.fixture(scope="module")
def wheel(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return edgekit's own wheel, or skip where its build tools cannot be had."""
    try:
        pip("download", "--no-deps", "--dest", str(tmp_path_factory.mktemp("probe")), "typer")
    except OutputError as error:
        pytest.skip(f"needs a package index: {error}")
    return build_wheel(repository, tmp_path_factory.mktemp("wheel"))


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: f"{target.abi}-{target.glibc[1]}")
def test_the_install_line_resolves_to_wheels(wheel: Path, target: Target) -> None:
    found = {one.name.replace("_", "-"): one for one in resolve(f"{wheel}[device]", target)}

    assert set(NOTABLE) <= found.keys()
    assert "torch" not in found
    assert ("tomli" in found) == (target.python == "3.10")
    assert [name for name in found if name.startswith("opencv")] == ["opencv-contrib-python"]
    assert all(one.file.endswith(".whl") for one in found.values())


def test_a_package_without_a_wheel_is_named(wheel: Path) -> None:
    ancient = Target("a system of 2014", "3.11", (2, 17))

    with pytest.raises(
        OutputError, match=r"a system of 2014, Python 3.11: .*No matching distribution"
    ):
        resolve(f"{wheel}[device]", ancient)


def test_what_a_targets_own_python_needs_is_asked_for() -> None:
    metadata = {
        "name": "edgekit",
        "requires_dist": [
            'tomli>=2; python_version < "3.11"',
            'colorama; sys_platform == "win32"',
            'neon; platform_machine == "aarch64" and extra == "device"',
            'nothing; extra == "train"',
            "Numpy>=2",
        ],
    }
    found: list[dict[str, Any]] = [
        {"metadata": metadata, "requested_extras": ["device"]},
        {"metadata": {"name": "numpy"}},
    ]

    assert list(missed(found, TARGETS[0])) == ["tomli>=2", "neon"]
    assert list(missed(found, TARGETS[1])) == ["neon"]


def test_platforms_run_from_the_systems_own_to_the_oldest() -> None:
    platforms = list(TARGETS[0].platforms)

    assert platforms[0] == "manylinux_2_35_aarch64"
    assert platforms[-2:] == ["manylinux_2_17_aarch64", "manylinux2014_aarch64"]
    assert TARGETS[0].abi == "cp310"


def test_a_row_shows_what_matters() -> None:
    wheels = (Wheel("numpy", "2.2.6", "numpy.whl"), Wheel("rich", "14", "rich.whl"))
    row = line(TARGETS[0], wheels)

    assert row.startswith("| JetPack 6 (Ubuntu 22.04) | 3.10 | 2.35 | 2 | 2.2.6 | - |")


def test_pips_last_error_is_the_reason() -> None:
    assert last_error("WARNING: x\nERROR: No matching y\nWARNING: z\n") == "No matching y"
    assert last_error("") == "it gives no reason"


def test_only_a_source_tree_becomes_a_wheel(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no source tree"):
        build_wheel(tmp_path, tmp_path)
