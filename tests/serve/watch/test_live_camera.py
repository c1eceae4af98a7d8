"""The newest picture of a camera, and when it counts as away; with a made-up clock."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pytest

from edgekit.errors import DataError
from edgekit.pose.source import Frame
from edgekit.serve.watch.live_camera import NewestPicture
from edgekit.serve.watch.source_spec import ChildSpec, SourceSpec, kind_of


class HandCamera:
    """Gives a picture each time the test says so, then what `end` says."""

    name = "hand camera"
    n_expected = None
    is_live = True

    def __init__(self) -> None:
        self.wanted, self.given = threading.Semaphore(0), threading.Semaphore(0)
        self.n_opened = 0
        self.end: Exception | None = None

    def __iter__(self) -> Iterator[Frame]:
        self.n_opened += 1
        n = 0
        while True:
            assert self.wanted.acquire(timeout=60)
            if self.end is not None:
                error, self.end = self.end, None
                raise error
            yield Frame(np.full((2, 2, 3), n, np.uint8), float(n))
            n += 1
            self.given.release()

    def show(self, n: int = 1) -> None:
        for _ in range(n):
            self.wanted.release()
            assert self.given.acquire(timeout=10)


class Hands:
    """A clock that the test turns."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def camera() -> HandCamera:
    return HandCamera()


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def newest(camera: HandCamera, hands: Hands) -> NewestPicture:
    picture = NewestPicture(lambda: camera, clock=hands)
    picture.start()
    return picture


def test_the_newest_picture_wins_and_the_others_are_counted(
    camera: HandCamera, newest: NewestPicture, hands: Hands
) -> None:
    camera.show(3)
    hands.now += 1
    camera.show()
    taken = newest.take(10)
    assert taken is not None
    assert (taken.rgb[0, 0, 0], taken.n_dropped, taken.captured_mono_s) == (3, 3, 101.0)
    assert newest.take(0.01) is None


def test_an_open_camera_is_away_sooner_than_one_that_opens(
    camera: HandCamera, newest: NewestPicture, hands: Hands
) -> None:
    hands.now += 4
    assert newest.problem() == ""
    hands.now += 2
    assert newest.problem() == "the camera sends no pictures for 5 s"
    camera.show()
    assert newest.problem() == ""
    hands.now += 3
    assert newest.problem() == "the camera sends no pictures for 2 s"


def test_a_driver_that_never_returns_ends_the_process(
    camera: HandCamera, newest: NewestPicture, hands: Hands
) -> None:
    camera.show()
    hands.now += 21
    with pytest.raises(DataError, match="driver does not answer for 21 s"):
        newest.problem()


@pytest.mark.parametrize(
    "error", [DataError("no such device"), PermissionError(13, "no"), ZeroDivisionError()]
)
def test_whatever_a_driver_raises_it_is_tried_again(
    camera: HandCamera, newest: NewestPicture, error: Exception
) -> None:
    camera.show()
    camera.end = error
    camera.wanted.release()
    camera.show()  # only a camera that was opened again gives a picture
    assert camera.n_opened == 2
    taken = newest.take(10)
    assert taken is not None
    assert newest.problem() == ""


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("0", "camera"),
        ("/dev/video2", "camera"),
        ("/dev/v4l/by-id/usb-Maker_Camera-video-index0", "camera"),
        ("night.npy", "landmarks"),
        ("night.mp4", "pictures"),
        ("folder/of/images", "pictures"),
        ("0.mp4", "pictures"),
    ],
)
def test_a_source_is_known_by_its_name(source: str, kind: str) -> None:
    assert kind_of(source) == kind
    assert SourceSpec(source, 30.0).is_live == (kind == "camera")


def test_a_spec_survives_its_json() -> None:
    spec = ChildSpec(SourceSpec("ä b.npy", 29.97, is_looped=True, speed=3.5), 3, 4, 512, 77, 1 / 3)
    assert ChildSpec.from_json(spec.to_json()) == spec
