"""The tiny bundle with ONNX Runtime's models alone, so that a benchmark of it takes seconds."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from bench_records import TINY_BUNDLE


def onnx_bundle(folder: Path) -> Path:
    """Copy the tiny bundle without OpenVINO's models to `folder`, and return it."""
    shutil.copytree(TINY_BUNDLE, folder)
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    gone = {
        name
        for model in manifest["models"]
        if model["runtime"] == "openvino"
        for name in model["files"]
    }
    for name in gone:
        (folder / name).unlink()
        del manifest["files"][name]
    manifest["models"] = [one for one in manifest["models"] if one["runtime"] != "openvino"]
    path.write_text(json.dumps(manifest), encoding="utf-8")
    return folder
