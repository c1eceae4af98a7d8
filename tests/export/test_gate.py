"""The gate's arithmetic, by hand."""

from __future__ import annotations

import numpy as np
import pytest
from edgekit_export.gate import Comparison, judge

from edgekit.manifest import GateBudget


def comparison(fp32: list[float], int8: list[float], labels: list[int]) -> Comparison:
    n = len(labels)
    return Comparison(
        segment_names=tuple(f"child_{i % 4}_{i}.npy" for i in range(n)),
        child_ids=tuple(str(i % 4) for i in range(n)),
        folds=np.arange(n) % 2,
        labels=np.array(labels),
        fp32=np.array(fp32),
        int8=np.array(int8),
        threshold=0.5,
    )


def test_same_answers_pass_without_a_flip() -> None:
    same = [0.1, 0.9, 0.4, 0.6]
    report = judge(comparison(same, same, [0, 1, 0, 1]), GateBudget(flips=0))
    assert report.overall.is_passed
    assert report.overall.max_abs_dp == 0
    assert report.flips == ()
    assert sum(bin_.n_clips for bin_ in report.margins) == 4


def test_counts_flips_both_ways_and_the_drops() -> None:
    report = judge(
        comparison([0.6, 0.6, 0.4, 0.4], [0.4, 0.6, 0.6, 0.4], [1, 1, 0, 0]), GateBudget()
    )
    overall = report.overall
    assert (overall.flips_up, overall.flips_down) == (1, 1)
    assert overall.sensitivity_drop == 0.5
    assert overall.specificity_drop == 0.5
    assert overall.auroc_drop == pytest.approx(0.5)
    assert overall.max_abs_dp == pytest.approx(0.2)
    assert overall.mean_abs_dp == pytest.approx(0.1)
    assert not overall.is_passed
    assert [flip.segment_name for flip in report.flips] == ["child_0_0.npy", "child_2_2.npy"]
    assert dict(report.children)["0"].flips_down == 1
    assert dict(report.children)["1"].is_passed


def test_a_clip_on_the_threshold_counts_as_positive_in_both() -> None:
    report = judge(comparison([0.5, 0.5], [0.5, 0.4999], [1, 0]), GateBudget())
    assert (report.overall.flips_up, report.overall.flips_down) == (0, 1)


def test_one_flip_in_a_hundred_is_just_within_the_default_budget() -> None:
    fp32 = [0.1] * 50 + [0.9] * 50
    int8 = [*fp32]
    int8[0] = 0.51
    labels = [0] * 50 + [1] * 50
    one = judge(comparison(fp32, int8, labels), GateBudget(specificity_drop=0.02))
    assert one.overall.is_passed
    int8[1] = 0.51
    two = judge(comparison(fp32, int8, labels), GateBudget(specificity_drop=0.05))
    assert not two.overall.is_passed


@pytest.mark.parametrize("figure", ["sensitivity_drop", "specificity_drop", "auroc_drop"])
def test_each_figure_can_refuse_alone(figure: str) -> None:
    flipped = comparison(
        [0.6, 0.7, 0.3, 0.4] * 25,
        [0.4, 0.7, 0.3, 0.6] + [0.6, 0.7, 0.3, 0.4] * 24,
        [1, 1, 0, 0] * 25,
    )
    open_budget = {"flips": 1, "sensitivity_drop": 1, "specificity_drop": 1, "auroc_drop": 1}
    assert judge(flipped, GateBudget(**open_budget)).overall.is_passed
    strict = GateBudget(**{**open_budget, figure: 0})
    assert not judge(flipped, strict).overall.is_passed


def test_child_with_one_class_has_no_rate_to_drop() -> None:
    report = judge(comparison([0.6, 0.7], [0.6, 0.7], [1, 1]), GateBudget())
    assert report.overall.specificity_drop == 0
    assert report.overall.auroc_drop == 0
