"""A bundle is refused when anything about it is not as it was exported."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from edgekit.bundle import Bundle, load_bundle
from edgekit.errors import IntegrityError, LeakageError, UsageError
from edgekit.runtime.verify import check_evidence, replay_golden


def rewrite(folder: Path, change: dict[str, Any]) -> None:
    """Change top-level fields of the manifest."""
    path = folder / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))


def manifest_of(folder: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
    return loaded


def test_loads_and_replays_its_golden_clips(bundle: Bundle) -> None:
    check_evidence(bundle)
    checks = replay_golden(bundle)
    assert len(checks) == len(bundle.manifest.models) >= 2
    assert any(check.runtime is not None for check in checks)


def test_no_bundle_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no bundle there; run edgekit export"):
        load_bundle(tmp_path)


def test_missing_file(folder: Path) -> None:
    (folder / "model.fp32.onnx").unlink()
    with pytest.raises(IntegrityError, match=r"model\.fp32\.onnx: is missing"):
        load_bundle(folder)


def test_changed_file(folder: Path) -> None:
    path = folder / "model.fp32.onnx"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(IntegrityError, match=r"model\.fp32\.onnx: changed") as caught:
        load_bundle(folder)
    assert caught.value.exit_code == 14


def test_truncated_file(folder: Path) -> None:
    path = folder / "golden_clips.npy"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(IntegrityError, match=r"golden_clips\.npy: changed"):
        load_bundle(folder)


def test_extra_file(folder: Path) -> None:
    (folder / "notes.txt").write_text("hello")
    with pytest.raises(IntegrityError, match=r"notes\.txt: is not part"):
        load_bundle(folder)


def test_link_in_place_of_a_file(folder: Path, tmp_path: Path) -> None:
    (folder / "model.fp32.onnx").rename(tmp_path / "elsewhere.onnx")
    (folder / "model.fp32.onnx").symlink_to(tmp_path / "elsewhere.onnx")
    with pytest.raises(IntegrityError, match="not a plain file"):
        load_bundle(folder)


def test_file_outside_the_bundle_is_not_read(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    files = manifest_of(folder)["files"]
    rewrite(folder, {"files": {**files, "../secret": {"sha256": "0" * 64, "n_bytes": 1}}})
    with pytest.raises(IntegrityError, match="missing from the bundle"):
        load_bundle(folder)


def test_newer_schema_says_update(folder: Path) -> None:
    rewrite(folder, {"schema_version": 2, "something_new": True})
    with pytest.raises(IntegrityError, match=r"schema 2.*update edgekit"):
        load_bundle(folder)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'"x"', b"\xff\xfe", b"{}"])
def test_damaged_manifest(folder: Path, content: bytes) -> None:
    (folder / "manifest.json").write_bytes(content)
    with pytest.raises(IntegrityError, match=r"manifest\.json"):
        load_bundle(folder)


def test_unknown_field(folder: Path) -> None:
    rewrite(folder, {"treshold": 0.1})
    with pytest.raises(IntegrityError, match="treshold"):
        load_bundle(folder)


def test_other_channels(folder: Path) -> None:
    rewrite(folder, {"channels": ["x"]})
    with pytest.raises(IntegrityError, match="channels"):
        load_bundle(folder)


def test_leak_in_the_evidence(folder: Path) -> None:
    calibration = manifest_of(folder)["calibration"]
    calibration[0]["evaluation"].append(calibration[0]["calibration"][0])
    rewrite(folder, {"calibration": calibration})
    with pytest.raises(LeakageError, match="fold 0") as caught:
        check_evidence(load_bundle(folder))
    assert caught.value.exit_code == 12


def test_missing_calibration_evidence(folder: Path) -> None:
    rewrite(folder, {"calibration": []})
    with pytest.raises(IntegrityError, match="calibration evidence"):
        check_evidence(load_bundle(folder))


def test_int8_without_a_gate(folder: Path) -> None:
    models = manifest_of(folder)["models"]
    for model in models:
        model["gate"] = None
    rewrite(folder, {"models": models})
    with pytest.raises(IntegrityError, match="no gate evidence"):
        check_evidence(load_bundle(folder))


def test_gate_over_its_budget_even_if_it_says_passed(folder: Path) -> None:
    models = manifest_of(folder)["models"]
    for model in models:
        if model["gate"]:
            model["gate"].update(flips_up=50, is_passed=True)
    rewrite(folder, {"models": models})
    with pytest.raises(IntegrityError, match="over its budget"):
        check_evidence(load_bundle(folder))


def test_golden_answers_that_differ(folder: Path) -> None:
    models = manifest_of(folder)["models"]
    first = models[0]["golden"]["fold_probability"]
    first[0][0] += 0.5 if first[0][0] < 0.5 else -0.5
    rewrite(folder, {"models": models})
    with pytest.raises(IntegrityError, match="answers otherwise here"):
        replay_golden(load_bundle(folder))


def test_golden_answers_of_another_shape(folder: Path) -> None:
    models = manifest_of(folder)["models"]
    models[0]["golden"]["fold_probability"].pop()
    rewrite(folder, {"models": models})
    with pytest.raises(IntegrityError, match="do not fit"):
        replay_golden(load_bundle(folder))
