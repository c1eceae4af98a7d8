"""`edgekit train`: labelled clips become a fold ensemble with out-of-fold scores."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from edgekit.cli import console

if TYPE_CHECKING:
    from edgekit.metrics import Estimate, Metrics, ThresholdReport
    from edgekit.runs import Run


def train(
    data: Annotated[
        Path, typer.Argument(help="Folder of clips (.npy) with their label file (.csv).")
    ] = Path("data"),
    *,
    folds: Annotated[int, typer.Option(min=2, help="Folds; a child is in one only.")] = 5,
    frames: Annotated[int, typer.Option(min=16, help="Length of every clip, in frames.")] = 150,
    epochs: Annotated[
        int, typer.Option(min=1, help="Passes over the clips; held-out clips never choose it.")
    ] = 8,
    mil: Annotated[
        Literal["attn", "topk", "logsumexp"],
        typer.Option(help="How the scores of a clip's steps become the clip's."),
    ] = "attn",
    width: Annotated[int, typer.Option(min=4, help="Channels of the first layers.")] = 64,
    batch_size: Annotated[int, typer.Option(min=2, help="Clips in a training step.")] = 16,
    lr: Annotated[float, typer.Option(help="Highest learning rate.")] = 2e-3,
    weight_decay: Annotated[float, typer.Option(min=0, help="Of AdamW.")] = 1e-2,
    augment: Annotated[
        bool,
        typer.Option(
            "--augment/--no-augment", help="Mirror, scale, rotate, shift, lose landmarks."
        ),
    ] = True,
    fold_policy: Annotated[
        Literal["stratified", "group"],
        typer.Option(help="Folds alike in their share of spasms, or in clips alone."),
    ] = "stratified",
    threshold: Annotated[
        str,
        typer.Option(help="f1, youden, sensitivity=0.95, specificity=0.95, or a number."),
    ] = "f1",
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same machine: same run.")] = 0,
    name: Annotated[str | None, typer.Option(help="Of the run; the time by default.")] = None,
    runs: Annotated[Path, typer.Option(help="Where the run's folder goes.")] = Path("runs"),
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Start anew instead of continuing a stopped run.")
    ] = False,
    device: Annotated[
        Literal["auto", "cpu", "cuda", "mps"], typer.Option(help="Where to compute.")
    ] = "auto",
    threads: Annotated[
        int | None, typer.Option(min=1, max=256, help="CPU threads; torch's choice by default.")
    ] = None,
    labels: Annotated[
        Path | None, typer.Option(help="Label file; train_data.csv or the only csv by default.")
    ] = None,
    child_pattern: Annotated[
        str | None, typer.Option(help="Regular expression of file names with a group `child`.")
    ] = None,
) -> None:
    """Train one network for each fold of children and score each on the children it never saw.

    A run that was stopped goes on where it was when the same command is given again.

    Example: edgekit train data/ --folds 5 --frames 150
    """
    from pydantic import ValidationError

    from edgekit.cohort import CHILD_PATTERN, load_cohort
    from edgekit.errors import MissingExtraError, UsageError
    from edgekit.records import first_problem
    from edgekit.runs import TrainingSettings

    try:
        from edgekit.train.crossval import train as cross_validate
    except ModuleNotFoundError as error:
        raise MissingExtraError("train", error.name or "a package") from error

    try:
        settings = TrainingSettings(
            n_frames=frames,
            n_folds=folds,
            fold_policy=fold_policy,
            c_base=width,
            mil=mil,
            epochs=epochs,
            batch_size=batch_size,
            learning_rate=lr,
            weight_decay=weight_decay,
            augment=augment,
            threshold_policy=threshold,
            seed=seed,
        )
    except ValidationError as error:
        raise UsageError(first_problem(error)) from error
    cohort = load_cohort(data, labels=labels, child_pattern=child_pattern or CHILD_PATTERN)
    with _hint_how_to_go_on(fresh=fresh), console.progress() as progress:
        run = cross_validate(
            cohort,
            settings,
            runs_folder=runs,
            name=name,
            fresh=fresh,
            device=device,
            n_threads=threads,
            progress=progress,
        )
    _show(run)


@contextmanager
def _hint_how_to_go_on(*, fresh: bool) -> Iterator[None]:
    """Say at Ctrl-C how the run is continued."""
    try:
        yield
    except KeyboardInterrupt:
        again = "the same command without --fresh" if fresh else "the same command"
        console.note(f"{again} goes on after the last finished epoch")
        raise


def _show(run: Run) -> None:
    from edgekit.metrics import honesty_lines, read_metrics
    from edgekit.runs import METRICS_FILE, OOF_FILE, REPORT_FILE

    metrics = read_metrics(run.folder / METRICS_FILE)
    _show_scores(metrics)
    _show_folds(metrics)
    for line in honesty_lines(metrics, run.record.dataset):
        console.out(line)
    console.out()
    names = ", ".join((REPORT_FILE, OOF_FILE, METRICS_FILE))
    console.out(f"wrote {run.folder}: {names} and the weights of {len(metrics.folds)} folds")
    console.out(f"next: edgekit export {run.folder} --quantize int8")


def _show_scores(metrics: Metrics) -> None:
    threshold = metrics.threshold
    at = f"at {threshold.value:.3f}"
    rows = [
        ("AUROC", *_cells(metrics.auroc)),
        ("AUPRC", *_cells(metrics.auprc)),
        (f"F1 {at}", *_cells(metrics.f1)),
        (f"sensitivity {at}", *_cells(metrics.sensitivity)),
        (f"specificity {at}", *_cells(metrics.specificity)),
        (f"threshold ({threshold.policy})", *_cells(threshold)),
    ]
    console.table("out of fold", ("", "value", "95 % interval"), rows)
    console.out()


def _show_folds(metrics: Metrics) -> None:
    rows = [
        (
            f"fold {fold.fold}",
            str(fold.n_children),
            str(fold.n_clips),
            str(fold.n_positives),
            _figure(fold.auroc),
            _figure(fold.confusion.f1),
            _figure(fold.confusion.sensitivity),
            _figure(fold.confusion.specificity),
        )
        for fold in metrics.folds
    ]
    columns = ("children", "clips", "spasms", "AUROC", "F1", "sensitivity", "specificity")
    console.table("", ("held out", *columns), rows)
    console.out()


def _cells(estimate: Estimate | ThresholdReport) -> tuple[str, str]:
    if estimate.low is None or estimate.high is None:
        return _figure(estimate.value), ""
    return _figure(estimate.value), f"{estimate.low:.3f} to {estimate.high:.3f}"


def _figure(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.3f}"
