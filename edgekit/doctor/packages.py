"""Checks of Python, of packages, and of the libraries that they load; nothing is imported."""

from __future__ import annotations

import ctypes
import importlib.util
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from edgekit import __version__
from edgekit.doctor.finding import Finding, State

OLDEST_PYTHON = (3, 10)
OLDEST_GLIBC = (2, 28)
"""Of the manylinux_2_28 wheels of ONNX Runtime and MediaPipe."""
OPENVINO_GLIBC, NEWER_OPENVINO = (2, 35), (2025, 3)
"""What OpenVINO needs from that release on."""
OLDEST_OPENVINO_GLIBC = (2, 31)
"""Of 2025.2 on ARM; pip takes that release where the C library is too old for a newer one."""


@dataclass(frozen=True)
class Need:
    """A Python package, and what does not work without it."""

    package: str
    extra: str
    """Empty for those that come with edgekit itself."""
    purpose: str


NEEDS = (
    Need("numpy", "", "everything"),
    Need("pydantic", "", "reading bundles"),
    Need("typer", "", "the command line"),
    Need("openvino", "openvino", "the second runtime, often the faster one on x86"),
    Need("torch", "train", "training and export"),
    Need("onnx", "train", "export"),
    Need("mediapipe", "pose", "landmarks from video"),
    Need("fastapi", "serve", "the bedside daemon"),
    Need("paho-mqtt", "serve", "the bedside daemon's messages to a broker"),
)
ONNXRUNTIME = ("onnxruntime", "onnxruntime-gpu")
"""Two packages that install the same module; the second is for NVIDIA's GPUs."""
OPENCV = (
    "opencv-python",
    "opencv-contrib-python",
    "opencv-python-headless",
    "opencv-contrib-python-headless",
)
"""Four packages that all install the module cv2."""


def installed(package: str) -> str | None:
    """Return a package's version, None when it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def check_python(found: tuple[int, ...] = sys.version_info[:3]) -> Finding:
    """Check the interpreter's version."""
    text = ".".join(map(str, found))
    if found[:2] < OLDEST_PYTHON:
        wanted = ".".join(map(str, OLDEST_PYTHON))
        return Finding("Python", "missing", text, f"install Python {wanted} or newer")
    return Finding("Python", "ok", f"{text}, edgekit {__version__}")


def check_need(need: Need, found: str | None) -> Finding:
    """Check one package, given its installed version."""
    if found is not None:
        return Finding(need.package, "ok", found)
    what = f"edgekit[{need.extra}]" if need.extra else "edgekit"
    state: State = "absent" if need.extra else "missing"
    return Finding(need.package, state, f"needed for {need.purpose}", f'pip install "{what}"')


def check_onnxruntime(found: Mapping[str, str]) -> Finding:
    """Check ONNX Runtime, given the versions of its installed packages by name."""
    if not found:
        return check_need(Need("onnxruntime", "", "running models"), None)
    text = ", ".join(f"{name} {at}" for name, at in found.items())
    if len(found) > 1:
        fix = f"pip uninstall {' '.join(found)}, then install one of them"
        return Finding("onnxruntime", "warning", f"{text} overwrite each other's files", fix)
    return Finding("onnxruntime", "ok", text.removeprefix("onnxruntime "))


def check_opencv(found: Mapping[str, str]) -> Finding:
    """Check OpenCV, given the versions of its installed packages by name."""
    if not found:
        fix = 'pip install "edgekit[pose]"'
        return Finding("opencv", "absent", "needed for landmarks from video", fix)
    text = ", ".join(f"{name} {at}" for name, at in found.items())
    if len(set(found.values())) > 1:
        fix = f'pip uninstall {" ".join(found)}, then pip install "edgekit[pose]"'
        return Finding("opencv", "warning", f"{text} overwrite each other's cv2", fix)
    return Finding("opencv", "ok", text)


def check_libc(libc: tuple[str, str], openvino: str | None) -> Finding:
    """Check the C library, given as `platform.libc_ver` does, against OpenVINO's version if any."""
    name, text = libc
    if name != "glibc":
        fix = "use a distribution with glibc, such as Debian or Ubuntu"
        return Finding("C library", "warning", f"{name or 'no glibc'}: no wheels for it", fix)
    found = _numbers(text)
    if found < OLDEST_GLIBC:
        fix = "update the system: Debian 11 and Ubuntu 20.04 are new enough"
        return Finding("C library", "warning", f"glibc {text}, the wheels need 2.28", fix)
    if openvino is None and found < OLDEST_OPENVINO_GLIBC:
        fix = 'pip install "edgekit[pose,serve]", which does without; or update the system'
        return Finding("C library", "absent", f"glibc {text}, no OpenVINO for it on ARM", fix)
    if openvino is not None and found < OPENVINO_GLIBC and _numbers(openvino) >= NEWER_OPENVINO:
        fix = 'pip install "openvino<2025.3", or update to Debian 12 or Ubuntu 22.04'
        return Finding("C library", "warning", f"glibc {text}, OpenVINO {openvino} needs 2.35", fix)
    return Finding("C library", "ok", f"glibc {text}")


def _numbers(text: str) -> tuple[int, ...]:
    """Return the first two parts of a version."""
    return tuple(int(part) for part in text.split(".")[:2] if part.isdigit())


def check_native_libraries(
    wanted: Mapping[str, str], can_load: Callable[[str], bool], *, is_needed: bool
) -> Finding:
    """Check the system's libraries that OpenCV and MediaPipe load, given who provides each."""
    name = "libraries for pose"
    absent = [library for library in wanted if not can_load(library)]
    if not absent:
        return Finding(name, "ok", "all there")
    packages = " ".join(sorted({wanted[library] for library in absent}))
    state: State = "warning" if is_needed else "absent"
    return Finding(name, state, f"no {', '.join(absent)}", f"sudo apt-get install {packages}")


def check_package_clients(*, has_pip: bool, has_npm: bool) -> Iterator[Finding]:
    """Check what `edgekit pose fetch` downloads with."""
    if has_pip:
        yield Finding("pip", "ok", "fetches the pose model full")
    else:
        detail = "needed to fetch a pose model"
        yield Finding("pip", "absent", detail, "python3 -m ensurepip")
    if has_npm:
        yield Finding("npm", "ok", "fetches the pose models lite and heavy")
    else:
        detail = "needed to fetch the pose models lite and heavy; full needs pip only"
        yield Finding("npm", "absent", detail, "sudo apt-get install npm")


def can_load(library: str) -> bool:
    """Tell whether the dynamic linker finds a library."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def has_pip() -> bool:
    """Tell whether this interpreter has pip."""
    return importlib.util.find_spec("pip") is not None


def has_npm() -> bool:
    """Tell whether npm is on the path."""
    return shutil.which("npm") is not None
