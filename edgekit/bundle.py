"""The artefact that runs on a device: one folder of models, golden clips and evidence.

    bundle/
      manifest.json               everything below, with SHA-256 and size of each file
      model.fp32.onnx             the FP32 twin; always there
      model.int8.*.onnx, model.*.xml/.bin    further variants, each with its gate evidence
      golden_clips.npy            synthetic clips that each device replays, float32 (G, T, V, 5)
      gate.md, MODEL_CARD.md      the evidence and the limits, for people

Reading a bundle needs NumPy and pydantic only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edgekit import files
from edgekit.clips import Clip, load_array
from edgekit.cohort import Dataset
from edgekit.errors import IntegrityError, UsageError
from edgekit.features import CHANNELS

SCHEMA_VERSION = 1
MANIFEST_FILE, GOLDEN_FILE = "manifest.json", "golden_clips.npy"
DEFAULT_FOLDER = Path("bundle")

RuntimeName = Literal["onnxruntime", "openvino"]
Precision = Literal["fp32", "int8"]


class Frozen(BaseModel):
    """A validated, immutable part of the manifest; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class FileEntry(Frozen):
    """One file of the bundle."""

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    n_bytes: int = Field(ge=0)


class Golden(Frozen):
    """What a model file answers to the golden clips, where it was exported."""

    runtime: str
    """Name and version, as in `onnxruntime 1.32.0`."""
    probability: tuple[float, ...]
    """(G,)"""
    fold_probability: tuple[tuple[float, ...], ...]
    """(G, K)"""
    tolerance: float = Field(gt=0)
    """Largest allowed difference of any probability on a device."""


class GateBudget(Frozen):
    """How much INT8 may change before it may not ship."""

    flips: float = Field(0.01, ge=0, le=1)
    """Share of clips that change sides of the threshold."""
    sensitivity_drop: float = Field(0.01, ge=0, le=1)
    specificity_drop: float = Field(0.01, ge=0, le=1)
    auroc_drop: float = Field(0.005, ge=0, le=1)


class GateResult(Frozen):
    """Fold k's INT8 output against fold k's FP32 output, on fold k's held-out children."""

    n_clips: int
    flips_up: int
    """Clips that INT8 calls a spasm and FP32 does not."""
    flips_down: int
    """Clips that FP32 calls a spasm and INT8 does not."""
    sensitivity_drop: float
    specificity_drop: float
    auroc_drop: float
    max_abs_dp: float
    mean_abs_dp: float
    is_passed: bool


class CalibrationEvidence(Frozen):
    """Which children one fold's quantiser read, and which its gate judged, as salted hashes."""

    fold: int
    calibration: tuple[str, ...]
    evaluation: tuple[str, ...]
    n_clips: int
    """Clips that were read to find the ranges."""


class ModelEntry(Frozen):
    """One model of the bundle, in one file format and precision."""

    name: str
    """As in `onnx-int8-u8s8`."""
    runtime: RuntimeName
    precision: Precision
    files: tuple[str, ...]
    """The graph first, then its weights where they are apart."""
    scheme: Literal["none", "u8s8", "s8s8"] = "none"
    """Activations and weights of an INT8 file."""
    fp32_layers: tuple[str, ...] = ()
    """Layers that the gate put back to FP32."""
    golden: Golden
    gate: GateResult | None = None
    """None for FP32, against which INT8 is judged."""


class Decision(Frozen):
    """How a probability becomes a label."""

    threshold: float
    """A clip at or above it is called a possible spasm; the FP32 out-of-fold threshold."""
    policy: str
    min_seen_share: float
    """Share of frames that must show a body; below it a window cannot be judged."""


class Provenance(Frozen):
    """Where the models came from."""

    run: str
    created_utc: str
    edgekit_version: str
    clips_sha256: str
    n_children: int
    n_clips: int
    versions: dict[str, str]
    machine: str


class Manifest(Frozen):
    """`manifest.json`."""

    schema_version: Literal[1] = 1
    n_frames: int = Field(ge=1)
    fps: float = Field(gt=0)
    channels: tuple[str, ...]
    n_folds: int = Field(ge=1)
    dataset: Dataset
    """Landmark model and extractor that the clips were made with."""
    decision: Decision
    models: tuple[ModelEntry, ...]
    budget: GateBudget
    salt: str
    calibration: tuple[CalibrationEvidence, ...] = ()
    provenance: Provenance
    files: dict[str, FileEntry]


@dataclass(frozen=True)
class Bundle:
    """A bundle whose every file has been checked."""

    folder: Path
    manifest: Manifest

    def model_path(self, entry: ModelEntry) -> Path:
        """Return the file that a runtime opens."""
        return self.folder / entry.files[0]

    def golden_clips(self) -> Clip:
        """Read the golden clips, float32 (G, T, V, 5)."""
        return load_array(self.folder / GOLDEN_FILE)


def load_bundle(folder: Path = DEFAULT_FOLDER) -> Bundle:
    """Open a bundle and check every file of it.

    Raises:
        UsageError: There is no bundle in `folder`.
        IntegrityError: A file is missing, changed or extra, or the schema is newer.
    """
    files.recover(folder)
    manifest = _read_manifest(folder)
    _check_files(folder, manifest)
    if manifest.channels != CHANNELS:
        raise IntegrityError(
            f"{folder / MANIFEST_FILE}: its channels are not this edgekit's; export it again"
        )
    return Bundle(folder, manifest)


def file_entries(folder: Path) -> dict[str, FileEntry]:
    """Return hash and size of every file in `folder`, sorted by name."""
    return {
        path.name: FileEntry(sha256=files.sha256(path), n_bytes=path.stat().st_size)
        for path in sorted(folder.iterdir())
    }


def _read_manifest(folder: Path) -> Manifest:
    path = folder / MANIFEST_FILE
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise UsageError(f"{folder}: no bundle there; run edgekit export, or name one") from error
    except OSError as error:
        raise IntegrityError(f"{path}: cannot be read: {error.strerror}") from error
    try:
        return Manifest.model_validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"])) or "the file"
        if field == "schema_version":
            cure = f"schema {first['input']}, this edgekit reads {SCHEMA_VERSION}: update edgekit"
            raise IntegrityError(f"{path}: {cure}") from error
        raise IntegrityError(f"{path}: {field}: {first['msg']}; export it again") from error


def _check_files(folder: Path, manifest: Manifest) -> None:
    present = {path.name for path in folder.iterdir()} - {MANIFEST_FILE}
    listed = set(manifest.files)
    _refuse(folder, listed - present, "is missing from the bundle")
    _refuse(folder, present - listed, "is not part of the bundle; take it out")
    for name, entry in manifest.files.items():
        path = folder / name
        if path.is_symlink() or not path.is_file():
            raise IntegrityError(f"{path}: not a plain file; copy the bundle again")
        if path.stat().st_size != entry.n_bytes or files.sha256(path) != entry.sha256:
            raise IntegrityError(f"{path}: changed since export (SHA-256); copy the bundle again")


def _refuse(folder: Path, names: Iterable[str], what: str) -> None:
    for name in sorted(names):
        raise IntegrityError(f"{folder / name}: {what}")
