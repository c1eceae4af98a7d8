"""The report's tables: folds, children, mistakes, provenance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edgekit.metrics import ChildScore, Metrics
from edgekit.runs import OofPredictions, RunRecord
from edgekit.thresholds import decide
from edgekit.train.report.figures import MISSING, counted, figure
from edgekit.train.report.markup import Markup, join, tag
from edgekit.train.report.scores import strip

N_MISTAKES = 10


@dataclass(frozen=True)
class Cell:
    """A table's cell and the value that it is sorted by."""

    content: str
    value: str | float | None = None
    is_number: bool = True


def text(content: str) -> Cell:
    """Return a cell of words, aligned left."""
    return Cell(content, content, is_number=False)


def number(value: float | None) -> Cell:
    """Return a cell of a count or a share, aligned right; an undefined one sorts last."""
    if value is None:
        return Cell(MISSING)
    return Cell(str(value) if isinstance(value, int) else figure(value), value)


def table(
    caption: str, columns: Sequence[str], rows: Iterable[Sequence[Cell]], class_: str | None = None
) -> Markup:
    """Return a table that scrolls by itself on a narrow screen; the first column heads the row."""
    written = [list(row) for row in rows]
    is_number = [cell.is_number for cell in written[0]] if written else [False] * len(columns)
    heads = [
        tag("th", column, scope="col", class_="number" if numeric else None)
        for column, numeric in zip(columns, is_number, strict=True)
    ]
    body = [tag("tr", _head(row[0]), *map(_cell, row[1:])) for row in written]
    inner = tag(
        "table",
        tag("caption", caption),
        tag("thead", tag("tr", *heads)),
        tag("tbody", *body),
        class_="sortable" if class_ == "sortable" else None,
    )
    box = f"scroll {class_ or ''}".strip()
    return tag("div", inner, class_=box, role="region", aria_label=caption, tabindex=0)


def fold_table(metrics: Metrics) -> Markup:
    """List each fold with the threshold that it alone would choose."""
    own = {fold.fold: fold.value for fold in metrics.threshold.per_fold}
    rows = [
        [
            number(fold.fold),
            number(fold.n_children),
            number(fold.n_clips),
            number(fold.n_positives),
            number(fold.auroc),
            number(fold.auprc),
            number(fold.confusion.sensitivity),
            number(fold.confusion.specificity),
            number(fold.confusion.f1),
            number(own[fold.fold]),
        ]
        for fold in metrics.folds
    ]
    columns = ("fold", "children", "clips", "spasms", "AUROC", "AUPRC", "sensitivity")
    more = ("specificity", "F1", "own threshold")
    return table("Folds, at the common threshold", (*columns, *more), rows, "sortable")


def child_table(oof: OofPredictions, metrics: Metrics) -> Markup:
    """List each child, those with the largest share of wrong decisions first."""
    ids = np.asarray(oof.child_ids)
    rows = []
    for child in sorted(metrics.children, key=_worst_first):
        mine = ids == child.child_id
        counts = child.confusion
        picture = strip(
            oof.labels[mine], oof.probabilities[mine], metrics.threshold.value, child.child_id
        )
        rows.append(
            [
                text(child.child_id),
                Cell(picture, counts.n_wrong / child.n_clips, is_number=False),
                number(counts.fn),
                number(counts.fp),
                number(counts.sensitivity),
                number(counts.specificity),
                number(child.auroc),
                number(child.n_clips),
                number(child.n_positives),
                number(child.fold),
            ]
        )
    columns = ("child", "scores, 0 to 1", "missed", "false alarms", "sensitivity", "specificity")
    return table(
        "Children, most wrong decisions first",
        (*columns, "AUROC", "clips", "spasms", "fold"),
        rows,
        "sortable",
    )


def mistakes_table(oof: OofPredictions, metrics: Metrics) -> Markup:
    """List the clips that were decided wrongly and lie farthest from the threshold."""
    rows = [
        [
            text(oof.segment_names[index]),
            text(oof.child_ids[index]),
            text("missed spasm" if oof.labels[index] == 1 else "false alarm"),
            number(float(oof.probabilities[index])),
        ]
        for index in worst_mistakes(oof, metrics.threshold.value)
    ]
    if not rows:
        return tag("p", "No clip was decided wrongly.")
    caption = f"The {counted(len(rows), 'wrong decision')} farthest from the threshold"
    return table(caption, ("clip", "child", "decision", "probability"), rows, "narrow")


def worst_mistakes(oof: OofPredictions, threshold: float) -> list[int]:
    """Return the rows of the most confidently wrong clips, worst first, at most `N_MISTAKES`.

    Confidence is the share of the way from the threshold to 0 or 1, so that misses and false
    alarms compare when the threshold is not in the middle.
    """
    called = decide(oof.probabilities, threshold)
    room = np.where(called, 1 - threshold, threshold)
    way = np.abs(oof.probabilities - threshold) / np.maximum(room, 1e-12)
    wrong = np.flatnonzero(called != (oof.labels == 1))
    order = np.argsort(-way[wrong], kind="stable")
    return [int(index) for index in wrong[order][:N_MISTAKES]]


def provenance_table(record: RunRecord, metrics: Metrics) -> Markup:
    """List what was trained, on what, with which settings and versions."""
    dataset = record.dataset
    facts = {
        "created (UTC)": record.created_utc,
        "device": record.device,
        "clips": f"{Path(record.data_folder).name}/, named {record.child_pattern}",
        "SHA-256 of clips and labels": record.clips_sha256,
        "source": dataset.source,
        "landmarks": f"model {dataset.landmark_model}, extractor {dataset.extractor}, "
        f"{dataset.fps:g} frames per second",
        "note": dataset.note or MISSING,
        "intervals": f"95%, {metrics.n_bootstrap} resamplings of {metrics.n_children} children, "
        f"seed {metrics.seed}, {metrics.n_left_out} left out",
        "versions": _listed({"edgekit": record.edgekit_version, **record.versions}),
    }
    rows = [[text(name), text(value)] for name, value in facts.items()]
    return table("How this run came about", ("what", "value"), rows, "provenance")


def settings_table(record: RunRecord) -> Markup:
    """List the settings of the training."""
    settings = record.settings.model_dump()
    rows = [[text(name), Cell(str(value))] for name, value in settings.items()]
    return table("Settings", ("setting", "value"), rows, "compact")


def _listed(values: Mapping[str, object]) -> str:
    return " \N{MIDDLE DOT} ".join(f"{name} {value}" for name, value in values.items())


def _worst_first(child: ChildScore) -> tuple[float, tuple[int, int, str]]:
    return -child.confusion.n_wrong / child.n_clips, _natural(child.child_id)


def _natural(child_id: str) -> tuple[int, int, str]:
    """Sort numbers as numbers, before names."""
    is_whole = child_id.isascii() and child_id.isdigit()
    return (0, int(child_id), "") if is_whole else (1, 0, child_id)


def _head(cell: Cell) -> Markup:
    return _filled("th", cell, scope="row")


def _cell(cell: Cell) -> Markup:
    return _filled("td", cell, scope=None)


def _filled(name: str, cell: Cell, scope: str | None) -> Markup:
    value = None if cell.value is None else str(cell.value)
    class_ = "number" if cell.is_number else None
    return tag(name, join(cell.content), scope=scope, data_value=value, class_=class_)
