"""Floors by hand: MACs over peak, bytes over bandwidth, and the larger of both."""

from __future__ import annotations

import pytest
from edgekit_bench.floor import floor
from edgekit_bench.target import load_target


def test_fp32_on_a_pi_5() -> None:
    found = floor(load_target("rpi5"), "m", "fp32", n_macs=768_000_000, n_bytes=1_710_000)

    assert found.compute_ms == pytest.approx(10.0)  # 768 MMAC / 76.8 GMAC/s
    assert found.memory_ms == pytest.approx(0.1)  # 1.71 MB / 17.1 GB/s
    assert found.ms == pytest.approx(10.0)


def test_int8_counts_at_the_int8_peak() -> None:
    found = floor(load_target("rpi5"), "m", "int8", n_macs=768_000_000, n_bytes=0)

    assert found.ms == pytest.approx(2.5)  # 768 MMAC / 307.2 GMAC/s


def test_bytes_decide_where_there_are_many() -> None:
    found = floor(load_target("rpi4"), "m", "fp32", n_macs=57_600, n_bytes=12_800_000)

    assert found.compute_ms == pytest.approx(0.001)
    assert found.ms == found.memory_ms == pytest.approx(1.0)


def test_the_fastest_unit_sets_the_floor() -> None:
    found = floor(load_target("jetson"), "m", "int8", n_macs=16_700_000, n_bytes=0)

    assert found.unit == "GPU"
    assert found.ms == pytest.approx(0.001)
    assert found.is_estimate
