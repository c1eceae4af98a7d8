from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from pose_fakes import FakeCapture, Heard, write_video

from edgekit.errors import DataError
from edgekit.pose.camera import Camera
from edgekit.pose.image_folder import ImageFolder
from edgekit.pose.source import frames, open_source
from edgekit.pose.video_file import VideoFile


def _write_images(folder: Path, names: list[str]) -> Path:
    for n, name in enumerate(names):
        cv2.imwrite(str(folder / name), np.full((8, 12, 3), 20 * n, np.uint8))
    return folder


@pytest.mark.parametrize(("name", "index"), [("0", 0), ("12", 12), ("/dev/video3", 3)])
def test_numbers_and_devices_are_cameras(name: str, index: int) -> None:
    source = open_source(name)
    assert isinstance(source, Camera)
    assert source.index == index
    assert source.is_live


def test_folders_and_files_are_told_apart(tmp_path: Path) -> None:
    assert isinstance(open_source(write_video(tmp_path / "v.mp4", n_frames=2)), VideoFile)
    assert isinstance(open_source(_write_images(tmp_path, ["a.png"])), ImageFolder)


def test_a_file_named_like_a_camera_is_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_video(tmp_path / "7.mp4", n_frames=2).rename(tmp_path / "7")
    monkeypatch.chdir(tmp_path)
    assert isinstance(open_source("7"), VideoFile)


def test_what_is_not_there_is_an_error() -> None:
    with pytest.raises(DataError, match=r"gone\.mp4: no such file"):
        open_source("gone.mp4")


def test_images_come_in_the_order_of_their_numbers_at_the_given_rate(tmp_path: Path) -> None:
    _write_images(tmp_path, ["image_2.png", "image_10.png", "image_1.png"])
    (tmp_path / "notes.txt").write_text("not an image")
    heard = Heard()
    read = list(frames(tmp_path, fps=20, progress=heard))
    assert [int(frame.rgb[0, 0, 0]) for frame in read] == [40, 0, 20]
    assert [frame.t_s for frame in read] == [0.0, 0.05, 0.1]
    assert "20 frames per second are assumed" in heard.lines[0]


def test_an_unreadable_image_is_named(tmp_path: Path) -> None:
    _write_images(tmp_path, ["image_1.png"])
    (tmp_path / "image_2.png").write_bytes(b"torn")
    with pytest.raises(DataError, match=r"image_2\.png: not a readable image"):
        list(frames(tmp_path))


def test_a_folder_without_images_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no images in this folder"):
        open_source(tmp_path)


def test_a_camera_counts_from_its_first_picture_and_says_when_it_stops() -> None:
    ticks = iter([100.0, 100.02, 100.05, 100.5])
    camera = Camera(1, lambda: next(ticks), lambda _source: FakeCapture([0, 0]))
    times_s = []
    with pytest.raises(DataError, match=r"camera 1: sends no more pictures after 0\.5 s"):
        times_s += [frame.t_s for frame in camera]
    reading = iter(Camera(1, iter([7.0, 7.25]).__next__, lambda _source: FakeCapture([0])))
    assert next(reading).t_s == 0.25


def test_a_camera_that_is_not_there_is_an_error() -> None:
    with pytest.raises(DataError, match="camera 63: cannot be opened"):
        list(open_source("63"))
