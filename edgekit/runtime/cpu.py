"""What this machine's processor can do with INT8, as far as the kernel tells."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")


@dataclass(frozen=True)
class Cpu:
    """The processor as edgekit needs to know it."""

    machine: str
    """As `uname -m` says: `x86_64`, `aarch64`."""
    model: str
    flags: frozenset[str]

    @property
    def is_arm(self) -> bool:
        """Tell a 64-bit ARM processor."""
        return self.machine in ("aarch64", "arm64")

    @property
    def has_int8_dot_product(self) -> bool:
        """Tell whether one instruction multiplies and adds bytes: VNNI on x86, DotProd on ARM.

        Without it INT8 gains little, and on x86 ONNX Runtime's u8s8 kernels may saturate.
        """
        return bool(self.flags & {"avx512_vnni", "avx_vnni", "asimddp"})


def this_cpu(cpuinfo: Path = CPUINFO) -> Cpu:
    """Read the processor's name and flags; unknown ones are empty, never guessed."""
    fields: dict[str, str] = {}
    if cpuinfo.is_file():
        for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines():
            key, _, value = line.partition(":")
            fields.setdefault(key.strip().lower(), value.strip())
    flags = fields.get("flags") or fields.get("features") or ""
    model = fields.get("model name") or fields.get("hardware") or "unknown"
    return Cpu(platform.machine(), model, frozenset(flags.split()))
