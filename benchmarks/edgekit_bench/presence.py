"""Is this machine the target, and is its processor a real one?"""

from __future__ import annotations

import contextlib
import platform
from dataclasses import dataclass
from pathlib import Path

from edgekit_bench.target import FOLDER, Target, load_target, target_names

ROOT = Path("/")
_X86_KERNELS = ("-amd64", "-x86_64", ".x86_64")


@dataclass(frozen=True)
class Presence:
    """Whether a target is here, and by which sign."""

    is_here: bool
    reason: str


def presence(target: Target, root: Path = ROOT, architecture: str | None = None) -> Presence:
    """Tell whether this machine is `target`.

    Args:
        target: The device that is looked for.
        root: Folder that holds `proc` and `etc`.
        architecture: As `uname -m` says; asked of the kernel when not given.
    """
    wanted, found = target.recognise, architecture or platform.machine()
    if found != wanted.architecture:
        return _absent(f"the processor is {found}, not {wanted.architecture}")
    if emulator := emulation(root, found):
        return _absent(f"the processor is emulated: {emulator}")
    if not (wanted.models or wanted.compatible):
        return _here(f"the processor is {found}")
    return _by_device_tree(target, root)


def this_target(root: Path = ROOT, architecture: str | None = None) -> Target | None:
    """Return the target that this machine is; None when it is none of them."""
    targets = (load_target(name) for name in target_names(FOLDER))
    return next((one for one in targets if presence(one, root, architecture).is_here), None)


def emulation(root: Path = ROOT, architecture: str | None = None) -> str | None:
    """Return the sign that this processor is emulated by another; None when there is none.

    An emulator of programs answers `uname` in the guest's name, but not all of /proc: the thread's
    own `exe` is the emulator (tried with qemu-user 7.2), and the kernel and its processor are the
    host's.
    """
    with contextlib.suppress(OSError):
        program = (root / "proc/thread-self/exe").readlink().name
        if program.startswith("qemu-"):
            return f"this program runs in {program}"
    if (architecture or platform.machine()) != "aarch64":
        return None
    release = _read(root / "proc/sys/kernel/osrelease")
    if release.endswith(_X86_KERNELS):
        return f"the kernel is {release}"
    if "vendor_id" in _read(root / "proc/cpuinfo"):
        return "the kernel tells of an x86 processor"
    return None


def _here(reason: str) -> Presence:
    return Presence(is_here=True, reason=reason)


def _absent(reason: str) -> Presence:
    return Presence(is_here=False, reason=reason)


def _by_device_tree(target: Target, root: Path) -> Presence:
    wanted = target.recognise
    model = _read(root / "proc/device-tree/model")
    compatible = _read(root / "proc/device-tree/compatible").split("\0")
    if any(part in model for part in wanted.models):
        return _here(f"the device tree says {model}")
    for name in wanted.compatible:
        if name in compatible:
            return _here(f"the device tree says {name}")
    if model:
        return _absent(f"the device tree says {model}")
    for name in wanted.release_files:
        if (root / name).is_file():
            return _here(f"there is /{name}, and no device tree to say more")
    return _absent("there is no device tree")


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip("\0 \n")
    except OSError:
        return ""
