"""The devices that edgekit is made for, as data: `benchmarks/targets/*.toml`, in the wheel too.

A variant of a file is the file with some keys replaced: `orin-nx` is one of `jetson`.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from edgekit.errors import IntegrityError, UsageError
from edgekit.manifest import Precision, RuntimeName
from edgekit.records import Frozen, first_problem

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_IN_WHEEL = Path(__file__).parent / "targets"
_IN_CHECKOUT = Path(__file__).parent.parent / "targets"
FOLDER = _IN_WHEEL if _IN_WHEEL.is_dir() else _IN_CHECKOUT


class Recognition(Frozen):
    """`[recognise]`: how one knows that a machine is this device."""

    architecture: str
    """As `uname -m` says. Alone it is enough only where nothing else is given."""
    models: tuple[str, ...] = ()
    """Any of them is a part of the device tree's model."""
    compatible: tuple[str, ...] = ()
    """Any of them is among the device tree's compatible strings."""
    release_files: tuple[str, ...] = ()
    """Files below the root; they count only where no device tree can be read."""


class Budget(Frozen):
    """`[budget]`: what the device must reach at the bedside. None is not asked for."""

    decision_p99_ms: float = Field(gt=0)
    """From a complete window to a committed alarm: features, model, alarm, store."""
    fps: float = Field(gt=0)
    """Frames a second through pose and everything after it, sustained."""
    rss_mb: float = Field(gt=0)
    """Peak resident memory of the process that does all this."""
    temperature_c: float | None = Field(None, gt=0)
    """Of the hottest zone, at the end of the sustained run or before."""


class Peak(Frozen):
    """`[[peak]]`: what one unit could do if it multiplied in every cycle."""

    unit: str
    fp32_gmac_s: float = Field(gt=0)
    """10^9 multiply-accumulates a second."""
    int8_gmac_s: float = Field(gt=0)
    source: str
    is_estimate: bool
    """Put together from documents rather than stated in one."""


class Memory(Frozen):
    """`[memory]`: how fast it can be read at best."""

    bandwidth_gb_s: float = Field(gt=0)
    """10^9 bytes a second."""
    source: str
    is_estimate: bool


class Target(Frozen):
    """One device."""

    name: str
    title: str
    runtimes: tuple[RuntimeName, ...] = Field(min_length=1)
    """In order of preference."""
    providers: tuple[str, ...] = ()
    """Of ONNX Runtime, beside its CPU's; one that is absent is warned of on the device."""
    precision: Precision
    """The one to prefer."""
    int8_scheme: Literal["u8s8", "s8s8"]
    """Which INT8 file ONNX Runtime gets."""
    n_threads: int = Field(ge=1)
    pose_extractor: Literal["mediapipe"]
    pose_model: str
    pose_fps: float = Field(gt=0)
    """Frames a second that pose is asked for."""
    hop_s: float = Field(gt=0)
    """From one decision to the next."""
    recognise: Recognition
    budget: Budget
    peak: tuple[Peak, ...] = Field(min_length=1)
    memory: Memory


def target_names(folder: Path = FOLDER) -> tuple[str, ...]:
    """Return every target's name, each file's before its variants'."""
    return tuple(_tables(folder))


def load_target(name: str, folder: Path = FOLDER) -> Target:
    """Return a target or variant by its name.

    Raises:
        UsageError: There is none of that name.
        IntegrityError: Its file is damaged.
    """
    tables = _tables(folder)
    if name not in tables:
        raise UsageError(f"--target {name}: no such target; there are {', '.join(tables)}")
    path, table = tables[name]
    try:
        return Target.model_validate({"name": name, **table})
    except ValidationError as error:
        raise IntegrityError(f"{path}: {name}: {first_problem(error)}") from error


def _tables(folder: Path) -> dict[str, tuple[Path, dict[str, Any]]]:
    found: dict[str, tuple[Path, dict[str, Any]]] = {}
    for path in sorted(folder.glob("*.toml")):
        try:
            table = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise IntegrityError(f"{path}: cannot be read: {error}; install again") from error
        variants = table.pop("variant", {})
        found[path.stem] = (path, table)
        for name, changes in variants.items():
            found[name] = (path, _merged(table, changes))
    return found


def _merged(table: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the table with keys replaced; tables within are merged, lists replaced as a whole."""
    result = dict(table)
    for key, value in changes.items():
        old = result.get(key)
        is_table = isinstance(old, dict) and isinstance(value, dict)
        result[key] = _merged(old, value) if is_table else value  # type: ignore[arg-type]  # both are tables
    return result
