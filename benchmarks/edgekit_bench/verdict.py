"""What the figures mean for whoever runs the model here, also where INT8 loses."""

from __future__ import annotations

from collections.abc import Iterator

from edgekit_bench.quantiles import Ratio
from edgekit_bench.results import YARDSTICK, BenchRecord, Measurement, RuntimeComparison

SIMILAR = 1.05
"""A median within 5 % of the best is as good; of such models the most exact is advised."""
LOW_COVERAGE = 0.9


def verdict(record: BenchRecord) -> tuple[str, ...]:
    """Return lines for people: INT8 against FP32, both against the naive export, and advice."""
    return (
        *(line for one in record.int8_vs_fp32 for line in _precision_lines(record, one)),
        *_yardstick_lines(record),
        *_advice(record),
    )


def best_model(record: BenchRecord) -> Measurement | None:
    """Return the fastest model by median, or an FP32 model that is as fast within 5 %."""
    if not record.models:
        return None
    fastest = min(one.quantiles.p50_ms for one in record.models)
    similar = [one for one in record.models if one.quantiles.p50_ms <= SIMILAR * fastest]
    return min(similar, key=lambda one: (_is_int8(one), one.quantiles.p50_ms))


def _precision_lines(record: BenchRecord, one: RuntimeComparison) -> Iterator[str]:
    yield f"{one.int8} is {_phrase(one.ratio)} than {one.fp32}" + _interval(one.ratio)
    found = record.named(one.int8)
    if found is not None and found.model is not None:
        share = found.model.coverage.share
        if share < LOW_COVERAGE:
            yield (
                f"{one.int8} runs only {share:.0%} of its MACs in INT8 here; in float: "
                f"{', '.join(found.model.coverage.float_nodes[:3])}, ..."
            )


def _yardstick_lines(record: BenchRecord) -> Iterator[str]:
    best = best_model(record)
    if best is not None and best.ratio is not None and best.ratio.reference == YARDSTICK:
        yield (
            f"{best.name} is {_phrase(best.ratio)} than the naive torch.onnx.export in FP32"
            + _interval(best.ratio)
        )


def _advice(record: BenchRecord) -> Iterator[str]:
    best = best_model(record)
    if best is None or best.model is None:
        return
    options = f"--runtime {best.model.runtime} --precision {best.model.precision}"
    taker = (
        f"{record.target.target.name}'s settings take"
        if record.target
        else "by itself edgekit takes"
    )
    if best.name == record.chosen_model:
        yield f"best here: {best.name}, which {taker}"
    else:
        taken = f"; {taker} {record.chosen_model}" if record.chosen_model else ""
        yield f"best here: {best.name} ({options}){taken}"


def _is_int8(one: Measurement) -> bool:
    return one.model is not None and one.model.precision == "int8"


def _phrase(ratio: Ratio) -> str:
    if not ratio.is_clear:
        return "not clearly faster or slower"
    if ratio.median > 1:
        return f"{ratio.median:.2f} times faster"
    return f"{1 / ratio.median:.2f} times SLOWER"


def _interval(ratio: Ratio) -> str:
    return f" (speed x{ratio.median:.2f}, 95 % interval {ratio.low:.2f} to {ratio.high:.2f})"
