from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
from pose_fakes import FakeCapture, Heard, turn, write_video

from edgekit.errors import DataError
from edgekit.pose.source import frames
from edgekit.pose.video_file import N_FAILURES_AT_END, VideoFile, open_video


def _video(capture: FakeCapture, heard: Heard) -> VideoFile:
    return open_video(Path("v.mp4"), progress=heard, open_capture=lambda _source: capture)


def _times(capture: FakeCapture, heard: Heard) -> list[float]:
    return [round(frame.t_s, 6) for frame in _video(capture, heard)]


def test_times_are_those_of_the_container() -> None:
    heard = Heard()
    assert _times(FakeCapture([40, 75, 140]), heard) == [0.04, 0.075, 0.14]
    assert heard.lines == []


def test_without_time_stamps_frames_are_counted_and_it_is_said_once() -> None:
    heard = Heard()
    assert _times(FakeCapture([0, 0, 0, 0], fps=10), heard) == [0.0, 0.1, 0.2, 0.3]
    assert len(heard.lines) == 1
    assert "10 per second" in heard.lines[0]


def test_a_time_stamp_that_goes_back_does_not() -> None:
    assert _times(FakeCapture([0, 100, 50, 300], fps=10), Heard()) == [0.0, 0.1, 0.2, 0.3]


def test_neither_time_stamps_nor_a_rate_is_an_error() -> None:
    with pytest.raises(DataError, match="neither time stamps nor a frame rate"):
        _times(FakeCapture([0, 0], fps=0), Heard())


def test_a_frame_that_cannot_be_decoded_is_reported_and_the_rest_is_read() -> None:
    heard = Heard()
    read = list(_video(FakeCapture([0, 100, None, None, 400, 500]), heard))
    assert [frame.t_s for frame in read] == [0.0, 0.1, 0.4, 0.5]
    assert [frame.n_lost for frame in read] == [0, 0, 2, 0]
    assert any("2 frames could not be decoded" in line for line in heard.lines)


def test_lost_frames_count_where_time_stamps_are_missing() -> None:
    assert _times(FakeCapture([0, 0, None, 0], fps=10), Heard()) == [0.0, 0.1, 0.3]


def test_repeated_failure_is_the_end_and_the_file_is_closed() -> None:
    capture = FakeCapture([0, 100, *[None] * N_FAILURES_AT_END, 500], n_frames=2)
    assert len(list(_video(capture, Heard()))) == 2
    assert capture.is_released


def test_stopping_early_closes_the_file() -> None:
    capture = FakeCapture([0, 100, 200])
    reading = iter(_video(capture, Heard()))
    next(reading)
    capture.is_released = False
    del reading
    assert capture.is_released


def test_a_file_that_ends_before_it_should_is_truncated() -> None:
    with pytest.raises(DataError, match=r"v\.mp4: truncated: it announces 5\.0 s .* copy it again"):
        _times(FakeCapture([0, 100, 200], fps=10, n_frames=50), Heard())


def test_a_few_frames_short_is_said_and_forgiven() -> None:
    heard = Heard()
    assert len(_times(FakeCapture([0, 100, 200], fps=10, n_frames=7), heard)) == 3
    assert "ends 0.40 s earlier" in heard.lines[0]


@pytest.mark.parametrize("n_frames", [-1, 0, -192153584101141.0, 1e15])
def test_an_impossible_number_of_frames_is_unknown(n_frames: float) -> None:
    assert _video(FakeCapture([0], n_frames=n_frames), Heard()).n_expected is None


@pytest.mark.parametrize("content", [b"", b"no video at all\n" * 500])
def test_no_video_is_an_error_that_names_it(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "notes.mp4"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"notes\.mp4: not a video .* copy it again"):
        list(frames(path))


def test_a_video_cut_in_half_is_an_error(tmp_path: Path) -> None:
    path = write_video(tmp_path / "half.mp4")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(DataError, match="moov atom not found"):
        list(frames(path))
    path = write_video(tmp_path / "half.avi", n_frames=75, codec="MJPG")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(DataError, match=r"half\.avi: truncated"):
        list(frames(path))


def test_a_video_without_frames_is_an_error(tmp_path: Path) -> None:
    path = write_video(tmp_path / "none.avi", n_frames=0, codec="MJPG")
    with pytest.raises(DataError, match=r"none\.avi: (not a video|no frame can be decoded)"):
        list(frames(path))


def test_damage_in_the_middle_is_said(tmp_path: Path) -> None:
    path = write_video(tmp_path / "scratched.avi", n_frames=30, codec="MJPG")
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 4000] = bytes(4000)
    path.write_bytes(data)
    heard = Heard()
    read = list(frames(path, progress=heard))
    assert len(read) >= 25
    assert any("scratched.avi: the decoder complains" in line for line in heard.lines)


@pytest.mark.parametrize(
    ("degrees", "corner", "shape"),
    [
        (0, (5, 5), (240, 320)),
        (90, (5, -5), (320, 240)),
        (180, (-5, -5), (240, 320)),
        (270, (-5, 5), (320, 240)),
    ],
)
def test_a_phone_held_otherwise_is_turned_upright(
    degrees: int, corner: tuple[int, int], shape: tuple[int, int], tmp_path: Path
) -> None:
    path = write_video(tmp_path / "phone.mp4", n_frames=3)
    turn(path, degrees)
    frame = next(frames(path))
    assert frame.rgb.shape == (*shape, 3)
    red, green, _blue = frame.rgb[corner]
    assert red > 200
    assert green < 60


def test_a_real_file_gives_its_frames_colours_and_times(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", ResourceWarning)
        read = list(frames(write_video(tmp_path / "plain.mp4", n_frames=10, fps=25)))
    assert len(read) == 10
    assert read[0].rgb.dtype == np.uint8
    np.testing.assert_allclose(np.diff([frame.t_s for frame in read]), 0.04, atol=1e-6)
