"""TensorRT, then CUDA, then the CPU, each step down said: with a stand-in for a GPU's ONNX Runtime.

The stand-in computes on the CPU and behaves otherwise as ONNX Runtime does; no GPU was at hand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray

from edgekit.bundle import Bundle
from edgekit.errors import IntegrityError, UsageError
from edgekit.features import extract
from edgekit.manifest import ModelEntry
from edgekit.runtime.accelerate import Gpu, open_on_gpu
from edgekit.runtime.choose import choose_model, open_engine
from edgekit.runtime.gpu_engine import GpuEngine
from edgekit.runtime.providers import CUDA as CUDA_PROVIDER
from edgekit.runtime.providers import OrtProvider, ort_providers

TRT, CUDA, CPU = "TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider"


class Heard:
    """Keeps what was said."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def step(self, task: str, done: int, total: int) -> None:
        """Ignore."""

    def say(self, line: str) -> None:
        self.lines.append(line)


class FakeSession:
    """Answers as the CPU does, unless told to be wrong or to fail."""

    def __init__(self, ort: FakeOrt, model: str, providers: list[str]) -> None:
        self._cpu = onnxruntime.InferenceSession(model, providers=[CPU])
        self._ort, self._providers = ort, providers

    def get_providers(self) -> Sequence[str]:
        return self._providers

    def run(
        self, outputs: Sequence[str], inputs: Mapping[str, NDArray[np.float32]]
    ) -> Sequence[NDArray[np.float32]]:
        used = self._providers[0]
        if used in self._ort.failing:
            raise RuntimeError("CUDA error 700")
        probability, folds, attention = self._cpu.run(outputs, inputs)
        return probability, folds + np.float32(0.5 * (used in self._ort.wrong)), attention


@dataclass
class FakeOrt:
    """ONNX Runtime built with some providers, of which each can go wrong in its own way."""

    offered: tuple[str, ...] = (TRT, CUDA, CPU)
    dropped: tuple[str, ...] = ()
    """Their libraries do not load."""
    refused: tuple[str, ...] = ()
    """Sessions with them cannot be made."""
    wrong: tuple[str, ...] = ()
    failing: tuple[str, ...] = ()
    leaves_engine: bool = True
    n_builds: int = 0
    settings: list[tuple[Sequence[OrtProvider], int, str]] = field(default_factory=list)
    __version__: str = "9.9"

    def get_available_providers(self) -> Sequence[str]:
        return self.offered

    def InferenceSession(  # noqa: N802 -- ONNX Runtime's name
        self,
        model: str,
        options: onnxruntime.SessionOptions,
        *,
        providers: Sequence[OrtProvider],
        enable_fallback: int,
    ) -> FakeSession:
        cpu = options.get_session_config_entry("session.disable_cpu_ep_fallback")
        self.settings.append((providers, enable_fallback, cpu))
        first, given = providers[0]
        if first in self.refused:
            raise RuntimeError(f"{first}: out of memory\nstack")
        names = [name for name, _ in providers if name not in self.dropped]
        if not names:
            raise RuntimeError("nodes that are assigned to the default CPU EP, but it is disabled")
        if first == TRT and first in names:
            self._use_cache(Path(given["trt_engine_cache_path"]))
        return FakeSession(self, model, [*names, CPU])

    def _use_cache(self, folder: Path) -> None:
        engine = folder / "TensorrtExecutionProvider_0_sm87.engine"
        if engine.is_file():
            if engine.read_bytes() != b"engine":
                raise RuntimeError("could not deserialize the engine")
        elif self.leaves_engine:
            self.n_builds += 1
            engine.write_bytes(b"engine")


@pytest.fixture
def entry(bundle: Bundle) -> ModelEntry:
    return next(one for one in bundle.manifest.models if one.name == "onnx-int8-s8s8")


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "engines"


