"""Pictures and what pose makes of them, one at a time; or none, and why."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import Protocol

from edgekit.errors import MissingExtraError
from edgekit.pose.source import Frame

N_PICTURES = 60
PICTURE_FPS = 30.0

Since = Callable[[str, float], float]
"""Notes the time of a part from a moment on, and returns now."""


class Feed(Protocol):
    """Where frames come from."""

    @property
    def name(self) -> str:
        """In words, for the record."""

    @property
    def has_pose(self) -> bool:
        """Whether frames go through the pose extractor."""

    def next(self) -> None:
        """Take the next picture and find its landmarks."""


class NoPictures:
    """Nothing to look at: the rest of the work is measured all the same."""

    has_pose = False

    def __init__(self, reason: str) -> None:
        self.name = f"none, so pose is left out: {reason}"

    def next(self) -> None:
        """Do nothing."""


class Posed:
    """Pictures through MediaPipe."""

    has_pose = True

    def __init__(
        self,
        name: str,
        pictures: Iterator[Frame],
        detect: Callable[[Frame], object],
        since: Since,
        *,
        is_captured: bool,
    ) -> None:
        self.name = name
        self._pictures, self._detect, self._since = pictures, detect, since
        self._is_captured = is_captured
        self._times = itertools.count(1)

    def next(self) -> None:
        """Take the next picture and find its landmarks."""
        start = time.perf_counter()
        picture = next(self._pictures)
        if self._is_captured:
            start = self._since("capture", start)
        # Steady times: a recording that begins again would go back.
        self._detect(Frame(picture.rgb, next(self._times) / PICTURE_FPS))
        self._since("pose", start)


@contextmanager
def open_feed(source: str | None, pose_model: str, since: Since) -> Iterator[Feed]:
    """Yield the feed; where a package or the model is not installed, one that says so."""
    with ExitStack() as stack:
        feed: Feed
        try:
            feed = stack.enter_context(posed_feed(source, pose_model, since))
        except MissingExtraError as error:
            feed = NoPictures(str(error))
        yield feed


@contextmanager
def posed_feed(source: str | None, pose_model: str, since: Since) -> Iterator[Posed]:
    """Yield a camera or video where one is named, else a moving photograph, through pose.

    Raises:
        MissingExtraError: A package, a library or the model is not installed.
        IntegrityError: The cached model is not what was fetched.
        DataError: The camera or video cannot be opened.
    """
    from edgekit.pose.mediapipe_pose import MediaPipePose
    from edgekit.pose.models import cache_folder, find, named
    from edgekit.pose.source import open_source

    model = find(named(pose_model), cache_folder())
    if source is None:
        name, pictures = "a moving photograph, held in memory", photographs()
    else:
        opened = open_source(source)
        name, pictures = opened.name, _again_and_again(opened)
    is_captured = source is not None
    with closing(pictures), MediaPipePose(model) as pose:
        yield Posed(name, pictures, pose.detect, since, is_captured=is_captured)


def photographs() -> Generator[Frame, None, None]:
    """Yield a moving photograph there and back again: a jump would make the tracker search anew.

    Raises:
        MissingExtraError: scikit-image, which holds it, is not installed.
    """
    from edgekit.pose.photograph import photograph_walk

    pictures = list(photograph_walk(n_frames=N_PICTURES))
    return _again_and_again([*pictures, *reversed(pictures)])


def _again_and_again(source: Iterable[Frame]) -> Generator[Frame, None, None]:
    while True:
        yield from source
