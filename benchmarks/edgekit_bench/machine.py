"""The machine that a result belongs to: without it a duration means nothing."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from edgekit.records import Frozen
from edgekit.runtime.cpu import this_cpu

UNKNOWN = "unknown"
PACKAGES = ("numpy", "onnxruntime", "onnxruntime-gpu", "openvino", "torch", "mediapipe")
NOTABLE_FLAGS = frozenset(
    (
        *("avx2", "fma", "f16c", "avx512f", "avx512bw", "avx512_vnni", "avx_vnni", "avx512_bf16"),
        *("amx_int8", "amx_bf16", "asimd", "asimdhp", "asimddp", "i8mm", "bf16", "sve"),
    )
)
"""Instructions that decide how fast a network runs, by their names in /proc/cpuinfo."""
BUSY_LOAD_PER_CORE = 0.3


class Machine(Frozen):
    """What may make one run faster than another."""

    architecture: str
    """As `uname -m` says."""
    board: str
    """The device tree's model, as in `Raspberry Pi 5 Model B Rev 1.0`; `unknown` on a PC."""
    cpu: str
    cpu_flags: tuple[str, ...]
    """Those of `NOTABLE_FLAGS` that it has, sorted."""
    n_cores: int
    """Logical cores that this process may use."""
    governor: str
    """How the kernel sets the clock rate; `unknown` in most virtual machines."""
    is_virtual: bool
    memory_mb: int | None
    kernel: str
    system: str
    """The distribution, from /etc/os-release."""
    libc: str
    python: str
    versions: dict[str, str]
    """Of the packages that matter here; those absent are left out."""
    load_1m: float
    """Load average over the minute before the run."""

    @property
    def is_busy(self) -> bool:
        """Tell whether other work was running when the run began."""
        return self.load_1m > BUSY_LOAD_PER_CORE * self.n_cores


def this_machine(root: Path = Path("/")) -> Machine:
    """Describe the machine; what it does not tell is `unknown`, never guessed."""
    cpu = this_cpu(root / "proc/cpuinfo")
    governor = _read(root / "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
    return Machine(
        architecture=cpu.machine,
        board=_read(root / "proc/device-tree/model") or UNKNOWN,
        cpu=cpu.model,
        cpu_flags=tuple(sorted(cpu.flags & NOTABLE_FLAGS)),
        n_cores=_usable_cores(),
        governor=governor or UNKNOWN,
        is_virtual="hypervisor" in cpu.flags,
        memory_mb=_memory_mb(root / "proc/meminfo"),
        kernel=f"{platform.system()} {platform.release()}",
        system=_system(root / "etc/os-release"),
        libc=" ".join(platform.libc_ver()).strip() or UNKNOWN,
        python=platform.python_version(),
        versions=installed_versions(),
        load_1m=round(os.getloadavg()[0], 2),
    )


def unlike(a: Machine, b: Machine) -> tuple[str, ...]:
    """Return one phrase for each way in which two machines cannot be compared.

    Kernel, system and package versions may differ: their effect is what one compares.
    """
    pairs: Mapping[str, tuple[object, object]] = {
        "architecture": (a.architecture, b.architecture),
        "board": (a.board, b.board),
        "CPU": (a.cpu, b.cpu),
        "CPU instructions": (" ".join(a.cpu_flags), " ".join(b.cpu_flags)),
        "cores": (a.n_cores, b.n_cores),
        "governor": (a.governor, b.governor),
    }
    return tuple(f"{name}: {x} / {y}" for name, (x, y) in pairs.items() if x != y)


def installed_versions(packages: tuple[str, ...] = PACKAGES) -> dict[str, str]:
    """Return the versions of those packages that are installed, without importing them."""
    found = {}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _usable_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip("\0 \n")
    except OSError:
        return ""


def _memory_mb(meminfo: Path) -> int | None:
    for line in _read(meminfo).splitlines():
        if line.startswith("MemTotal:"):
            return int(line.split()[1]) // 1024
    return None


def _system(os_release: Path) -> str:
    for line in _read(os_release).splitlines():
        if line.startswith("PRETTY_NAME="):
            return line.partition("=")[2].strip('"')
    return UNKNOWN
