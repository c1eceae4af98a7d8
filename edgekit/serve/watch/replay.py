"""A recording in real time, as if it were happening: landmarks, or pictures with an extractor.

Every landmark frame is handed over, however late. Pictures are dropped when the extractor is
more than a second behind, as a camera's would be. A successor goes on where time is by then.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from edgekit.clips import Clip, load_clip
from edgekit.errors import DataError
from edgekit.pose.extract import PoseExtractor
from edgekit.pose.source import Frame, FrameSource
from edgekit.serve.watch.picture import PictureWatch
from edgekit.serve.watch.reporter import Reporter
from edgekit.serve.watch.source_spec import ChildSpec

MAX_LATE_S = 1.0
"""A picture that is later than this is not looked at."""
_RETRY_S = 1.0


class Pace:
    """When each frame of a recording is due."""

    def __init__(self, spec: ChildSpec, report: Reporter) -> None:
        self._report, self._speed = report, spec.source.speed
        self._zero_mono_s = spec.zero_mono_s
        self.resume_s = 0.0
        """Where in the recording's time this process takes over."""
        if spec.zero_mono_s is not None:
            self.resume_s = max(0.0, (report.clock() - spec.zero_mono_s) * self._speed)
            report.begin(spec.zero_mono_s)

    def wait(self, t_s: float) -> None:
        """Wait until the frame at `t_s` is due; the first one of all is due at once."""
        if self._zero_mono_s is None:
            self._zero_mono_s = self._report.clock() - t_s / self._speed
            self._report.begin(self._zero_mono_s)
        self._report.pause_until(self._due(t_s))

    def is_late(self, t_s: float) -> bool:
        """Whether there is no time left for the frame at `t_s`."""
        return self._report.clock() - self._due(t_s) > MAX_LATE_S

    def _due(self, t_s: float) -> float:
        return (self._zero_mono_s or 0.0) + t_s / self._speed


def replay_landmarks(spec: ChildSpec, report: Reporter) -> None:
    """Hand over every frame of a `.npy` recording, then say `ended`."""
    source = spec.source
    clip = _load(Path(source.source), report)
    pace = Pace(spec, report)
    n = math.ceil(pace.resume_s * source.fps)
    while source.is_looped or n < len(clip):
        t_s = n / source.fps
        pace.wait(t_s)
        report.wait_for_room()
        report.answer(t_s, report.clock(), clip[n % len(clip)], None)
        n += 1
    report.say("ended")


def replay_pictures(
    spec: ChildSpec,
    report: Reporter,
    open_pictures: Callable[[], FrameSource],
    extractor: PoseExtractor,
) -> None:
    """Run the extractor over a video or a folder of images, then say `ended`."""
    replay = _PictureReplay(spec, report, open_pictures, extractor)
    replay.play()
    while spec.source.is_looped:
        replay.play()
    report.say("ended", replay.reason)


class _PictureReplay:
    """Passes through the same pictures, one after the other, on one clock."""

    def __init__(
        self,
        spec: ChildSpec,
        report: Reporter,
        open_pictures: Callable[[], FrameSource],
        extractor: PoseExtractor,
    ) -> None:
        self._report, self._open, self._extractor = report, open_pictures, extractor
        self._pace = Pace(spec, report)
        self._look, self._fps = PictureWatch().look, spec.source.fps
        # A successor cannot know how far into a loop it is: it begins the pictures anew, later.
        self._start_s = self._pace.resume_s if spec.source.is_looped else 0.0
        self.reason = ""
        """What was wrong with the last pass."""

    def play(self) -> None:
        """Play all pictures once; until there is one, keep trying."""
        while True:
            try:
                if self._pass():
                    return
                problem = "no pictures"
            except DataError as error:
                problem = str(error)
            self._report.say("no_source", problem)
            self._report.pause_until(self._report.clock() + _RETRY_S)

    def _pass(self) -> bool:
        """Return whether there was a picture; one that ends badly has ended all the same."""
        first_s: float | None = None
        last_s, step_s = 0.0, 0.0
        self.reason = ""
        try:
            for frame in self._open():
                first_s = frame.t_s if first_s is None else first_s
                step_s, last_s = frame.t_s - first_s - last_s, frame.t_s - first_s
                self._show(frame, first_s)
        except DataError as error:
            if first_s is None:
                raise
            self.reason = str(error)
        self._start_s += last_s + (step_s or 1 / self._fps)
        return first_s is not None

    def _show(self, frame: Frame, first_s: float) -> None:
        report = self._report
        t_s = self._start_s + (frame.t_s - first_s)
        report.beat()
        if t_s < self._pace.resume_s:
            return
        self._pace.wait(t_s)
        if self._pace.is_late(t_s):
            report.drop()
            return
        captured_s = report.clock()
        picture = self._look(frame.rgb)
        # The extractor hears the recording's own times, as `edgekit predict` tells it.
        landmarks = self._extractor.detect(replace(frame, t_s=self._start_s + frame.t_s))
        report.wait_for_room()
        report.answer(t_s, captured_s, landmarks, picture)


def _load(path: Path, report: Reporter) -> Clip:
    while True:
        try:
            return load_clip(path)
        except DataError as error:
            report.say("no_source", str(error))
            report.pause_until(report.clock() + _RETRY_S)
