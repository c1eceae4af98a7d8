"""Which providers are tried, and whether the one that was asked for is there: no GPU is needed."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgekit.bundle import Bundle
from edgekit.errors import IntegrityError, UsageError
from edgekit.manifest import ModelEntry
from edgekit.runtime.providers import CUDA, TENSORRT, check_used, gpu_providers, ort_providers

JETSON = ["TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider"]
PC = ["AzureExecutionProvider", "CPUExecutionProvider"]


def entry(bundle: Bundle, name: str) -> ModelEntry:
    return next(one for one in bundle.manifest.models if one.name == name)


def test_tensorrt_comes_before_cuda_in_whatever_order_they_are_offered() -> None:
    assert gpu_providers(JETSON, "auto") == (TENSORRT, CUDA)
    assert gpu_providers(JETSON[::-1], "auto") == (TENSORRT, CUDA)
    assert gpu_providers(JETSON[1:], "auto") == (CUDA,)


def test_a_machine_without_a_gpu_has_none() -> None:
    assert gpu_providers(PC, "auto") == ()
    assert gpu_providers(PC, "cpu") == ()


def test_what_is_asked_for_is_the_best_that_is_used() -> None:
    assert gpu_providers(JETSON, "tensorrt") == (TENSORRT, CUDA)
    assert gpu_providers(JETSON, "cuda") == (CUDA,)
    assert gpu_providers(JETSON, "cpu") == ()


@pytest.mark.parametrize("asked", ["tensorrt", "cuda"])
def test_a_provider_asked_for_by_name_that_is_not_there_is_refused(asked: str) -> None:
    with pytest.raises(UsageError, match=f"provider {asked}: .* built without it"):
        gpu_providers(PC, asked)  # type: ignore[arg-type] # a parameter of the test


def test_int8_is_allowed_for_the_signed_file_only(bundle: Bundle, tmp_path: Path) -> None:
    (name, options), (second, _) = ort_providers(
        TENSORRT, entry(bundle, "onnx-int8-s8s8"), tmp_path
    )
    assert (name, second) == ("TensorrtExecutionProvider", "CUDAExecutionProvider")
    assert options == {
        "trt_engine_cache_enable": "1",
        "trt_engine_cache_path": str(tmp_path),
        "trt_int8_enable": "1",
    }
    _, fp32 = ort_providers(TENSORRT, entry(bundle, "onnx-fp32"), tmp_path)[0]
    assert "trt_int8_enable" not in fp32
    with pytest.raises(UsageError, match="onnx-int8-u8s8 has unsigned activations"):
        ort_providers(TENSORRT, entry(bundle, "onnx-int8-u8s8"), tmp_path)


def test_cuda_takes_every_file_and_rounds_as_fp32_does(bundle: Bundle, tmp_path: Path) -> None:
    found = ort_providers(CUDA, entry(bundle, "onnx-int8-u8s8"), tmp_path)
    assert found == (("CUDAExecutionProvider", {"use_tf32": "0"}),)


@pytest.mark.parametrize(
    "used", [["CPUExecutionProvider"], ["CUDAExecutionProvider", "CPUExecutionProvider"], []]
)
def test_a_dropped_provider_is_noticed(used: list[str]) -> None:
    with pytest.raises(IntegrityError, match="dropped TensorrtExecutionProvider"):
        check_used(TENSORRT, used)
    check_used(TENSORRT, ["TensorrtExecutionProvider", *used])
