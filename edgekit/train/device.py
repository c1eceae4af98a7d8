"""Where training runs: CPU, CUDA with mixed precision, or MPS, and how it is made repeatable."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Literal

import torch

from edgekit.errors import UsageError

DeviceChoice = Literal["auto", "cpu", "cuda", "mps"]


@dataclass(frozen=True)
class Device:
    """A device that is there, and the number format of its fast arithmetic."""

    torch_device: torch.device
    description: str
    """For example `cuda (NVIDIA H200, bfloat16)`."""
    half: torch.dtype | None = None
    """bfloat16 or float16 for mixed precision; None computes all in float32."""

    def autocast(self) -> AbstractContextManager[object]:
        """Return the context in which the forward pass of training runs."""
        kind = self.torch_device.type
        return torch.autocast(kind, dtype=self.half, enabled=self.half is not None)

    def scaler(self) -> torch.amp.GradScaler:
        """Return a gradient scaler, which does nothing unless gradients are float16."""
        is_needed = self.half is torch.float16
        return torch.amp.GradScaler(self.torch_device.type, enabled=is_needed)


def choose_device(choice: DeviceChoice = "auto") -> Device:
    """Return the device asked for; `auto` takes CUDA, then MPS, then the CPU.

    Raises:
        UsageError: The device asked for is not on this machine.
    """
    has_cuda, has_mps = torch.cuda.is_available(), torch.backends.mps.is_available()
    if choice == "cuda" or (choice == "auto" and has_cuda):
        if not has_cuda:
            raise UsageError(_absent("cuda"))
        # Emulated bfloat16 is slower than float32; such a card has fast float16.
        is_native = torch.cuda.is_bf16_supported(including_emulation=False)
        half = torch.bfloat16 if is_native else torch.float16
        name = f"cuda ({torch.cuda.get_device_name()}, {str(half).removeprefix('torch.')})"
        return Device(torch.device("cuda"), name, half)
    if choice == "mps" or (choice == "auto" and has_mps):
        if not has_mps:
            raise UsageError(_absent("mps"))
        return Device(torch.device("mps"), f"mps ({platform.machine()})")
    return Device(torch.device("cpu"), f"cpu ({platform.machine()})")


@contextmanager
def repeatable(device: Device, n_threads: int) -> Iterator[None]:
    """Make torch repeat itself to the bit on this machine; its own settings come back after.

    The random state is the caller's again when the block ends, so that a library call leaves
    no trace. On MPS some operations have no repeatable form; there results may differ slightly.
    """
    threads, strict = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    warns = torch.is_deterministic_algorithms_warn_only_enabled()
    if device.torch_device.type == "cuda":
        # cuBLAS reads this when it starts; without it its sums are not repeatable.
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    kind = device.torch_device.type
    with torch.random.fork_rng([0] if kind == "cuda" else []):
        torch.set_num_threads(n_threads)
        torch.use_deterministic_algorithms(mode=True, warn_only=kind == "mps")
        try:
            yield
        finally:
            torch.set_num_threads(threads)
            torch.use_deterministic_algorithms(mode=strict, warn_only=warns)


def _absent(kind: str) -> str:
    return f"--device {kind}: torch finds none on this machine; use --device auto or cpu"
