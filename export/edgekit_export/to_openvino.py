"""An ONNX file becomes OpenVINO IR, with the QDQ pairs kept as OpenVINO's own INT8."""

from __future__ import annotations

from pathlib import Path

import openvino

from edgekit.errors import OutputError


def to_openvino(onnx_file: Path, xml_file: Path) -> None:
    """Write `xml_file` and the `.bin` beside it; weights keep their type.

    Raises:
        OutputError: They cannot be written.
    """
    model = openvino.convert_model(onnx_file)
    for output, name in zip(model.outputs, _output_names(onnx_file), strict=True):
        output.get_tensor().set_names({name})
    try:
        openvino.save_model(model, xml_file, compress_to_fp16=False)
    except RuntimeError as error:
        # It says no more than "iostream error", of a full disk as of a missing permission.
        raise OutputError(
            f"{xml_file}: OpenVINO cannot write it; free some space, or choose another place"
        ) from error


def _output_names(onnx_file: Path) -> list[str]:
    import onnx

    return [output.name for output in onnx.load(onnx_file).graph.output]