def opened(ort: FakeOrt, cache: Path, bundle: Bundle, entry: ModelEntry) -> tuple[str, list[str]]:
    """Return the runtime that came out, `CPU` when none, and what was said."""
    heard = Heard()
    engine = open_on_gpu(Gpu(ort, cache, cache.parent), bundle, entry, progress=heard)
    return ("CPU" if engine is None else engine.runtime), heard.lines


def test_tensorrt_is_built_once_and_announced(
    bundle: Bundle, entry: ModelEntry, cache: Path
) -> None:
    ort = FakeOrt()
    runtime, said = opened(ort, cache, bundle, entry)
    assert runtime == "onnxruntime 9.9 TensorRT"
    assert said[0] == (
        "building the TensorRT engine of onnx-int8-s8s8 for this device: minutes, once"
    )
    assert said[1].startswith(f"TensorRT engine built, kept in {cache}")
    assert opened(ort, cache, bundle, entry) == (runtime, [])
    assert ort.n_builds == 1
    assert cache.stat().st_mode & 0o777 == 0o700


def test_onnx_runtimes_own_fallbacks_are_off(
    bundle: Bundle, entry: ModelEntry, cache: Path
) -> None:
    ort = FakeOrt(wrong=(TRT,))
    opened(ort, cache, bundle, entry)
    assert [(fallback, cpu) for _, fallback, cpu in ort.settings] == [(0, "1"), (0, "1")]
    assert CPU not in [name for providers, _, _ in ort.settings for name, _ in providers]


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ({"dropped": (TRT,)}, "ONNX Runtime dropped TensorrtExecutionProvider"),
        ({"refused": (TRT,)}, "out of memory"),
        ({"wrong": (TRT,)}, "answers otherwise here"),
        ({"failing": (TRT,)}, "TensorRT failed: CUDA error 700"),
        ({"leaves_engine": False}, "TensorRT took no part of onnx-int8-s8s8"),
    ],
)
def test_each_fault_of_tensorrt_leads_to_cuda_and_is_said(
    bundle: Bundle, entry: ModelEntry, cache: Path, fault: dict[str, object], why: str
) -> None:
    runtime, said = opened(FakeOrt(**fault), cache, bundle, entry)  # type: ignore[arg-type] # mixed
    assert runtime == "onnxruntime 9.9 CUDA"
    assert len(said) == 2
    assert said[1].startswith("TensorRT is given up, CUDA comes next: ")
    assert why in said[1]
    assert "\n" not in said[1]
    assert list(cache.iterdir()) == [], "an engine that did not answer rightly was kept"


def test_after_cuda_comes_the_cpu_and_it_is_said(
    bundle: Bundle, entry: ModelEntry, cache: Path
) -> None:
    runtime, said = opened(FakeOrt(dropped=(TRT, CUDA)), cache, bundle, entry)
    assert runtime == "CPU"
    assert said[-1].startswith("CUDA is given up, the CPU comes next: ")
    assert "default CPU EP" in said[-1]
    assert said[-1].endswith("may this user open the GPU's device files?")
    assert sum("is given up" in line for line in said) == 2


def test_a_model_with_unsigned_activations_is_cudas(bundle: Bundle, cache: Path) -> None:
    u8s8 = next(one for one in bundle.manifest.models if one.scheme == "u8s8")
    ort = FakeOrt()
    runtime, said = opened(ort, cache, bundle, u8s8)
    assert runtime == "onnxruntime 9.9 CUDA"
    assert len(said) == 1
    assert "unsigned activations" in said[0]
    assert ort.n_builds == 0


def test_a_damaged_engine_is_built_again(bundle: Bundle, entry: ModelEntry, cache: Path) -> None:
    ort = FakeOrt()
    opened(ort, cache, bundle, entry)
    next(cache.glob("*/*.engine")).write_bytes(b"eng")
    runtime, said = opened(ort, cache, bundle, entry)
    assert runtime == "onnxruntime 9.9 TensorRT"
    assert "could not deserialize the engine" in said[0]
    assert said[1].startswith("building the TensorRT engine")
    assert ort.n_builds == 2
    assert opened(ort, cache, bundle, entry)[1] == []


