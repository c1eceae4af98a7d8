"""The report's page: what it says in which order, put together into one file."""

from __future__ import annotations

import base64
import hashlib
from importlib import resources
from pathlib import Path

from edgekit import files
from edgekit.curves import OperatingPoints, operating_points
from edgekit.metrics import Estimate, Metrics, honesty_lines, safety_lines
from edgekit.runs import OofPredictions, RunRecord
from edgekit.train.report import chart_data, charts, scores, tables, training
from edgekit.train.report.bands import Curves, compute_curves
from edgekit.train.report.figures import counted, figure, span
from edgekit.train.report.markup import Markup, join, tag


def write_report(path: Path, record: RunRecord, oof: OofPredictions, metrics: Metrics) -> None:
    """Write `report.html` atomically: one file that needs no network and no script.

    Args:
        path: The file; the name of its folder is the run's name.
        record: What was trained.
        oof: The predictions that `metrics` were computed from.
        metrics: Their scores.

    Raises:
        OutputError: It cannot be written.
    """
    files.write_text(path, render(path.absolute().parent.name, record, oof, metrics))


def render(name: str, record: RunRecord, oof: OofPredictions, metrics: Metrics) -> str:
    """Return the page of run `name`; the same input gives the same bytes."""
    body = tag(
        "main",
        _header(name, record, metrics),
        _banner(record),
        _summary(metrics),
        _caveats(record, metrics),
        *_chart_sections(oof, metrics),
        _section("Folds", _folds_text(metrics), tables.fold_table(metrics)),
        _section("Children", _CHILDREN_TEXT, tables.child_table(oof, metrics)),
        _section("Worst mistakes", _MISTAKES_TEXT, tables.mistakes_table(oof, metrics)),
        _training_section(record),
        _section("Provenance", None, tables.provenance_table(record, metrics)),
        tag("footer", f"Written by edgekit {record.edgekit_version}. This file loads nothing."),
    )
    return _document(f"{name} · edgekit training report", body)


_INTERVALS_TEXT = (
    "Every clip was scored by a model that never saw its child. Below each figure stands its 95% "
    "interval: how far it moves when the children are drawn anew."
)
_CHILDREN_TEXT = (
    "Each child was scored by the model that never saw it. In the pictures an upper stroke is a "
    "spasm clip, a lower stroke another clip; the line is the threshold. Orange left of the line "
    "was missed, blue right of it is a false alarm."
)
_MISTAKES_TEXT = (
    "Wrong decisions farthest from the threshold. They are the first clips to watch: a wrong "
    "label, lost landmarks, or a movement that the model does not know."
)


def _header(name: str, record: RunRecord, metrics: Metrics) -> Markup:
    facts = (
        counted(metrics.n_clips, "clip"),
        counted(metrics.n_children, "child"),
        counted(len(metrics.folds), "fold"),
        record.created_utc[:10],
    )
    return tag(
        "header",
        tag("p", "edgekit training report", class_="eyebrow"),
        tag("h1", name),
        tag("p", " · ".join(facts), class_="facts"),
    )


def _banner(record: RunRecord) -> Markup:
    lines = " ".join(safety_lines(record.dataset))
    return tag("aside", tag("strong", "Not for clinical use."), f" {lines}", class_="banner")


def _summary(metrics: Metrics) -> Markup:
    counts = metrics.confusion
    n_others = metrics.n_clips - metrics.n_positives
    found = f"{counts.tp} of {counted(metrics.n_positives, 'spasm clip')} found"
    alarms = f"{counts.fp} of {counted(n_others, 'other clip')} raised a false alarm"
    cards = (
        ("AUROC", metrics.auroc, "how often a spasm clip outscores another"),
        ("AUPRC", metrics.auprc, "precision, averaged over all recalls"),
        ("F1", metrics.f1, "balance of the next two"),
        ("Sensitivity", metrics.sensitivity, "spasm clips found"),
        ("Precision", metrics.precision, "alarms that are right"),
        ("Specificity", metrics.specificity, "other clips left alone"),
    )
    return tag(
        "section",
        tag("h2", "In short"),
        tag("p", f"{found}; {alarms}.", class_="lead"),
        tag("p", _INTERVALS_TEXT),
        tag("div", *(_card(*card) for card in cards), class_="cards"),
        class_="summary",
    )


def _card(name: str, estimate: Estimate, meaning: str) -> Markup:
    return tag(
        "div",
        tag("h3", name),
        tag("p", figure(estimate.value), class_="figure"),
        _whisker(estimate),
        tag("p", span(estimate.low, estimate.high), class_="span"),
        tag("p", meaning, class_="meaning"),
        class_="card",
    )


def _whisker(estimate: Estimate) -> Markup:
    """Draw the interval on a line from 0 to 1; the words beside it say the same."""
    marks = [tag("path", d="M0 5H120", class_="grid")]
    if estimate.low is not None and estimate.high is not None:
        ends = f"M{120 * estimate.low:.1f} 5H{120 * estimate.high:.1f}"
        marks.append(tag("path", d=ends, class_="extent"))
    if estimate.value is not None:
        marks.append(tag("circle", cx=f"{120 * estimate.value:.1f}", cy=5, r=4, class_="value"))
    return tag("svg", *marks, viewBox="-5 0 130 10", aria_hidden="true", class_="whisker")


