"""Where TensorRT's engines are kept, so that each is built once.

An engine is machine code for one model, one GPU and one TensorRT. Each lies in a folder of its
own that is named by all of these, and appears only when it was built and answered rightly.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from edgekit import files
from edgekit.bundle import Bundle
from edgekit.errors import OutputError
from edgekit.manifest import ModelEntry

MAX_ENGINES = 6
"""Two bundles of three models."""
MAX_MB = 512
"""Of all engines together."""

_LIBRARIES = ("usr/lib/aarch64-linux-gnu", "usr/lib/x86_64-linux-gnu")
_PACKAGES = ("tensorrt", "tensorrt-cu12", "tensorrt-cu13")


@dataclass(frozen=True)
class EngineKey:
    """All that an engine depends on; another value of any is another engine."""

    model_sha256: str
    precision: str
    tensorrt: str
    onnxruntime: str
    """It decides which part of the model TensorRT gets."""
    device: str

    @property
    def name(self) -> str:
        """Return the name of the engine's folder, 32 hexadecimal digits."""
        return hashlib.sha256("\0".join(astuple(self)).encode()).hexdigest()[:32]


def key_of(bundle: Bundle, entry: ModelEntry, onnxruntime: str, root: Path) -> EngineKey:
    """Return the key of a bundle's model on this device, whose file system begins at `root`."""
    hashes = [bundle.manifest.files[name].sha256 for name in entry.files]
    return EngineKey(
        " ".join(hashes), entry.precision, tensorrt_version(root), onnxruntime, device_name(root)
    )


def tensorrt_version(root: Path) -> str:
    """Return TensorRT's version by its library's file name, else by its Python package.

    `unknown` where neither tells: then ONNX Runtime's version alone guards the engine.
    """
    libraries = [file.name for place in _LIBRARIES for file in root.glob(f"{place}/libnvinfer.so*")]
    found = [name.partition(".so.")[2] for name in libraries]
    if any(found):
        # `libnvinfer.so.10` is a link to `libnvinfer.so.10.3.0`.
        return max(found, key=len)
    for package in _PACKAGES:
        try:
            return version(package)
        except PackageNotFoundError:
            continue
    return "unknown"


def device_name(root: Path) -> str:
    """Return the name of the board (device tree) and of its NVIDIA GPUs, as the kernel tells."""
    board = root / "proc/device-tree/model"
    names = [board.read_text(errors="replace").strip("\0\n ")] if board.is_file() else []
    for file in sorted(root.glob("proc/driver/nvidia/gpus/*/information")):
        fields = (line.partition(":") for line in file.read_text(errors="replace").splitlines())
        names += [value.strip() for name, _, value in fields if name.strip() == "Model"]
    return ", ".join(names) or "unknown"


def cache_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return where engines are kept.

    `$CACHE_DIRECTORY/engines` in a service that has one, else `$EDGEKIT_CACHE/engines`,
    `$XDG_CACHE_HOME/edgekit/engines`, `~/.cache/edgekit/engines`.
    """
    if of_service := environment.get("CACHE_DIRECTORY"):
        return Path(of_service.split(":")[0]) / "engines"
    if own := environment.get("EDGEKIT_CACHE"):
        return Path(own).expanduser() / "engines"
    shared = Path(environment.get("XDG_CACHE_HOME", ""))
    # The XDG specification: a relative path is invalid, and ignored.
    return (shared if shared.is_absolute() else Path.home() / ".cache") / "edgekit" / "engines"


def make_private(folder: Path) -> None:
    """Make the cache's folder, with mode 0700: what lies there is run.

    Raises:
        OutputError: It cannot be made, is a link, or belongs to another user.
    """
    with files.writing(folder):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
            raise OutputError(f"{folder}: a link, or another user's; engines there are not trusted")
        folder.chmod(0o700)


def has_engine(folder: Path) -> bool:
    """Tell whether TensorRT has left an engine in a folder."""
    return any(folder.glob("*.engine"))


def trim(cache: Path, kept: Path) -> tuple[Path, ...]:
    """Remove the engines that were not used for longest, until the rest are few and small.

    Args:
        cache: The folder of all engines.
        kept: The one in use, which stays whatever its size.

    Returns:
        What was removed.

    Raises:
        OutputError: One cannot be removed.
    """
    with files.writing(cache):
        os.utime(kept)
        folders = [path for path in cache.iterdir() if path.is_dir() and path != kept]
        newest_first = sorted(folders, key=lambda path: path.stat().st_mtime_ns, reverse=True)
        left_mb, removed = MAX_MB - _size_mb(kept), []
        for n_before, folder in enumerate(newest_first, start=1):
            left_mb -= _size_mb(folder)
            # Hidden: a build that was cut short, or one that another process is at.
            if n_before >= MAX_ENGINES or left_mb < 0:
                removed.append(folder)
        for folder in removed:
            shutil.rmtree(folder)
    return tuple(removed)


def _size_mb(folder: Path) -> float:
    return sum(file.stat().st_size for file in folder.iterdir()) / 1e6
