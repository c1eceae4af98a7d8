from __future__ import annotations

import io
import tarfile
import tempfile
import zipfile
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from pose_fakes import Heard, small_model

from edgekit.errors import DataError, IntegrityError, MissingExtraError, OutputError, UsageError
from edgekit.pose import models, task_file
from edgekit.pose.models import Network, PoseModel
from edgekit.pose.registry import Package, with_npm, with_pip

DETECTOR = b"TFL3 a detector"


def _hash(content: bytes) -> str:
    return sha256(content).hexdigest()


def _as_wheel(_package: Package, folder: Path) -> None:
    with zipfile.ZipFile(folder / "fake.whl", "w") as archive:
        archive.writestr("det.tflite", DETECTOR)
        archive.writestr("lm.tflite", small_model())


def _as_tar(_package: Package, folder: Path) -> None:
    with tarfile.open(folder / "fake.tgz", "w:gz") as archive:
        entry = tarfile.TarInfo("lm.tflite")
        entry.size = len(small_model())
        archive.addfile(entry, io.BytesIO(small_model()))


WHEEL, TAR = Package("fake", "1.0", 1, _as_wheel), Package("fake-js", "1.0", 1, _as_tar)


def _model(landmarks_from: Package = WHEEL) -> PoseModel:
    return PoseModel(
        "small",
        Network(WHEEL, "det.tflite", _hash(DETECTOR)),
        Network(landmarks_from, "lm.tflite", _hash(small_model())),
        _hash(task_file.build(DETECTOR, small_model())),
    )


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"EDGEKIT_CACHE": "/own", "XDG_CACHE_HOME": "/xdg"}, Path("/own/pose")),
        ({"XDG_CACHE_HOME": "/xdg"}, Path("/xdg/edgekit/pose")),
        ({"XDG_CACHE_HOME": "relative"}, Path.home() / ".cache/edgekit/pose"),
        ({}, Path.home() / ".cache/edgekit/pose"),
    ],
)
def test_where_the_cache_is(environment: dict[str, str], folder: Path) -> None:
    assert models.cache_folder(environment) == folder


@pytest.mark.parametrize("package", [WHEEL, TAR])
def test_fetch_makes_the_file_once_and_find_returns_it(package: Package, tmp_path: Path) -> None:
    model, heard = _model(package), Heard()
    fetched = models.fetch(model, tmp_path, progress=heard)
    assert fetched == models.find(model, tmp_path)
    assert fetched.path.read_bytes() == task_file.build(DETECTOR, small_model())
    n_said = len(heard.lines)
    models.fetch(model, tmp_path, progress=heard)
    assert [line for line in heard.lines[n_said:] if "downloading" in line] == []
    models.fetch(model, tmp_path, is_forced=True, progress=heard)
    assert any("downloading" in line for line in heard.lines[n_said:])


def test_a_package_is_downloaded_once_for_both_networks(tmp_path: Path) -> None:
    heard = Heard()
    models.fetch(_model(), tmp_path, progress=heard)
    assert heard.lines == ["downloading fake 1.0 (1 MB)"]


@pytest.mark.parametrize("what", ["detector", "landmarks", "task"])
def test_a_wrong_hash_is_refused_and_leaves_nothing(what: str, tmp_path: Path) -> None:
    model = _model()
    if what == "task":
        model = replace(model, sha256="0" * 64)
    elif what == "detector":
        model = replace(model, detector=replace(model.detector, sha256="0" * 64))
    else:
        model = replace(model, landmarks=replace(model.landmarks, sha256="0" * 64))
    with pytest.raises(IntegrityError, match="SHA-256") as caught:
        models.fetch(model, tmp_path / "cache")
    assert caught.value.exit_code == 14
    assert not (tmp_path / "cache").exists()


def test_a_cache_that_cannot_be_written_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match="a part of the path is a file"):
        models.fetch(_model(), tmp_path / "file" / "pose")


def test_a_package_without_the_network_is_refused(tmp_path: Path) -> None:
    model = replace(_model(), landmarks=Network(TAR, "gone.tflite", "0" * 64))
    with pytest.raises(IntegrityError, match=r"no gone\.tflite in it"):
        models.fetch(model, tmp_path)


def test_an_interrupted_fetch_leaves_the_old_file_and_no_scraps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_package: Package, folder: Path) -> None:
        (folder / "half.whl").write_bytes(b"half")
        raise KeyboardInterrupt

    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    kept = models.fetch(_model(), tmp_path / "cache").path
    package = replace(WHEEL, download=interrupted)
    model = replace(_model(), detector=Network(package, "det.tflite", ""))
    with pytest.raises(KeyboardInterrupt):
        models.fetch(model, tmp_path / "cache", is_forced=True)
    assert list((tmp_path / "cache").iterdir()) == [kept]
    assert list(scratch.iterdir()) == []


def test_a_model_that_was_never_fetched_says_how(tmp_path: Path) -> None:
    with pytest.raises(MissingExtraError, match="edgekit pose fetch --model small") as caught:
        models.find(_model(), tmp_path)
    assert caught.value.exit_code == 16


def test_a_model_that_was_altered_is_refused_and_fetched_anew(tmp_path: Path) -> None:
    path = models.fetch(_model(), tmp_path).path
    content = bytearray(path.read_bytes())
    content[-30] ^= 1
    path.write_bytes(content)
    with pytest.raises(IntegrityError, match="edgekit pose fetch"):
        models.find(_model(), tmp_path)
    models.fetch(_model(), tmp_path)
    models.find(_model(), tmp_path)


def test_an_own_file_comes_first(tmp_path: Path) -> None:
    path = tmp_path / "mine.task"
    path.write_bytes(task_file.build(DETECTOR, small_model()))
    chosen = models.choose("full", path, tmp_path / "cache")
    assert (chosen.path, chosen.sha256) == (path, _hash(path.read_bytes()))
    with pytest.raises(DataError, match="no such file"):
        models.choose("full", tmp_path / "gone.task", tmp_path)


def test_names() -> None:
    assert set(models.MODELS) == {"full", "lite", "heavy"}
    with pytest.raises(UsageError, match="no pose model 'huge'"):
        models.named("huge")


def test_every_pin_is_a_sha256() -> None:
    for model in models.MODELS.values():
        for pin in (model.sha256, model.detector.sha256, model.landmarks.sha256):
            assert len(pin) == 64
            assert int(pin, 16)


def test_pip_without_a_registry_is_one_clear_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with pytest.raises(MissingExtraError, match=r"check the network .* --pose-model") as caught:
        with_pip(Package("mediapipe", "0.10.18", 36, with_pip), tmp_path)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_without_npm_the_cure_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingExtraError, match="npm is not installed: .* --model full"):
        with_npm(Package("@mediapipe/pose", "0", 1, with_npm), tmp_path)
