"""The pose models, where they come from, and the user's cache; each file pinned by its SHA-256.

No package of MediaPipe 1.x holds a model. Older packages of the same authors do (Apache-2.0), so
a model is made from those, by the ordinary package clients and nothing but them.
"""

from __future__ import annotations

import os
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from edgekit import files
from edgekit.errors import IntegrityError, UsageError
from edgekit.pose import task_file
from edgekit.pose.native import NotInstalledError
from edgekit.pose.registry import Package, with_npm, with_pip
from edgekit.progress import SILENT, Progress


@dataclass(frozen=True)
class Network:
    """One TFLite file inside a package."""

    package: Package
    member: str
    sha256: str


@dataclass(frozen=True)
class PoseModel:
    """A `.task` file and the two networks that it is made of."""

    name: str
    detector: Network
    landmarks: Network
    sha256: str
    """Of the finished `.task` file."""


@dataclass(frozen=True)
class ModelFile:
    """A `.task` file whose bytes were read and checked."""

    name: str
    path: Path
    sha256: str


_WHEEL = Package("mediapipe", "0.10.18", 36, with_pip)
_NPM = Package("@mediapipe/pose", "0.5.1675469404", 41, with_npm)
_DETECTOR = Network(
    _WHEEL,
    "mediapipe/modules/pose_detection/pose_detection.tflite",
    "9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c",
)
_FULL = Network(
    _WHEEL,
    "mediapipe/modules/pose_landmark/pose_landmark_full.tflite",
    "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f",
)
_LITE = Network(
    _NPM,
    "package/pose_landmark_lite.tflite",
    "f17bfbecadb61c3be1baa8b8d851cc6619c870a87167b32848ad20db306b9d61",
)
_HEAVY = Network(
    _NPM,
    "package/pose_landmark_heavy.tflite",
    "59e42d71bcd44cbdbabc419f0ff76686595fd265419566bd4009ef703ea8e1fe",
)

MODELS: dict[str, PoseModel] = {
    model.name: model
    for model in (
        PoseModel(
            *("full", _DETECTOR, _FULL),
            "2276c63b947565f309a41c96b34dfa9654b4fb14a19a7becea100d7ef367e586",
        ),
        PoseModel(
            *("lite", _DETECTOR, _LITE),
            "30d566af1117ef96a477ba37bed6c7c9c6a1eb3a908b8b2e971dd5a935d148ac",
        ),
        PoseModel(
            *("heavy", _DETECTOR, _HEAVY),
            "5b523e45c854a262b985850b56570ee990d8729087d22bc0f9db9dc70e385437",
        ),
    )
}
"""By name; `heavy` is what the challenge's landmarks were made with."""

DEFAULT_MODEL = "full"


def cache_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return where pose models are kept.

    `$EDGEKIT_CACHE/pose`, else `$XDG_CACHE_HOME/edgekit/pose`, else `~/.cache/edgekit/pose`.
    """
    if own := environment.get("EDGEKIT_CACHE"):
        return Path(own).expanduser() / "pose"
    shared = Path(environment.get("XDG_CACHE_HOME", ""))
    # The XDG specification: a relative path is invalid, and ignored.
    return (shared if shared.is_absolute() else Path.home() / ".cache") / "edgekit" / "pose"


def named(name: str) -> PoseModel:
    """Return the model called `name`, else raise a `UsageError`."""
    if name not in MODELS:
        raise UsageError(f"no pose model {name!r}; there are {', '.join(MODELS)}")
    return MODELS[name]


def find(model: PoseModel, folder: Path) -> ModelFile:
    """Return the model from the cache; its every byte is checked.

    Raises:
        NotInstalledError: It was never fetched.
        IntegrityError: It is not what was fetched.
    """
    path = path_of(model, folder)
    if not path.exists():
        raise NotInstalledError(
            f"the pose model {model.name} ({path})",
            f"run `edgekit pose fetch --model {model.name}`",
        )
    _check(files.sha256(path), model.sha256, f"{path}", f"edgekit pose fetch --model {model.name}")
    return ModelFile(model.name, path, model.sha256)


def from_file(path: Path) -> ModelFile:
    """Return the user's own `.task` file.

    Raises:
        DataError: It is none.
    """
    task_file.check(path)
    return ModelFile(path.name, path, files.sha256(path))


def choose(name: str, file: Path | None, folder: Path) -> ModelFile:
    """Return the user's own `file` where one is given, else the model `name` from the cache."""
    return from_file(file) if file is not None else find(named(name), folder)


def fetch(
    model: PoseModel, folder: Path, *, is_forced: bool = False, progress: Progress = SILENT
) -> ModelFile:
    """Put a model into the cache, unless it is there; until it is whole and right, nothing is.

    Raises:
        NotInstalledError: pip or npm is missing, or cannot reach its registry.
        IntegrityError: What was downloaded, or what was made of it, is not what is pinned here.
        OutputError: The cache cannot be written.
    """
    path = path_of(model, folder)
    if path.exists() and not is_forced and files.sha256(path) == model.sha256:
        progress.say(f"{path}: there already")
        return ModelFile(model.name, path, model.sha256)
    with (
        files.writing(Path(tempfile.gettempdir())),
        tempfile.TemporaryDirectory(prefix="edgekit-") as scratch,
    ):
        detector, landmarks = _networks((model.detector, model.landmarks), Path(scratch), progress)
    task = task_file.build(detector, landmarks)
    _check(sha256(task).hexdigest(), model.sha256, f"{path.name} as built", _REPORT)
    files.write_bytes(path, task)
    return ModelFile(model.name, path, model.sha256)


_REPORT = "it was cut short or altered on the way; try again, and report it if it stays so"


def path_of(model: PoseModel, folder: Path) -> Path:
    """Return where a model lies in the cache, whether it is there or not."""
    return folder / f"pose_landmarker_{model.name}.task"


def _networks(
    networks: tuple[Network, ...], scratch: Path, progress: Progress
) -> tuple[bytes, ...]:
    """Download each package once and return the networks, checked."""
    packages = list(dict.fromkeys(network.package for network in networks))
    archives: dict[Package, Path] = {}
    for n, package in enumerate(packages):
        progress.say(f"downloading {package.name} {package.release} ({package.size_mb} MB)")
        target = scratch / str(n)
        target.mkdir()
        package.download(package, target)
        archives[package] = next(target.iterdir())
    return tuple(_take(network, archives[network.package]) for network in networks)


def _take(network: Network, archive: Path) -> bytes:
    """Return one network out of a wheel (zip) or an npm package (tar)."""
    try:
        content = _read_member(archive, network.member)
    except (KeyError, OSError, EOFError, zlib.error, tarfile.TarError, zipfile.BadZipFile) as error:
        raise IntegrityError(f"{archive.name}: no {network.member} in it; {_REPORT}") from error
    what = f"{network.member} in {archive.name}"
    _check(sha256(content).hexdigest(), network.sha256, what, _REPORT)
    return content


def _read_member(archive: Path, member: str) -> bytes:
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as opened:
            return opened.read(member)
    with tarfile.open(archive) as tar:
        file = tar.extractfile(member)
        if file is None:
            raise KeyError(member)
        return file.read()


def _check(found: str, wanted: str, what: str, cure: str) -> None:
    if found != wanted:
        raise IntegrityError(f"{what}: SHA-256 {found[:12]}..., {wanted[:12]}... expected; {cure}")
