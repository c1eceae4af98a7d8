"""Benchmark records made by hand, for tests of everything that reads them."""

from __future__ import annotations

from pathlib import Path

from edgekit_bench.coverage import Coverage
from edgekit_bench.machine import Machine
from edgekit_bench.model_probe import Probe
from edgekit_bench.quantiles import Quantiles, Ratio
from edgekit_bench.results import (
    YARDSTICK,
    BenchRecord,
    Measured,
    Measurement,
    ModelFacts,
    RuntimeComparison,
    Stage,
    Unmeasured,
)

from edgekit.manifest import Precision, RuntimeName

TINY_BUNDLE = Path(__file__).resolve().parent / "data" / "tiny_bundle"

MACHINE = Machine(
    architecture="x86_64",
    board="unknown",
    cpu="Zen",
    cpu_flags=("avx512_vnni",),
    n_cores=2,
    governor="unknown",
    is_virtual=True,
    memory_mb=8192,
    kernel="Linux 6.1",
    system="Debian",
    libc="glibc 2.36",
    python="3.11.7",
    versions={"numpy": "2.4.6"},
    load_1m=0.1,
)
MEASURED = Measured(
    bundle="bundle",
    manifest_sha256="0" * 64,
    n_frames=150,
    n_folds=5,
    c_base=64,
    mil="attn",
    n_threads=1,
    seconds=3.0,
)


def ratio(median: float, reference: str = YARDSTICK) -> Ratio:
    """Return a ratio with a narrow interval."""
    return Ratio(reference=reference, median=median, low=0.99 * median, high=1.01 * median)


def quantiles(p50_ms: float, n: int = 200) -> Quantiles:
    """Return quantiles with a tail of twice the median."""
    return Quantiles(n=n, p50_ms=p50_ms, p95_ms=1.5 * p50_ms, p99_ms=2 * p50_ms, worst_ms=9e3)


def stage(name: str, p50_ms: float, kind: Stage = "features") -> Measurement:
    """Return the measurement of something that is no model."""
    return Measurement(name=name, stage=kind, quantiles=quantiles(p50_ms), warmup_ms=(1.0,))


def model(
    name: str,
    p50_ms: float,
    *,
    runtime: RuntimeName = "onnxruntime",
    precision: Precision = "fp32",
    int8_share: float = 0.0,
) -> Measurement:
    """Return the measurement of a model, compared with a yardstick of 20 ms."""
    facts = ModelFacts(
        runtime=runtime,
        runtime_version=f"{runtime} 1",
        precision=precision,
        probe=Probe(load_ms=50, first_ms=30, peak_rss_mb=100, own_rss_mb=60),
        coverage=Coverage(
            int8_macs=round(1000 * int8_share),
            float_macs=1000 - round(1000 * int8_share),
            float_nodes=("head (100.0%)",),
        ),
    )
    row = stage(name, p50_ms, "model")
    beaten = None if name == YARDSTICK else ratio(20.0 / p50_ms)
    return row.model_copy(update={"model": facts, "ratio": beaten})


def record(
    *measurements: Measurement,
    unmeasured: tuple[Unmeasured, ...] = (),
    chosen: str | None = None,
    comparisons: tuple[RuntimeComparison, ...] = (),
) -> BenchRecord:
    """Return a record of the given measurements on one made-up machine."""
    return BenchRecord(
        created_utc="2026-11-22T16:43:00+00:00",
        edgekit_version="0.1.0",
        machine=MACHINE,
        measured=MEASURED,
        measurements=measurements,
        unmeasured=unmeasured,
        chosen_model=chosen,
        int8_vs_fp32=comparisons,
    )
