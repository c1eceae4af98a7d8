"""Checks of the processor, memory, disk and swap."""

from __future__ import annotations

from pathlib import Path

from edgekit.doctor.finding import Finding
from edgekit.doctor.kernel import read_text
from edgekit.runtime.cpu import Cpu

LOW_MEMORY_MB = 512
LOW_DISK_MB = 1024


def check_cpu(cpu: Cpu) -> Finding:
    """Check for instructions that multiply bytes."""
    text = f"{cpu.model}, {cpu.machine}"
    if cpu.has_int8_dot_product:
        return Finding("CPU", "ok", f"{text}, INT8 dot products")
    lacks = "NEON dot product (a Raspberry Pi 4 has none)" if cpu.is_arm else "INT8 dot product"
    fix = "edgekit takes FP32 by itself here; edgekit setup or bench measures both"
    return Finding("CPU", "warning", f"{text}: no {lacks}, INT8 gains little", fix)


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


def available_memory_mb(meminfo: Path = Path("/proc/meminfo")) -> int | None:
    """Return the memory that a new program could have in MiB, None where nobody tells."""
    if not meminfo.is_file():
        return None
    for line in meminfo.read_text(encoding="utf-8").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) // 1024
    return None


def check_swap(root: Path) -> Finding:
    """Check that the kernel does not swap to an SD card: slow, and it wears the card out."""
    on_card = [name for name in _swaps(root) if _is_on_card(name, root)]
    if on_card:
        fix = "sudo systemctl disable --now dphys-swapfile, and take zram if memory is short"
        return Finding("swap", "warning", f"{on_card[0]} lies on the SD card", fix)
    return Finding("swap", "ok", "none on an SD card")


def _swaps(root: Path) -> list[str]:
    lines = read_text(root / "proc/swaps").splitlines()[1:]
    return [line.split()[0] for line in lines if line.split()]


def _is_on_card(name: str, root: Path) -> bool:
    """Tell whether a swap's device is an SD card, or its file lies on one."""
    if name.startswith("/dev/"):
        return name.startswith("/dev/mmcblk")
    mounts = [line.split()[:2] for line in read_text(root / "proc/mounts").splitlines()]
    above = [mount for mount in mounts if Path(name).is_relative_to(mount[1])]
    device = max(above, key=lambda mount: len(mount[1]), default=["", ""])[0]
    return device.startswith("/dev/mmcblk") or (device == "/dev/root" and _boots_from_card(root))


def _boots_from_card(root: Path) -> bool:
    return "root=/dev/mmcblk" in read_text(root / "proc/cmdline")
