"""The verdict is honest: it says where INT8 loses, and advises what was really fastest."""

from __future__ import annotations

from bench_records import model, ratio, record
from edgekit_bench.quantiles import Ratio
from edgekit_bench.results import BenchRecord, RuntimeComparison
from edgekit_bench.verdict import best_model, verdict


def two_precisions(fp32_ms: float, int8_ms: float, *, share: float = 0.99) -> BenchRecord:
    """Return a record in which predict takes the INT8 model."""
    return record(
        model("onnx-fp32", fp32_ms),
        model("onnx-int8-u8s8", int8_ms, precision="int8", int8_share=share),
        model("naive-fp32", 20.0),
        chosen="onnx-int8-u8s8",
        comparisons=(
            RuntimeComparison(
                runtime="onnxruntime",
                int8="onnx-int8-u8s8",
                fp32="onnx-fp32",
                ratio=ratio(fp32_ms / int8_ms, "onnx-fp32"),
            ),
        ),
    )


def test_a_faster_int8_is_called_faster_and_taken() -> None:
    lines = verdict(two_precisions(16.0, 8.0))

    assert lines[0].startswith("onnx-int8-u8s8 is 2.00 times faster than onnx-fp32")
    assert lines[1].startswith("onnx-int8-u8s8 is 2.50 times faster than the naive")
    assert lines[2] == "best here: onnx-int8-u8s8, which by itself edgekit takes"


def test_a_slower_int8_is_called_slower_and_fp32_advised() -> None:
    lines = verdict(two_precisions(10.0, 15.0))

    assert "1.50 times SLOWER than onnx-fp32" in lines[0]
    assert lines[-1] == (
        "best here: onnx-fp32 (--runtime onnxruntime --precision fp32); "
        "by itself edgekit takes onnx-int8-u8s8"
    )


def test_int8_that_runs_in_float_is_told() -> None:
    lines = verdict(two_precisions(10.0, 9.0, share=0.4))

    assert any("only 40% of its MACs in INT8" in line and "head" in line for line in lines)


def test_within_five_percent_fp32_is_preferred_for_its_exactness() -> None:
    best = best_model(two_precisions(10.4, 10.0))

    assert best is not None
    assert best.name == "onnx-fp32"


def test_a_difference_that_is_not_clear_is_not_claimed() -> None:
    before = two_precisions(10.0, 9.9)
    wide = Ratio(reference="onnx-fp32", median=1.01, low=0.9, high=1.1)
    (comparison,) = before.int8_vs_fp32
    unclear = comparison.model_copy(update={"ratio": wide})

    line = verdict(before.model_copy(update={"int8_vs_fp32": (unclear,)}))[0]

    assert "not clearly faster or slower" in line


def test_the_yardstick_is_never_advised() -> None:
    found = record(model("onnx-fp32", 30.0), model("naive-fp32", 20.0))

    assert "onnx-fp32 is 1.50 times SLOWER than the naive" in verdict(found)[0]
    assert verdict(found)[-1].startswith("best here: onnx-fp32")


def test_without_models_there_is_no_verdict() -> None:
    assert verdict(record()) == ()
