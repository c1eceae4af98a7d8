"""`edgekit train`: a fold ensemble with out-of-fold scores from a folder of labelled clips."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from edgekit.cli import console

if TYPE_CHECKING:
    from edgekit.metrics import Estimate, Metrics
    from edgekit.runs import Run, TrainingSettings
