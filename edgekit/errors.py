"""Every error that edgekit raises on purpose, each with its exit code.

    EdgekitError
    ├── UsageError         2   the command line, or options that do not go together
    ├── ParityError       10   a written model does not compute what the trained one does
    ├── GateError         11   INT8 changed more decisions than the budget allows
    ├── LeakageError      12   calibration and evaluation share a child
    ├── GraphRuleError    13   the written graph holds a node that a target cannot run
    ├── IntegrityError    14   a file is missing, changed, extra, or from a newer schema
    ├── BudgetError       15   a benchmark missed its budget
    ├── MissingExtraError 16   a command needs packages that are not installed
    ├── DataError         17   a clip, label file, recording or video cannot be used
    └── OutputError       18   a result cannot be written: disk full, no permission

The library raises; only the CLI prints and exits. A message is one line that names the
file, the row where there is one, and the cure.
"""

from __future__ import annotations


class EdgekitError(Exception):
    """Base of all errors that edgekit raises on purpose."""

    exit_code = 1


class UsageError(EdgekitError):
    """An option is wrong, or two options do not go together."""

    exit_code = 2


class ParityError(EdgekitError):
    """PyTorch, the folded network and an exported file disagree in FP32."""

    exit_code = 10


class GateError(EdgekitError):
    """INT8 moved more decisions across the threshold than the budget allows."""

    exit_code = 11


class LeakageError(EdgekitError):
    """A quantiser read, or is recorded to have read, a clip of an evaluation child."""

    exit_code = 12


class GraphRuleError(EdgekitError):
    """An exported graph holds an operator, type or shape that a target cannot run."""

    exit_code = 13


class IntegrityError(EdgekitError):
    """An artefact is incomplete, altered, inconsistent, or newer than this edgekit."""

    exit_code = 14


class BudgetError(EdgekitError):
    """A measured figure misses the budget that the user asked to enforce."""

    exit_code = 15


class MissingExtraError(EdgekitError):
    """A command needs an optional dependency; the message names the extra."""

    exit_code = 16

    def __init__(self, extra: str, package: str, cure: str | None = None) -> None:
        super().__init__(
            f"{package} is not installed: " + (cure or f'pip install "edgekit[{extra}]"')
        )
        self.extra = extra


class DataError(EdgekitError):
    """A clip, a label file, a recording or a video cannot be used as it is."""

    exit_code = 17


class OutputError(EdgekitError):
    """A result could not be written; whatever stood there before is untouched."""

    exit_code = 18
