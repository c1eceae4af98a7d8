"""The runtimes tell nobody of their use: threat model, "telemetry"."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TINY_BUNDLE = Path(__file__).resolve().parent.parent / "data" / "tiny_bundle"


def _left_at_home(code: str, home: Path, **environment: str) -> list[str]:
    """Run code in a process that believes in an empty home, and return what it put there."""
    kept = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    # OpenVINO itself keeps still where it finds itself in CI; a bedside device is not.
    kept.pop("CI", None)
    subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        env={**kept, "HOME": str(home), **environment},
        check=True,
        timeout=60,
    )
    return sorted(str(path.relative_to(home)) for path in home.rglob("*") if path.is_file())


def test_nothing_is_kept_at_home_by_a_decision_in_either_runtime(tmp_path: Path) -> None:
    pytest.importorskip("openvino", reason="OpenVINO is not installed")
    code = (
        "from pathlib import Path\n"
        "from edgekit.bundle import load_bundle\n"
        "from edgekit.runtime.verify import replay_golden\n"
        f"replay_golden(load_bundle(Path({str(TINY_BUNDLE)!r})))\n"
    )
    assert _left_at_home(code, tmp_path) == []


def test_the_test_would_see_it(tmp_path: Path) -> None:
    from importlib.metadata import version

    if tuple(map(int, version("onnxruntime").split(".")[:2])) < (1, 32):
        pytest.skip("this ONNX Runtime has no telemetry to look for")
    assert _left_at_home("import onnxruntime", tmp_path) != []