def test_a_good_engine_outlives_a_start_without_the_gpu(
    bundle: Bundle, entry: ModelEntry, cache: Path
) -> None:
    ort = FakeOrt()
    opened(ort, cache, bundle, entry)
    ort.dropped = (TRT, CUDA)
    assert opened(ort, cache, bundle, entry)[0] == "CPU"
    ort.dropped = ()
    assert opened(ort, cache, bundle, entry) == ("onnxruntime 9.9 TensorRT", [])
    assert ort.n_builds == 1


def test_another_onnx_runtime_builds_its_own(
    bundle: Bundle, entry: ModelEntry, cache: Path
) -> None:
    first, second = FakeOrt(), FakeOrt(__version__="10.0")
    opened(first, cache, bundle, entry)
    opened(second, cache, bundle, entry)
    assert (first.n_builds, second.n_builds) == (1, 1)


def test_a_cache_that_cannot_be_written_costs_tensorrt_only(
    bundle: Bundle, entry: ModelEntry, cache: Path
) -> None:
    cache.write_text("a file where the folder should be")
    runtime, said = opened(FakeOrt(), cache, bundle, entry)
    assert runtime == "onnxruntime 9.9 CUDA"
    assert "cannot be written" in said[0]


def test_a_gpu_that_fails_later_is_an_error_and_no_answer(
    bundle: Bundle, entry: ModelEntry, cache: Path
) -> None:
    ort = FakeOrt(offered=(CUDA, CPU))
    engine = open_on_gpu(Gpu(ort, cache), bundle, entry, progress=Heard())
    assert engine is not None
    features = extract(bundle.golden_clips()[0])
    assert engine.run(features).probability > 0
    ort.failing = (CUDA,)
    with pytest.raises(IntegrityError, match="CUDA failed: CUDA error 700"):
        engine.run(features)


def test_the_real_onnx_runtime_does_not_go_on_with_the_cpu(
    bundle: Bundle, entry: ModelEntry, cache: Path
) -> None:
    if CUDA_PROVIDER.ort_name in onnxruntime.get_available_providers():
        pytest.skip("this ONNX Runtime is built for CUDA")
    providers = ort_providers(CUDA_PROVIDER, entry, cache)
    model = bundle.model_path(entry)
    with (
        pytest.warns(UserWarning, match="not in available provider names"),
        pytest.raises(IntegrityError, match="cannot load it with CUDA: .*CPU EP"),
    ):
        GpuEngine(onnxruntime, CUDA_PROVIDER, model, providers)


def test_without_a_gpu_nothing_is_said_and_nothing_left(
    bundle: Bundle, entry: ModelEntry, cache: Path
) -> None:
    assert opened(FakeOrt(offered=(CPU,)), cache, bundle, entry) == ("CPU", [])
    assert not cache.exists()


def test_this_machine_takes_its_cpu_and_refuses_what_it_has_not(bundle: Bundle) -> None:
    if TRT in onnxruntime.get_available_providers():
        pytest.skip("this ONNX Runtime is built for TensorRT")
    fp32 = choose_model(bundle, runtime="onnxruntime", precision="fp32")
    assert open_engine(bundle, fp32).runtime == f"onnxruntime {onnxruntime.__version__}"
    with pytest.raises(UsageError, match="provider tensorrt: .* built without it"):
        open_engine(bundle, fp32, provider="tensorrt")


def test_openvino_has_no_such_provider(bundle: Bundle) -> None:
    pytest.importorskip("openvino", reason="the openvino extra is not installed")
    entry = choose_model(bundle, runtime="openvino", precision="fp32")
    with pytest.raises(UsageError, match="provider cuda: openvino-fp32 runs in OpenVINO"):
        open_engine(bundle, entry, provider="cuda")
