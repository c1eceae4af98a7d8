"""Two records are compared name by name, and unlike ones are found out."""

from __future__ import annotations

import pytest
from bench_records import MACHINE, MEASURED, record, stage
from edgekit_bench.compare import compare, differences


def test_speed_is_before_over_after() -> None:
    (change,) = compare(record(stage("a", 30.0)), record(stage("a", 10.0)))

    assert change.speedup == pytest.approx(3.0)
    assert change.tail_speedup == pytest.approx(3.0)


def test_what_only_one_record_has_is_kept() -> None:
    gone, new = compare(record(stage("gone", 1.0)), record(stage("new", 1.0)))

    assert (gone.name, gone.after, gone.speedup) == ("gone", None, None)
    assert (new.name, new.before, new.tail_speedup) == ("new", None, None)


def test_records_of_one_machine_and_network_are_alike() -> None:
    assert differences(record(), record(stage("a", 1.0))) == ()


def test_another_host_is_a_difference() -> None:
    other = record().model_copy(update={"machine": MACHINE.model_copy(update={"cpu": "A76"})})

    assert differences(record(), other) == ("CPU: Zen / A76",)


@pytest.mark.parametrize(
    ("field", "value", "phrase"),
    [
        ("n_threads", 2, "threads: 1 / 2"),
        ("n_frames", 60, "frames: 150 / 60"),
        ("n_folds", 4, "folds: 5 / 4"),
        ("c_base", 32, "width: 64 / 32"),
        ("mil", "topk", "MIL: attn / topk"),
    ],
)
def test_another_network_is_a_difference(field: str, value: object, phrase: str) -> None:
    other = record().model_copy(update={"measured": MEASURED.model_copy(update={field: value})})

    assert differences(record(), other) == (phrase,)


def test_other_weights_are_none() -> None:
    other = MEASURED.model_copy(update={"bundle": "other", "manifest_sha256": "1" * 64})

    assert differences(record(), record().model_copy(update={"measured": other})) == ()
