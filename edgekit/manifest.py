"""`manifest.json`: what a bundle says of itself. Reading it needs pydantic only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from pydantic import Field

from edgekit.cohort import Dataset
from edgekit.records import Frozen

SCHEMA_VERSION = 1

RuntimeName = Literal["onnxruntime", "openvino"]
Precision = Literal["fp32", "int8"]


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

    def excesses(self, result: GateResult) -> Iterator[str]:
        """Yield one phrase for each figure of `result` that is over this budget."""
        flips = result.flips_up + result.flips_down
        # Rates are rounded fractions: without slack 1 of 100 clips could read as more.
        if flips > self.flips * result.n_clips + 1e-9:
            yield f"{flips} of {result.n_clips} clips flip (budget {self.flips:.2%})"
        for name, drop, allowed in (
            ("sensitivity", result.sensitivity_drop, self.sensitivity_drop),
            ("specificity", result.specificity_drop, self.specificity_drop),
            ("AUROC", result.auroc_drop, self.auroc_drop),
        ):
            if drop > allowed + 1e-9:
                yield f"{name} drops by {drop:.4f} (budget {allowed:.4f})"


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


class AlarmPolicy(Frozen):
    """How decisions become alarms at the bedside; the settings of a device may change it.

    The defaults are sober guesses until they are tuned on recordings with timed events, and
    `is_tuned` says so. A spasm of a second lies in about eight windows of 5 s every 0.5 s.
    """

    RULES: ClassVar[tuple[str, ...]] = (
        "n_positive",
        "n_windows",
        "refractory_s",
        "cluster_spasms",
        "cluster_minutes",
    )

    n_positive: int = Field(3, ge=1)
    """So many windows at or above the threshold ..."""
    n_windows: int = Field(5, ge=1)
    """... among the last so many are a spasm."""
    refractory_s: float = Field(6.0, ge=0)
    """Seconds after a spasm in which no other is counted."""
    cluster_spasms: int = Field(3, ge=2)
    cluster_minutes: float = Field(5.0, gt=0)
    is_tuned: bool = False


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
    c_base: int = Field(ge=1)
    """Width of the network."""
    mil: str
    """Pooling of the MIL head."""
    dataset: Dataset
    """Landmark model and extractor that the clips were made with."""
    decision: Decision
    alarm: AlarmPolicy = AlarmPolicy()
    models: tuple[ModelEntry, ...]
    budget: GateBudget
    salt: str
    calibration: tuple[CalibrationEvidence, ...] = ()
    provenance: Provenance
    files: dict[str, FileEntry]
