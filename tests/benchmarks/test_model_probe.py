"""A model in a fresh process answers with figures, or with the reason why not."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench_records import TINY_BUNDLE
from edgekit_bench.model_probe import main, peak_rss_mb, probe

from edgekit.errors import IntegrityError

MODEL = TINY_BUNDLE / "model.fp32.onnx"


def test_a_fresh_process_tells_time_and_memory() -> None:
    found = probe("onnxruntime", MODEL, n_threads=1, n_frames=32)

    assert found.load_ms > 0
    assert found.first_ms > 0
    if found.peak_rss_mb is not None and found.own_rss_mb is not None:
        # Not the peak of this test process, which a fork would inherit in getrusage.
        assert 5 < found.own_rss_mb < found.peak_rss_mb < 300


def test_a_model_that_does_not_load_gives_its_reason(tmp_path: Path) -> None:
    path = tmp_path / "broken.onnx"
    path.write_bytes(b"no model")

    with pytest.raises(IntegrityError, match=r"broken\.onnx: ONNX Runtime cannot load it"):
        probe("onnxruntime", path, n_threads=1, n_frames=32)


def test_a_process_that_crashes_is_an_error_too() -> None:
    # 31 frames do not fit the model, which is no error that edgekit expects.
    with pytest.raises(IntegrityError, match=r"model\.fp32\.onnx: .*INVALID_ARGUMENT"):
        probe("onnxruntime", MODEL, n_threads=1, n_frames=31)


def test_the_process_answers_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["onnxruntime", str(MODEL), "1", "32"]) == 0

    (line,) = capsys.readouterr().out.splitlines()
    assert '"load_ms":' in line


def test_peak_memory_is_the_high_water_mark(tmp_path: Path) -> None:
    status = tmp_path / "status"
    status.write_text("VmPeak:\t 9 kB\nVmHWM:\t  204800 kB\nVmRSS:\t 1 kB\n", encoding="utf-8")

    assert peak_rss_mb(status) == pytest.approx(200.0)
    assert peak_rss_mb(tmp_path / "none") is None
