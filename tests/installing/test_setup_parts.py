"""The choice of a runtime, the text of the settings, and the request for an alarm."""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path

import pytest
from pose_fakes import Heard
from pydantic import BaseModel
from setup_home import TINY_BUNDLE, fake_daemon

from edgekit.bundle import MANIFEST_FILE, load_bundle
from edgekit.errors import IntegrityError, OutputError
from edgekit.serve.settings import Settings, load_settings
from edgekit.setup.alarm_request import NobodyThereError, ask_for_alarm
from edgekit.setup.journal import Pick
from edgekit.setup.pick import fastest, pick
from edgekit.setup.settings_text import settings_text

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PICK = Pick(
    runtime="openvino",
    precision="int8",
    threads=2,
    median_ms=5.25,
    bundle_sha256="0" * 64,
    versions=("openvino 2026.4.1",),
)


@pytest.mark.parametrize(
    ("medians", "best"),
    [([5.0], 0), ([5.0, 4.9], 0), ([5.0, 4.6, 4.4], 2), ([5.0, 6.0, 4.51], 0)],
)
def test_another_way_must_be_clearly_faster(medians: list[float], best: int) -> None:
    assert fastest(medians) == best


def test_every_way_to_run_a_bundle_is_measured() -> None:
    heard = Heard()
    found = pick(load_bundle(TINY_BUNDLE), 0.01, n_cores=4, progress=heard)

    told = [line for line in heard.lines if line.endswith(" ms")]
    assert {line.partition(",")[0] for line in told} >= {"onnx-fp32"}
    assert any("2 threads" in line for line in told)
    assert found.median_ms > 0


def test_a_model_that_answers_otherwise_is_left_out(tmp_path: Path) -> None:
    shutil.copytree(TINY_BUNDLE, tmp_path / "bundle")
    path = tmp_path / "bundle" / MANIFEST_FILE
    manifest = json.loads(path.read_text(encoding="utf-8"))
    wrong = [entry for entry in manifest["models"] if entry["name"] != "onnx-fp32"]
    for entry in wrong:
        entry["golden"]["fold_probability"][0][0] += 0.5
    path.write_text(json.dumps(manifest), encoding="utf-8")
    heard = Heard()

    found = pick(load_bundle(tmp_path / "bundle"), 0.01, progress=heard)
    assert (found.runtime, found.precision) == ("onnxruntime", "fp32")
    assert any(line.startswith("left out: ") for line in heard.lines)

    manifest["models"] = wrong
    path.write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(IntegrityError, match="no model of it answers here|fp32"):
        pick(load_bundle(tmp_path / "bundle"), 0.01)


def test_written_settings_are_those_that_were_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "edgekit.toml"
    bundle = tmp_path / 'a "quoted" ü folder'
    text = settings_text(bundle=bundle, source="/dev/video2", port=0, pick=PICK)
    path.write_text(text, encoding="utf-8")
    found = load_settings(path)

    assert found.bundle == bundle
    assert (found.watch.source, found.http.port) == ("/dev/video2", 0)
    assert (found.watch.runtime, found.watch.precision, found.watch.threads) == (
        "openvino",
        "int8",
        2,
    )


def test_without_wishes_the_settings_are_the_defaults() -> None:
    text = settings_text(bundle=None, source=None, port=None, pick=None)
    assert Settings.model_validate(tomllib.loads(text)) == Settings()


def test_every_key_is_there_and_shows_its_default() -> None:
    text = settings_text(bundle=None, source=None, port=None, pick=None)
    shown = tomllib.loads(re.sub(r"^#(\w+ = )", r"\1", text, flags=re.MULTILINE))
    given = Settings.model_validate(shown)

    for section, fields in _keys(Settings()).items():
        there = shown[section] if section else {k: v for k, v in shown.items() if k != "sinks"}
        names = {name for name in there if not isinstance(there[name], dict)}
        assert names == set(fields), section
        model = getattr(given, section) if section else given
        for name, default in fields.items():
            # What is off by default, or comes from the bundle, shows an example.
            if default not in (None, ()):
                assert getattr(model, name) == default, (section, name)


def _keys(settings: Settings) -> dict[str, dict[str, object]]:
    """Return each section's keys with their defaults; sinks are no setting of a newcomer's."""
    found: dict[str, dict[str, object]] = {"": {}}
    for name, value in settings:
        if isinstance(value, BaseModel):
            found[name] = dict(value)
        elif name != "sinks":
            found[""][name] = value
    return found


def test_an_alarm_is_asked_for_and_answered() -> None:
    with fake_daemon() as daemon:
        assert ask_for_alarm("127.0.0.1", daemon.port) == "test alarm sounds"
        assert json.loads(daemon.asked[0][1]) == {"who": "edgekit setup"}


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (200, b'{"is_done": false, "text": "an alarm sounds already"}', "sounds already"),
        (200, b"<html>", "not edgekit's answer"),
        (404, b"", "404"),
    ],
)
def test_what_is_no_alarm_is_an_error(status: int, body: bytes, told: str) -> None:
    with fake_daemon() as daemon:
        daemon.status, daemon.body = status, body
        with pytest.raises(OutputError, match=told):
            ask_for_alarm("127.0.0.1", daemon.port)


def test_nobody_listens() -> None:
    with fake_daemon() as daemon:
        port = daemon.port
    with pytest.raises(NobodyThereError, match=f"127.0.0.1:{port}"):
        ask_for_alarm("127.0.0.1", port)
