"""The report's picture of the training itself: the loss of each fold."""

from __future__ import annotations

import math

from edgekit.runs import RunRecord
from edgekit.train.report import plot
from edgekit.train.report.figures import counted
from edgekit.train.report.markup import Markup
from edgekit.train.report.plot import Panel
from edgekit.train.report.tables import Cell, number, table

STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
"""Distances between ticks, times a power of ten."""


def loss_chart(record: RunRecord) -> Markup:
    """Draw each fold's mean training loss by epoch."""
    losses = record.training_loss
    n_epochs = max(len(fold) for fold in losses)
    limit = max((loss for fold in losses for loss in fold if math.isfinite(loss)), default=1.0)
    y_ticks = ticks(limit)
    panel = Panel(
        "epoch",
        "mean training loss",
        x_high=max(n_epochs, 2),
        x_ticks=tuple(tick for tick in ticks(n_epochs) if tick[0] in range(n_epochs + 1)),
        y_high=y_ticks[-1][0],
        y_ticks=y_ticks,
    )
    return plot.chart(
        panel,
        *(plot.line(panel, range(1, len(fold) + 1), fold, "accent loss") for fold in losses),
        slug="loss",
        title="Training loss",
        description=f"{counted(len(losses), 'fold')} over {counted(n_epochs, 'epoch')}. "
        "The data follow as a table.",
    )


def loss_table(record: RunRecord) -> Markup:
    """List the loss of each fold, epoch by epoch."""
    n_epochs = max(len(fold) for fold in record.training_loss)
    rows = [
        [number(epoch + 1), *(_loss(fold, epoch) for fold in record.training_loss)]
        for epoch in range(n_epochs)
    ]
    folds = (f"fold {index}" for index in range(len(record.training_loss)))
    return table("Mean training loss", ("epoch", *folds), rows)


def ticks(limit: float) -> plot.Ticks:
    """Return about four round ticks from 0 to the first at or above `limit`."""
    limit = max(limit, 1e-6)
    power = 10.0 ** math.floor(math.log10(limit / 4))
    step = next(power * size for size in STEPS if power * size * 4 >= limit * (1 - 1e-9))
    n_steps = math.ceil(limit / step - 1e-9)
    return tuple((index * step, f"{index * step:g}") for index in range(n_steps + 1))


def _loss(fold: tuple[float, ...], epoch: int) -> Cell:
    return Cell(f"{fold[epoch]:.3f}", fold[epoch]) if epoch < len(fold) else Cell("")
