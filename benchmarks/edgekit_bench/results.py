"""A benchmark as data and as a JSON file: every figure with the machine that it belongs to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from edgekit import files
from edgekit.errors import DataError
from edgekit.manifest import Precision, RuntimeName
from edgekit.records import Frozen, first_problem
from edgekit_bench.coverage import Coverage
from edgekit_bench.machine import Machine
from edgekit_bench.model_probe import Probe
from edgekit_bench.quantiles import Quantiles, Ratio
from edgekit_bench.sustained import Sustained
from edgekit_bench.target_report import TargetReport

SCHEMA_VERSION = 2
DEFAULT_FOLDER = Path("bench")

Stage = Literal["features", "model", "end to end", "pose", "alarm", "sustained"]

LOOPS, YARDSTICK, END_TO_END, POSE = "write-up's loops", "naive-fp32", "end to end", "pose"
ALARM, SUSTAINED = "decision to alarm", "sustained run"


class ModelFacts(Frozen):
    """What is known of a model beside its latency."""

    runtime: RuntimeName
    runtime_version: str
    """As in `onnxruntime 1.32.0`."""
    precision: Precision
    probe: Probe
    coverage: Coverage


class Measurement(Frozen):
    """One thing that was timed."""

    name: str
    stage: Stage
    quantiles: Quantiles
    warmup_ms: tuple[float, ...]
    """The calls before the samples, in order; in none of the quantiles."""
    ratio: Ratio | None = None
    """Against the write-up's loops, or the naive export; None where there is nothing to beat."""
    model: ModelFacts | None = None
    samples_ms: tuple[float, ...] = ()
    """Kept only when asked for."""
    spread_ms: tuple[float, ...] = ()
    """Quantiles at 0, 2.5, 5 ... 100 %, for drawing; since schema 2."""


class Unmeasured(Frozen):
    """One thing that was not timed, and why."""

    name: str
    stage: Stage
    reason: str
    is_error: bool
    """It should have run and failed, rather than being absent."""


class Measured(Frozen):
    """The bundle and the options of a run, by which two runs can be compared."""

    bundle: str
    """Its folder, as it was named."""
    manifest_sha256: str
    n_frames: int
    n_folds: int
    c_base: int
    mil: str
    n_threads: int
    seconds: float
    """Budget of each subject."""


class RuntimeComparison(Frozen):
    """INT8 beside FP32 in the same runtime, turn by turn."""

    runtime: RuntimeName
    int8: str
    fp32: str
    ratio: Ratio
    """How many times faster INT8 is."""


class BenchRecord(Frozen):
    """One run of `edgekit bench`."""

    schema_version: Literal[1, 2] = 2
    """2 added targets, emulation and the sustained run; files of 1 are read as they are."""
    created_utc: str
    edgekit_version: str
    machine: Machine
    measured: Measured
    measurements: tuple[Measurement, ...]
    unmeasured: tuple[Unmeasured, ...] = ()
    chosen_model: str | None = None
    """The model that `predict` takes here when nothing is asked for."""
    int8_vs_fp32: tuple[RuntimeComparison, ...] = ()
    emulation: str | None = None
    """The sign that the processor was emulated: then no duration here means anything."""
    target: TargetReport | None = None
    """When a target was asked for."""
    sustained: Sustained | None = None

    @property
    def is_emulated(self) -> bool:
        """Tell whether the processor was emulated."""
        return self.emulation is not None

    def named(self, name: str) -> Measurement | None:
        """Return the measurement of that name."""
        return next((one for one in self.measurements if one.name == name), None)

    @property
    def models(self) -> tuple[Measurement, ...]:
        """The bundle's models that ran, without the yardstick."""
        return tuple(
            one for one in self.measurements if one.stage == "model" and one.name != YARDSTICK
        )


def default_file(record: BenchRecord, folder: Path = DEFAULT_FOLDER) -> Path:
    """Return where a record goes when no place was named: `bench/20261122T164300Z.json`."""
    stamp = record.created_utc.partition("+")[0]
    return folder / f"{stamp.replace('-', '').replace(':', '')}Z.json"


def write_record(path: Path, record: BenchRecord) -> None:
    """Write a record atomically."""
    files.write_text(path, record.model_dump_json(indent=1) + "\n")


def read_record(path: Path) -> BenchRecord:
    """Read a record.

    Raises:
        DataError: The file is missing, no record, or from a newer edgekit.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error
    try:
        version = json.loads(content).get("schema_version")
    except (ValueError, AttributeError) as error:
        raise DataError(f"{path}: not a file that edgekit bench wrote") from error
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise DataError(
            f"{path}: schema {version}, this edgekit reads up to {SCHEMA_VERSION}; update edgekit"
        )
    try:
        return BenchRecord.model_validate_json(content)
    except ValidationError as error:
        raise DataError(f"{path}: {first_problem(error)}; run edgekit bench again") from error
