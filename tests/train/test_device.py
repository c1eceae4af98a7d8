"""The device is one that is there, and torch is left as it was found."""

from __future__ import annotations

import pytest
import torch

from edgekit.errors import UsageError
from edgekit.train.device import Device, DeviceChoice, choose_device, repeatable

CPU = choose_device("cpu")


def test_the_cpu_is_always_there_and_computes_in_float32() -> None:
    assert CPU.torch_device.type == "cpu"
    assert CPU.half is None
    with CPU.autocast():
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.float32
    assert not CPU.scaler().is_enabled()


def test_auto_takes_the_best_there_is() -> None:
    has_cuda, has_mps = torch.cuda.is_available(), torch.backends.mps.is_available()
    expected = "cuda" if has_cuda else "mps" if has_mps else "cpu"
    assert choose_device().torch_device.type == expected


@pytest.mark.parametrize("absent", ["cuda", "mps"])
def test_a_device_that_is_absent_is_refused(absent: DeviceChoice) -> None:
    is_there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if is_there[absent]:
        pytest.skip(f"this machine has {absent}")
    with pytest.raises(UsageError, match=f"--device {absent}: .* --device auto or cpu"):
        choose_device(absent)


@pytest.mark.parametrize(("half", "scales"), [(torch.bfloat16, False), (torch.float16, True)])
def test_mixed_precision_scales_float16_only(half: torch.dtype, scales: bool) -> None:
    device = Device(torch.device("cpu"), "a stand-in", half)
    assert device.scaler().is_enabled() == scales
    with device.autocast():
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == half


def test_repeatable_leaves_no_trace() -> None:
    before = torch.get_rng_state(), torch.get_num_threads()
    with repeatable(CPU, 1):
        assert torch.get_num_threads() == 1
        assert torch.are_deterministic_algorithms_enabled()
        torch.manual_seed(3)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert torch.get_num_threads() == before[1]
    assert not torch.are_deterministic_algorithms_enabled()
