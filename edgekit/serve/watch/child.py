"""The pose process: opens the source, finds landmarks, writes them to the ring, and no more.

python -m edgekit.serve.watch.child < spec.json      started by the daemon, dies with it
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NoReturn

from edgekit.errors import EdgekitError
from edgekit.pose.extract import PoseExtractor
from edgekit.pose.source import FrameSource, open_source
from edgekit.serve.watch import confine
from edgekit.serve.watch.live_camera import NewestPicture, watch_camera
from edgekit.serve.watch.replay import replay_landmarks, replay_pictures
from edgekit.serve.watch.reporter import Reporter
from edgekit.serve.watch.ring import RingWriter
from edgekit.serve.watch.source_spec import ChildSpec, SourceSpec, kind_of

OpenPictures = Callable[[SourceSpec], FrameSource]
OpenExtractor = Callable[[SourceSpec], AbstractContextManager[PoseExtractor]]


def open_pictures(source: SourceSpec) -> FrameSource:
    """Open a camera, a video or a folder of images.

    A camera's lasting name (`/dev/v4l/by-id/...`) is looked up each time: its number may change.
    """
    name = source.source
    return open_source(os.path.realpath(name) if name.startswith("/dev/") else name, fps=source.fps)


def open_extractor(source: SourceSpec) -> AbstractContextManager[PoseExtractor]:
    """Return MediaPipe with the model that was named, or the fetched one."""
    from edgekit.pose import models
    from edgekit.pose.mediapipe_pose import MediaPipePose

    named = Path(source.pose_model) if source.pose_model else None
    return MediaPipePose(models.choose(models.DEFAULT_MODEL, named, models.cache_folder()))


def main(
    pictures: OpenPictures = open_pictures, extractor: OpenExtractor = open_extractor
) -> NoReturn:
    """Do what standard input says, until killed; a failure is told in the ring and exits with 1."""
    confine.die_first_for_want_of_memory()
    confine.keep_memory_private()
    # Ctrl-C and the service manager mean the daemon, which ends this process when it has ended.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    spec = ChildSpec.from_json(sys.stdin.read())
    confine.die_with(spec.parent_pid)
    report = Reporter(RingWriter(spec.memory_fd, spec.bell_fd, spec.n_slots))
    try:
        run(spec, report, pictures, extractor)
    except EdgekitError as error:
        report.say("opening", str(error))
    except Exception as error:
        report.say("opening", f"{type(error).__name__}: {error}")
        raise
    # Threads inside native libraries must not hold up the end.
    os._exit(1)


def run(
    spec: ChildSpec, report: Reporter, pictures: OpenPictures, extractor: OpenExtractor
) -> NoReturn:
    """Watch the source that `spec` names; until the process is killed.

    Raises:
        EdgekitError: The extractor cannot be had or fails, or the camera's driver hangs.
    """
    source = spec.source
    kind = kind_of(source.source)
    if kind == "landmarks":
        replay_landmarks(spec, report)
        report.rest()
    with extractor(source) as opened:
        report.name_extractor(opened.version, opened.model_sha256)
        if kind == "camera":
            newest = NewestPicture(lambda: pictures(source), clock=report.clock)
            newest.start()
            watch_camera(report, newest, opened)
        replay_pictures(spec, report, lambda: pictures(source), opened)
        report.rest()


if __name__ == "__main__":
    main()
