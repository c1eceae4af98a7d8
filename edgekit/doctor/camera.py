"""Checks of the camera, and of who may open it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edgekit.doctor.finding import Finding
from edgekit.doctor.kernel import read_text

VIDEO = "video"
"""The group that owns cameras on Debian and its children."""


@dataclass(frozen=True)
class Camera:
    """A video device."""

    path: Path
    group: str
    can_open: bool


def check_cameras(cameras: Sequence[Camera]) -> Finding:
    """Check that some video device can be opened."""
    if not cameras:
        fix = "connect a camera, and see v4l2-ctl --list-devices; recordings work without"
        return Finding("camera", "absent", "no V4L2 device: no /dev/video*", fix)
    usable = [one for one in cameras if one.can_open]
    if not usable:
        one = cameras[0]
        fix = f"sudo usermod -aG {one.group} $USER, then log in again"
        return Finding("camera", "warning", f"{one.path} may not be opened by this user", fix)
    return Finding("camera", "ok", ", ".join(str(one.path) for one in usable))


def check_video_group(root: Path) -> Finding:
    """Check that the group is there in which the service's user may open cameras."""
    names = {line.partition(":")[0] for line in read_text(root / "etc/group").splitlines()}
    if VIDEO in names:
        return Finding("video group", "ok", "there")
    fix = (
        f"sudo groupadd --system {VIDEO}, reboot so that udev gives it the cameras, then "
        "edgekit service install"
    )
    return Finding("video group", "warning", f"no group {VIDEO}: a service sees no camera", fix)


def find_cameras(devices: Path = Path("/dev")) -> tuple[Camera, ...]:
    """Return the machine's video devices, whoever may open them."""
    return tuple(
        Camera(path, _group(path), os.access(path, os.R_OK | os.W_OK))
        for path in sorted(devices.glob("video[0-9]*"))
    )


def _group(path: Path) -> str:
    try:
        return path.group()
    except KeyError:
        # The group has no name here, as in a container.
        return str(path.stat().st_gid)