def _caveats(record: RunRecord, metrics: Metrics) -> Markup:
    said = safety_lines(record.dataset)
    lines = [line for line in honesty_lines(metrics, record.dataset) if line not in said]
    return tag(
        "section",
        tag("h2", "What these figures do not say"),
        tag("ul", *(tag("li", line) for line in lines)),
        class_="caveats",
    )


def _chart_sections(oof: OofPredictions, metrics: Metrics) -> list[Markup]:
    curves = compute_curves(oof, metrics)
    return [
        _threshold_section(oof, metrics, curves),
        _ranking_section(operating_points(oof.labels, oof.probabilities), metrics, curves),
        _calibration_section(metrics),
    ]


def _threshold_section(oof: OofPredictions, metrics: Metrics, curves: Curves) -> Markup:
    by_class = _figure(
        "Scores by class",
        "Strong colour: decided wrongly.",
        scores.histogram(oof, metrics),
        chart_data.histogram_data(oof),
    )
    by_threshold = _figure(
        "With another threshold",
        "Bands are 95% intervals.",
        charts.threshold_curve(curves, metrics.threshold),
        chart_data.threshold_data(curves),
    )
    return _section("Threshold", _threshold_text(metrics), _figures(by_class, by_threshold))


def _ranking_section(points: OperatingPoints, metrics: Metrics, curves: Curves) -> Markup:
    roc = _figure(
        "ROC",
        "Spasm clips found for each price in false alarms.",
        charts.roc_curve(points, curves.roc, metrics),
        chart_data.roc_data(curves),
    )
    pr = _figure(
        "Precision and recall",
        "How many alarms are right when more spasms are to be found.",
        charts.pr_curve(points, curves.pr, metrics),
        chart_data.pr_data(curves),
    )
    text = "How well spasm clips are told from the others, whatever the threshold."
    return _section("Ranking", text, _figures(roc, pr))


def _calibration_section(metrics: Metrics) -> Markup:
    return _section(
        "Calibration",
        "On the diagonal, a probability of 0.7 means seven spasm clips in ten. The grey bars "
        "show how many clips lie in each bin.",
        tag(
            "figure",
            charts.calibration_chart(metrics.calibration),
            chart_data.calibration_data(metrics),
            class_="wide",
        ),
    )


def _training_section(record: RunRecord) -> Markup:
    settings = tables.settings_table(record)
    if not record.training_loss:
        return _section("Training", None, settings)
    drawing = tag(
        "div",
        training.loss_chart(record),
        tag("details", tag("summary", "Data"), training.loss_table(record)),
    )
    return _section(
        "Training",
        "The loss on each fold's own training clips, one line a fold. The number of epochs was "
        "fixed beforehand.",
        tag("figure", drawing, settings, class_="wide"),
    )


def _threshold_text(metrics: Metrics) -> str:
    threshold = metrics.threshold
    own = [fold.value for fold in threshold.per_fold if fold.value is not None]
    text = f"A clip counts as a possible spasm from a probability of {figure(threshold.value)} on"
    if threshold.is_given:
        return f"{text}. The threshold was given, not chosen from the clips."
    text += f", chosen by the policy {threshold.policy}."
    if threshold.low is not None:
        text += f" Resampled children move it from {span(threshold.low, threshold.high)} (95%)."
    if len(own) > 1:
        text += f" Single folds alone would choose from {span(min(own), max(own))} (short strokes)."
    return text


def _folds_text(metrics: Metrics) -> str:
    """Say how much of F1 is owed to choosing the threshold on the clips that are scored."""
    if metrics.cross_fitted is None or metrics.threshold.is_given:
        return "Each fold's model scored the children that it never saw."
    return (
        "With each fold decided at the threshold that the other folds choose, so that no clip "
        f"helps to choose its own, F1 is {figure(metrics.cross_fitted.f1)} instead of "
        f"{figure(metrics.f1.value)}, sensitivity {figure(metrics.cross_fitted.sensitivity)} and "
        f"specificity {figure(metrics.cross_fitted.specificity)}."
    )


def _section(title: str, text: str | None, *content: Markup) -> Markup:
    return tag("section", tag("h2", title), tag("p", text) if text else Markup(""), *content)


def _figures(*content: Markup) -> Markup:
    return tag("div", *content, class_="figures")


def _figure(title: str, text: str, drawing: Markup, data: Markup) -> Markup:
    return tag(
        "figure",
        tag("figcaption", tag("h3", title), tag("p", text)),
        drawing,
        tag("details", tag("summary", "Data"), data),
    )


def _document(title: str, body: Markup) -> str:
    """Wrap the page; its policy allows this style and this script, and no other, nor any load."""
    style, script = _asset("style.css"), _asset("sort.js")
    policy = f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'"
    head = (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="color-scheme" content="light dark">'
    )
    page = tag("body", body, tag("script", script))
    return join(
        Markup(head),
        tag("title", title),
        tag("style", style),
        Markup("</head>"),
        page,
        Markup("</html>\n"),
    )


def _asset(name: str) -> Markup:
    return Markup((resources.files(__package__) / name).read_text(encoding="utf-8"))


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
