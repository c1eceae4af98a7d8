from __future__ import annotations

import numpy as np
import pytest
from pose_fakes import BLACK, FakeExtractor, FakeSource, Heard

from edgekit.errors import DataError, UsageError
from edgekit.pose.extract import NO_PERSON, extract


def test_a_track_has_a_row_and_a_time_for_each_frame() -> None:
    track = extract(FakeSource([0.5, 1.0, 1.75]), FakeExtractor())
    assert track.landmarks.shape == (3, 33, 5)
    assert track.landmarks.dtype == np.float32
    assert track.landmarks[:, 0, 0].tolist() == [0.5, 1.0, 1.75]
    assert track.times_s.tolist() == [0.5, 1.0, 1.75]
    assert (track.width, track.height) == (6, 4)
    assert (track.extractor_version, track.model_sha256) == ("fake 1", "0" * 64)


def test_a_missing_person_is_nan_and_counted() -> None:
    track = extract(FakeSource([0.0, 0.1, 0.2, 0.3]), FakeExtractor(absent_s=[0.1, 0.2]))
    assert np.isnan(track.landmarks[1:3]).all()
    assert np.isfinite(track.landmarks[[0, 3]]).all()
    assert track.n_missing == 2


def test_nobody_is_never_a_place() -> None:
    assert np.isnan(NO_PERSON).all()
    with pytest.raises(ValueError, match="read-only"):
        NO_PERSON[0, 0] = 0.0


def test_lost_frames_are_added_up() -> None:
    assert extract(FakeSource([0, 1, 2], n_lost=[0, 2, 1]), FakeExtractor()).n_lost == 3


def test_it_stops_after_the_seconds_asked_for() -> None:
    source = FakeSource([10.0, 10.5, 11.0, 11.5], is_live=True)
    assert extract(source, FakeExtractor(), seconds=1.0).times_s.tolist() == [10.0, 10.5]


def test_a_camera_needs_to_know_when_to_stop() -> None:
    with pytest.raises(UsageError, match="never ends"):
        extract(FakeSource([0.0], is_live=True), FakeExtractor())


def test_a_change_of_size_is_an_error() -> None:
    source = FakeSource([0, 1], pictures=[BLACK, BLACK.transpose(1, 0, 2)])
    with pytest.raises(DataError, match=r"frame 1 is 4x6 pixels, the first 6x4"):
        extract(source, FakeExtractor())


def test_no_frames_is_an_error() -> None:
    with pytest.raises(DataError, match="no frames"):
        extract(FakeSource([]), FakeExtractor())


@pytest.mark.parametrize("n_expected", [None, 2, 5])
def test_progress_ends_at_the_whole_whatever_was_expected(n_expected: int | None) -> None:
    source, heard = FakeSource([0, 1, 2]), Heard()
    source.n_expected = n_expected
    extract(source, FakeExtractor(), progress=heard)
    assert heard.steps[-1] == (3, 3)
    assert all(done < total for done, total in heard.steps[:-1])
