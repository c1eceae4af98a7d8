"""The right model for the processor, and clear words when there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgekit.bundle import Bundle
from edgekit.errors import IntegrityError, UsageError
from edgekit.runtime.choose import choose_model, open_engine
from edgekit.runtime.cpu import Cpu, this_cpu

VNNI = Cpu("x86_64", "some x86", frozenset({"avx2", "avx512_vnni"}))
OLD_X86 = Cpu("x86_64", "old x86", frozenset({"avx2"}))
PI5 = Cpu("aarch64", "Cortex-A76", frozenset({"asimd", "asimddp"}))
PI4 = Cpu("aarch64", "Cortex-A72", frozenset({"asimd"}))


@pytest.mark.parametrize(
    ("cpu", "name"),
    [(VNNI, "onnx-int8-u8s8"), (OLD_X86, "onnx-fp32"), (PI5, "onnx-int8-s8s8"), (PI4, "onnx-fp32")],
)
def test_int8_where_the_processor_is_made_for_it(bundle: Bundle, cpu: Cpu, name: str) -> None:
    assert choose_model(bundle, cpu=cpu).name == name


def test_what_is_asked_for_comes_first(bundle: Bundle) -> None:
    assert choose_model(bundle, precision="fp32", cpu=VNNI).name == "onnx-fp32"
    assert choose_model(bundle, precision="int8", cpu=PI4).name == "onnx-int8-s8s8"


def test_openvino_when_asked(bundle: Bundle) -> None:
    pytest.importorskip("openvino", reason="the openvino extra is not installed")
    assert choose_model(bundle, runtime="openvino", cpu=VNNI).name == "openvino-int8"


def test_nothing_fits(bundle: Bundle) -> None:
    only = bundle.manifest.models[:1]
    less = Bundle(bundle.folder, bundle.manifest.model_copy(update={"models": only}))
    with pytest.raises(UsageError, match="no int8 model.*it holds onnx-fp32"):
        choose_model(less, precision="int8")


def test_a_file_that_is_no_model_is_an_integrity_error(bundle: Bundle) -> None:
    entry = choose_model(bundle, precision="fp32")
    bundle.model_path(entry).write_bytes(b"no model")
    with pytest.raises(IntegrityError, match="cannot load it"):
        open_engine(bundle, entry)


def test_cpuinfo_of_x86_and_arm(tmp_path: Path) -> None:
    path = tmp_path / "cpuinfo"
    path.write_text("processor : 0\nmodel name : A CPU\nflags : fpu avx_vnni\n\nprocessor : 1\n")
    assert this_cpu(path).model == "A CPU"
    assert this_cpu(path).has_int8_dot_product
    path.write_text("processor : 0\nFeatures : fp asimd asimddp\nHardware : BCM2835\n")
    assert this_cpu(path).has_int8_dot_product
    assert not this_cpu(tmp_path / "absent").has_int8_dot_product
