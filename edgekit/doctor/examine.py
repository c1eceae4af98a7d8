"""All checks of this machine, in the order in which one would mend what they find."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from edgekit.doctor import camera, clock, hardware, packages, power
from edgekit.doctor.finding import Finding
from edgekit.pose.native import DEBIAN_PACKAGES
from edgekit.runtime.cpu import this_cpu

if TYPE_CHECKING:
    from edgekit.doctor.bedside import Bedside

ROOT = Path("/")


def examine(
    folder: Path,
    installed: Callable[[str], str | None] = packages.installed,
    *,
    root: Path = ROOT,
    bedside: Bedside | None = None,
) -> tuple[Finding, ...]:
    """Check the machine, and the run and bundle in `folder`; changes nothing.

    Args:
        folder: Where the user works.
        installed: Tells a package's version, or None.
        root: Folder that holds `dev`, `etc`, `proc` and `sys`.
        bedside: Where the daemon's parts are; None: where it looks for them itself.
    """
    needs = (
        packages.check_python(),
        packages.check_onnxruntime(_there(packages.ONNXRUNTIME, installed)),
        *(packages.check_need(need, installed(need.package)) for need in packages.NEEDS),
    )
    return (
        *needs,
        *_libraries(installed),
        *_hardware(folder, root),
        *_artefacts(folder, bedside, [one.name for one in needs if one.state == "missing"]),
    )


def _there(names: Sequence[str], installed: Callable[[str], str | None]) -> dict[str, str]:
    return {name: found for name in names if (found := installed(name))}


def _libraries(installed: Callable[[str], str | None]) -> Iterator[Finding]:
    yield packages.check_opencv(_there(packages.OPENCV, installed))
    yield packages.check_libc(platform.libc_ver(), installed("openvino"))
    yield packages.check_native_libraries(
        DEBIAN_PACKAGES, packages.can_load, is_needed=installed("mediapipe") is not None
    )
    yield from packages.check_package_clients(
        has_pip=packages.has_pip(), has_npm=packages.has_npm()
    )


def _hardware(folder: Path, root: Path) -> Iterator[Finding]:
    yield hardware.check_cpu(this_cpu(root / "proc/cpuinfo"))
    yield hardware.check_memory(hardware.available_memory_mb(root / "proc/meminfo"))
    yield hardware.check_swap(root)
    yield hardware.check_disk(folder, shutil.disk_usage(folder).free >> 20)
    yield power.check_power(root)
    yield camera.check_cameras(camera.find_cameras(root / "dev"))
    yield camera.check_video_group(root)
    yield clock.check_clock(
        datetime.now().astimezone(), is_synchronised=clock.is_clock_synchronised()
    )


def _artefacts(folder: Path, bedside: Bedside | None, missing: list[str]) -> Iterator[Finding]:
    if missing:
        detail = f"cannot be checked without {', '.join(missing)}"
        for name in ("pose model", "run", "bundle", "bedside"):
            yield Finding(name, "warning", detail, "install what is missing first")
        return
    # Here, and not above: they need the very packages whose absence is to be told.
    from edgekit.doctor import artefacts
    from edgekit.doctor.bedside import Bedside, check_bedside
    from edgekit.pose.models import cache_folder

    yield artefacts.check_pose_model(cache_folder())
    yield artefacts.check_run(folder)
    yield artefacts.check_bundle(folder)
    yield from check_bedside(bedside or Bedside.usual())
