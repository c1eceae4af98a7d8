"""The native libraries behind the extra `pose`, loaded late, and what to install without them."""

from __future__ import annotations

import importlib
import re
from typing import Any

from edgekit.errors import MissingExtraError

DEBIAN_PACKAGES: dict[str, str] = {
    "libGL.so.1": "libgl1",
    "libxcb.so.1": "libxcb1",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libEGL.so.1": "libegl1",
    "libGLESv2.so.2": "libgles2",
}
"""Shared libraries that the wheels of OpenCV and MediaPipe expect, and who provides each."""

_NOT_FOUND = re.compile(r"(lib[\w.+-]+\.so[.\d]*): cannot open shared object file")


class NotInstalledError(MissingExtraError):
    """Something beside the Python packages of the extra `pose` is missing."""

    def __init__(self, what: str, cure: str) -> None:
        super().__init__("pose", what, cure)


def opencv() -> Any:
    """Return the module cv2.

    Raises:
        MissingExtraError: OpenCV, or a library of the system that it needs, is not installed.
    """
    return _load("cv2", "opencv-contrib-python")


def mediapipe() -> Any:
    """Return the module mediapipe, its native library loaded.

    Raises:
        MissingExtraError: MediaPipe, or a library of the system that it needs, is not installed.
    """
    module = _load("mediapipe", "mediapipe")
    bindings = _load("mediapipe.tasks.python.core.mediapipe_c_bindings", "mediapipe")
    try:
        # The import alone does not load it: without this, the first landmarker would fail.
        bindings.load_raw_library()
    except OSError as error:
        raise explain(error, "mediapipe") from error
    return module


def _load(module: str, package: str) -> Any:
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise MissingExtraError("pose", package) from error
    except (ImportError, OSError) as error:
        raise explain(error, package) from error


def explain(error: Exception, package: str) -> MissingExtraError:
    """Return what to install when loading `package` failed with `error`."""
    found = _NOT_FOUND.search(str(error))
    if found is None:
        return NotInstalledError(f"a part of {package} ({error})", 'pip install "edgekit[pose]"')
    library = found.group(1)
    names = " ".join(sorted({DEBIAN_PACKAGES.get(library, library), *DEBIAN_PACKAGES.values()}))
    return NotInstalledError(f"{library}, which {package} needs,", f"sudo apt-get install {names}")
