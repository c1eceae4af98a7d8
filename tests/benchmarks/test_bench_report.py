"""Tables have no blank cell, and what was not measured has its line."""

from __future__ import annotations

import pytest
from bench_records import MACHINE, model, quantiles, record, stage
from edgekit_bench import report
from edgekit_bench.compare import compare
from edgekit_bench.results import Unmeasured


def test_models_and_stages_have_a_row_each_without_a_blank_cell() -> None:
    found = record(
        model("onnx-fp32", 20.0, precision="fp32"),
        model("naive-fp32", 25.0),
        stage("features T=150", 0.3),
    )
    for table, n_rows in ((report.model_table(found), 2), (report.stage_table(found), 1)):
        assert len(table.rows) == n_rows
        assert all(len(row) == len(table.columns) for row in table.rows)
        assert all(cell for row in table.rows for cell in row)


def test_figures_stand_under_their_names() -> None:
    found = record(model("onnx-int8-u8s8", 10.0, precision="int8", int8_share=0.97))
    table = report.model_table(found)
    (row,) = table.rows
    cells = dict(zip(table.columns, row, strict=True))

    assert cells["model"] == "onnx-int8-u8s8"
    assert (cells["p50 ms"], cells["p95 ms"], cells["worst ms"]) == ("10.00", "15.00", "9000")
    assert (cells["speed"], cells["int8 MACs"], cells["RSS MB"]) == ("x2.00", "97.0%", "100")


def test_a_tail_that_was_not_measured_is_marked() -> None:
    few = quantiles(1.0, n=30).model_copy(update={"p99_ms": None})
    found = record(stage("a", 1.0).model_copy(update={"quantiles": few}))

    assert report.has_too_few(found)
    assert report.stage_table(found).rows[0][3] == "-"
    assert not report.has_too_few(record(stage("a", 1.0)))


def test_reasons_are_told_and_failures_stand_out() -> None:
    found = record(
        unmeasured=(
            Unmeasured(name="pose", stage="pose", reason="no model", is_error=False),
            Unmeasured(name="openvino-int8", stage="model", reason="bad file", is_error=True),
        )
    )

    assert list(report.unmeasured_lines(found)) == [
        "pose           not measured: no model",
        "openvino-int8  FAILED: bad file",
    ]


def test_the_machine_is_named() -> None:
    text = "\n".join(report.machine_lines(record()))

    for word in ("Zen", "avx512_vnni", "governor unknown", "glibc 2.36", "5 folds", "1 thread"):
        assert word in text


@pytest.mark.parametrize(
    ("update", "n_warnings"),
    [({}, 0), ({"load_1m": 2.0}, 1), ({"governor": "performance"}, 0), ({"governor": "x"}, 1)],
)
def test_doubtful_conditions_are_warned_of(update: dict[str, object], n_warnings: int) -> None:
    assert len(list(report.warnings(MACHINE.model_copy(update=update)))) == n_warnings


def test_changes_show_both_medians() -> None:
    changes = compare(record(stage("a", 30.0), stage("gone", 1.0)), record(stage("a", 10.0)))

    assert report.change_table(changes).rows == (
        ("a", "30.00", "10.00", "x3.00", "x3.00"),
        ("gone", "1.00", "not there", "-", "-"),
    )
