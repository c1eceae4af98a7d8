"""What ONNX Runtime executes, from its own profile of one inference.

The profile lists the nodes of the optimised graph as they ran, with types and shapes: nearer to
the truth than the optimised file, and readable without the onnx package on a device. Channels
that ONNX Runtime adds to fill its vectors are worked on, and so counted.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from edgekit.errors import IntegrityError
from edgekit_bench.coverage import MacNode, conv_macs, matmul_macs

_SUFFIX = "_kernel_time"


def executed_nodes(model: Path) -> tuple[MacNode, ...]:
    """Run a model once, on zeros, and return its nodes that multiply.

    Raises:
        IntegrityError: ONNX Runtime refuses the file, or its profile has no such node.
    """
    with TemporaryDirectory(prefix="edgekit-") as folder:
        events = json.loads(_profile(model, Path(folder)).read_text(encoding="utf-8"))
    nodes = tuple(mac_nodes(events))
    if not nodes:
        raise IntegrityError(f"{model}: ONNX Runtime's profile shows no node that multiplies")
    return nodes


def mac_nodes(events: list[dict[str, Any]]) -> Iterator[MacNode]:
    """Yield the nodes of a profile, the parsed JSON of ONNX Runtime, that multiply."""
    for event in events:
        name = str(event.get("name", ""))
        if event.get("cat") != "Node" or not name.endswith(_SUFFIX):
            continue
        kind = str(event["args"]["op_name"])
        inputs = [_only_item(entry) for entry in event["args"]["input_type_shape"]]
        output = _only_item(event["args"]["output_type_shape"][0])[1]
        input_type, first = inputs[0]
        if "Conv" in kind:
            weight = next(shape for _, shape in inputs[1:] if len(shape) == len(output))
            macs = conv_macs(weight, output)
        elif "MatMul" in kind or "Gemm" in kind:
            macs = matmul_macs(first, output)
        else:
            continue
        yield MacNode(name.removesuffix(_SUFFIX), input_type, macs)


def _profile(model: Path, folder: Path) -> Path:
    import onnxruntime

    from edgekit.runtime.onnx_engine import first_line, session_options

    options = session_options(n_threads=1)
    options.enable_profiling = True
    options.profile_file_prefix = str(folder / "profile")
    # Packed weights vanish from the profile, and with them the shapes that MACs follow from;
    # packing changes no choice of kernel.
    options.add_session_config_entry("session.disable_prepacking", "1")
    try:
        session = onnxruntime.InferenceSession(
            str(model), options, providers=["CPUExecutionProvider"]
        )
        features = session.get_inputs()[0]
        session.run(None, {features.name: np.zeros(features.shape, dtype=np.float32)})
    # ONNX Runtime's exceptions have no base class of their own below Exception.
    except Exception as error:
        raise IntegrityError(f"{model}: ONNX Runtime cannot run it: {first_line(error)}") from error
    return Path(session.end_profiling())


def _only_item(entry: dict[str, list[int]]) -> tuple[str, list[int]]:
    ((kind, shape),) = entry.items()
    return kind, shape
