"""Checks of the processor, memory, disk, camera and clock."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from edgekit.doctor.finding import Finding
from edgekit.runtime.cpu import Cpu

LOW_MEMORY_MB = 512
LOW_DISK_MB = 1024
FIRST_YEAR = 2024


@dataclass(frozen=True)
class Camera:
    """A video device."""

    path: Path
    group: str
    can_open: bool


def check_cpu(cpu: Cpu) -> Finding:
    """Check for instructions that multiply bytes."""
    text = f"{cpu.model}, {cpu.machine}"
    if cpu.has_int8_dot_product:
        return Finding("CPU", "ok", f"{text}, INT8 dot products")
    fix = "edgekit takes FP32 by itself here; edgekit bench measures both"
    return Finding("CPU", "warning", f"{text}: no INT8 dot product, INT8 gains little", fix)


def check_memory(available_mb: int | None) -> Finding:
    """Check the memory that is free to use."""
    if available_mb is None:
        return Finding("memory", "warning", "the kernel does not tell", "run free -m and look")
    if available_mb < LOW_MEMORY_MB:
        fix = f"close programs: pose with a model needs about {LOW_MEMORY_MB} MB"
        return Finding("memory", "warning", f"{available_mb} MB available", fix)
    return Finding("memory", "ok", f"{available_mb} MB available")


def check_disk(folder: Path, free_mb: int) -> Finding:
    """Check the space where results go."""
    if free_mb < LOW_DISK_MB:
        fix = "free some space, or work in a folder on another disk"
        return Finding("disk", "warning", f"{free_mb} MB free in {folder}", fix)
    return Finding("disk", "ok", f"{free_mb} MB free in {folder}")


def check_cameras(cameras: Sequence[Camera]) -> Finding:
    """Check that some video device can be opened."""
    if not cameras:
        fix = "connect a camera; video files work without"
        return Finding("camera", "absent", "no /dev/video*", fix)
    usable = [one for one in cameras if one.can_open]
    if not usable:
        one = cameras[0]
        fix = f"sudo usermod -aG {one.group} $USER, then log in again"
        return Finding("camera", "warning", f"{one.path} may not be opened by this user", fix)
    return Finding("camera", "ok", ", ".join(str(one.path) for one in usable))


def check_clock(now: datetime) -> Finding:
    """Check that the clock was set; a Raspberry Pi has no battery for it."""
    if now.year < FIRST_YEAR:
        fix = "sudo timedatectl set-ntp true, with a network; events would bear wrong dates"
        return Finding("clock", "warning", f"{now:%Y-%m-%d %H:%M}", fix)
    return Finding("clock", "ok", f"{now:%Y-%m-%d %H:%M}")


def available_memory_mb(meminfo: Path = Path("/proc/meminfo")) -> int | None:
    """Return the memory that a new program could have in MiB, None where nobody tells."""
    if not meminfo.is_file():
        return None
    for line in meminfo.read_text(encoding="utf-8").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) // 1024
    return None


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
