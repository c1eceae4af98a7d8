from __future__ import annotations

import numpy as np
import pytest
from oof_samples import drawn, predictions

from edgekit.curves import operating_points
from edgekit.scoring import score
from edgekit.train.report.bands import GRID, compute_curves
from edgekit.train.report.figures import counted, figure
from edgekit.train.report.markup import Markup, join, tag
from edgekit.train.report.plot import Panel, line
from edgekit.train.report.scores import histogram_counts
from edgekit.train.report.tables import worst_mistakes
from edgekit.train.report.training import ticks


def test_worst_mistakes_are_ranked_by_their_share_of_the_way() -> None:
    rows = [
        ("a", 0, 1, 0.10),  # half of the way from 0.2 to 0
        ("a", 0, 0, 0.40),  # a quarter of the way from 0.2 to 1
        ("b", 0, 0, 0.80),  # three quarters
        ("b", 0, 1, 0.90),  # right
        ("b", 0, 0, 0.10),  # right
    ]
    assert worst_mistakes(predictions(rows), 0.2) == [2, 0, 1]


def test_at_most_ten_mistakes_are_listed() -> None:
    assert len(worst_mistakes(predictions([("a", 0, 1, 0.1)] * 30), 0.5)) == 10


def test_curves_pass_through_the_hand_computed_points() -> None:
    oof = predictions([("a", 0, 1, 0.9), ("a", 0, 0, 0.6), ("b", 0, 1, 0.4), ("b", 0, 0, 0.2)])
    curves = compute_curves(oof, score(oof, policy="f1", n_bootstrap=20))
    at = {threshold: int(np.argmin(np.abs(GRID - threshold))) for threshold in (0.0, 0.5, 1.0)}
    assert curves.roc.values[[at[0.0], at[0.5], at[1.0]]].tolist() == [0.5, 1.0, 1.0]
    assert curves.pr.values[at[0.5]] == 1.0
    assert curves.pr.values[at[1.0]] == pytest.approx(2 / 3)
    assert curves.sensitivity.values[[at[0.0], at[0.5], at[1.0]]].tolist() == [1.0, 0.5, 0.0]
    assert curves.specificity.values[[at[0.0], at[0.5], at[1.0]]].tolist() == [0.0, 0.5, 1.0]


def test_bands_surround_their_curves() -> None:
    oof = drawn(30, 20)
    curves = compute_curves(oof, score(oof, policy="f1", n_bootstrap=200))
    for curve in (curves.roc, curves.sensitivity, curves.specificity, curves.f1):
        assert (curve.low <= curve.values + 1e-9).all()
        assert (curve.values <= curve.high + 1e-9).all()
        assert (curve.high - curve.low).max() > 0.02


def test_the_roc_on_the_grid_has_the_area_of_the_score() -> None:
    oof = drawn()
    metrics = score(oof, policy="f1", n_bootstrap=5)
    roc = compute_curves(oof, metrics).roc.values
    assert np.trapezoid(roc, GRID) == pytest.approx(metrics.auroc.value, abs=0.01)


def test_the_histogram_holds_every_clip() -> None:
    oof = drawn()
    assert histogram_counts(oof.probabilities).sum() == len(oof.labels)
    assert histogram_counts(np.array([0.0, 1.0]))[[0, -1]].tolist() == [1, 1]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "\N{EN DASH}"),
        (0.0, "0.000"),
        (1.0, "1.000"),
        (0.12345, "0.123"),
        (0.99951, ">0.999"),
        (0.0004, "<0.001"),
    ],
)
def test_figures_never_round_to_certainty(value: float | None, shown: str) -> None:
    assert figure(value) == shown


def test_counts_are_words() -> None:
    assert counted(1, "child") == "1 child"
    assert counted(2, "child") == "2 children"
    assert counted(12345, "clip") == "12\u202f345 clips"


@pytest.mark.parametrize("limit", [0.0, 0.03, 0.7, 1.0, 7.3, 40.0, 12345.0])
def test_ticks_are_few_and_reach_the_limit(limit: float) -> None:
    values = [value for value, _ in ticks(limit)]
    assert values[0] == 0
    assert values[-1] >= limit
    assert 2 <= len(values) <= 5


def test_markup_escapes_what_is_not_markup() -> None:
    assert tag("b", "<i>", title='"') == '<b title="&quot;">&lt;i&gt;</b>'
    assert join(Markup("<i>"), "<i>") == "<i>&lt;i&gt;"
    assert tag("p", "x", class_="a", data_value=None) == '<p class="a">x</p>'


def test_a_line_leaves_out_what_is_undefined() -> None:
    panel = Panel("x", "y")
    assert line(panel, [0.0, 1.0], [np.nan, np.nan], "accent") == ""
    drawn_line = line(panel, [0.0, 0.5, 1.0], [0.0, np.nan, 1.0], "accent")
    assert drawn_line.count("L") == 1


def test_the_threshold_of_the_report_is_that_of_the_operating_points() -> None:
    oof = drawn()
    metrics = score(oof, policy="f1", n_bootstrap=5)
    points = operating_points(oof.labels, oof.probabilities)
    (cut,) = points.cuts_at([metrics.threshold.value])
    assert points.sensitivity[0, cut] == metrics.sensitivity.value
