from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from mediapipe.tasks.metadata import metadata_schema_py_generated as metadata_schema
from mediapipe.tasks.metadata import schema_py_generated as tflite_schema
from pose_fakes import small_model

from edgekit.errors import DataError
from edgekit.pose import flat_tables as flat
from edgekit.pose import task_file
from edgekit.pose.tflite_metadata import with_image_input


def test_the_network_follows_its_metadata_unchanged_and_aligned() -> None:
    model = small_model()
    described = with_image_input(model)
    assert described.endswith(model)
    assert (len(described) - len(model)) % flat.ALIGNMENT == 0
    assert described[4:8] == b"TFL3"


def test_the_schema_of_mediapipe_reads_what_was_written() -> None:
    root = tflite_schema.Model.GetRootAs(with_image_input(small_model()), 0)
    assert (root.Version(), root.Description()) == (3, b"small")
    assert [bytes(root.Buffers(n).DataAsNumpy()) for n in (1, 2)] == [b"12345", b"1.5"]
    assert [root.Metadata(n).Name() for n in range(root.MetadataLength())] == [
        b"min_runtime_version",
        b"TFLITE_METADATA",
    ]
    written = root.Buffers(root.Metadata(1).Buffer()).DataAsNumpy().tobytes()
    assert metadata_schema.ModelMetadata.ModelMetadataBufferHasIdentifier(written, 0)
    model = metadata_schema.ModelMetadataT.InitFromObj(
        metadata_schema.ModelMetadata.GetRootAs(written, 0)
    )
    (image,) = model.subgraphMetadata[0].inputTensorMetadata
    assert image.content.contentProperties.colorSpace == metadata_schema.ColorSpaceType.RGB
    (unit,) = image.processUnits
    assert unit.optionsType == metadata_schema.ProcessUnitOptions.NormalizationOptions
    assert (list(unit.options.mean), list(unit.options.std)) == ([0.0], [255.0])


def test_the_same_networks_give_the_same_file(tmp_path: Path) -> None:
    first = task_file.build(b"TFL3 detector", small_model())
    assert first == task_file.build(b"TFL3 detector", small_model())
    path = tmp_path / "pose.task"
    path.write_bytes(first)
    task_file.check(path)
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert archive.read(task_file.DETECTOR) == b"TFL3 detector"
        assert archive.read(task_file.LANDMARKS) == with_image_input(small_model())
        for entry in archive.infolist():
            assert entry.compress_type == zipfile.ZIP_STORED
            assert entry.date_time == (1980, 1, 1, 0, 0, 0)
            content = first.index(archive.read(entry))
            assert content % task_file.ALIGNMENT == 0


def test_what_is_no_task_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.task"
    with pytest.raises(DataError, match="no such file"):
        task_file.check(path)
    path.write_bytes(b"something else")
    with pytest.raises(DataError, match=r"not a MediaPipe \.task file"):
        task_file.check(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(task_file.DETECTOR, b"x")
    with pytest.raises(DataError, match="lacks pose_landmarks_detector"):
        task_file.check(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(task_file.DETECTOR, b"x")
        archive.writestr(task_file.LANDMARKS, b"x")
    with pytest.raises(DataError, match="compressed"):
        task_file.check(path)
