"""No picture leaves the process that sees it: to no file, socket, memory or core dump."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from itertools import chain
from pathlib import Path

import cv2
import numpy as np
import pytest
from daemon_process import TINY_BUNDLE, Daemon, is_running, serving, tell, until
from numpy.typing import NDArray
from pose_fakes import fetched_model
from serve.daemon.conftest import MANY_EVENTS, settings_file
from serve.end_to_end import leaky_program
from serve.end_to_end.outgoing import (
    called,
    canaries,
    files_in,
    memory_files,
    n_found,
    opened_to_write,
    sent,
    traced,
)

from edgekit.bundle import MANIFEST_FILE
from edgekit.pose.photograph import photograph_walk
from edgekit.pose.source import open_source

PATHS = (
    "/",
    "/metrics",
    "/api/v1/state",
    "/api/v1/decisions",
    "/api/v1/events",
    "/api/v1/events/1/landmarks",
)
N_FRAMES = 30
NOISE = slice(360, 480)
"""Rows of the photograph below the person's shoulders."""
N_CANARIES = 100_000
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 -- it is looked into, not used


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A person who moves above noise; nothing in the world has the noise's bytes."""
    path = tmp_path_factory.mktemp("canary") / "canary.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 30.0, (640, 480))
    assert writer.isOpened()
    random = np.random.default_rng(int.from_bytes(os.urandom(8), "big"))
    for frame in photograph_walk(n_frames=N_FRAMES):
        picture = np.ascontiguousarray(frame.rgb[..., ::-1])
        picture[NOISE] = random.integers(64, 192, picture[NOISE].shape, dtype=np.uint8)
        writer.write(picture)
    writer.release()
    return path


@pytest.fixture(scope="module")
def wanted(video: Path) -> NDArray[np.uint64]:
    """What must be nowhere: the video's bytes, and its noise in colour, in grey and reversed."""
    # From the start of each JPEG's scan to its end; its tables are everybody's.
    scans = [part[12:].split(b"\xff\xd9")[0] for part in video.read_bytes().split(b"\xff\xda")]
    samples = scans[1:]
    for frame in open_source(str(video)):
        noise = frame.rgb[NOISE]
        grey = cv2.cvtColor(noise, cv2.COLOR_RGB2GRAY)
        samples += [one.tobytes() for one in (noise, noise[..., ::-1], grey)]
    found = canaries(samples)
    assert len(found) > N_CANARIES
    return found


def all_positive(folder: Path) -> Path:
    """Copy the tiny bundle and have it call every window positive."""
    bundle = folder / "bundle"
    shutil.copytree(TINY_BUNDLE, bundle)
    manifest = json.loads((bundle / MANIFEST_FILE).read_text(encoding="utf-8"))
    manifest["decision"]["threshold"] = 0.001
    (bundle / MANIFEST_FILE).write_text(json.dumps(manifest), encoding="utf-8")
    return bundle


def stop_pose(daemon: Daemon) -> None:
    """Crash the process that holds the pictures, as a bug in a decoder would."""
    (child,) = daemon.children()
    limits = Path(f"/proc/{child}/limits").read_text(encoding="ascii")
    assert re.search(r"Max core file size +0 +0 ", limits)
    os.kill(child, signal.SIGSEGV)
    until(lambda: not is_running(child), within_s=5)
    until(lambda: daemon.children() not in ([], [child]), within_s=5)


def test_no_byte_of_a_picture_leaves_the_process(
    video: Path, wanted: NDArray[np.uint64], tmp_path: Path
) -> None:
    """Row 30: the pattern is in 0 bytes outside, before, while and after the process crashes."""
    model = fetched_model()
    log = tmp_path.parent / f"{tmp_path.name}.strace"
    more = f'[watch]\npose_model = "{model.path}"\n[store]\nlandmarks_after_s = 1\n'
    settings = settings_file(tmp_path, f"{MANY_EVENTS}{more}")
    bundle = all_positive(tmp_path)
    options = ("--source", video, "--bundle", bundle, "--settings", settings, "--loop")
    with serving(tmp_path, *options, prefix=traced(log)) as daemon:
        until(lambda: any(event["has_landmarks"] for event in daemon.events()), within_s=20)
        for path in PATHS:
            assert daemon.http.get(path).status_code == 200
        shared = b"\0".join(memory_files(daemon.process.pid))
        stop_pose(daemon)
        daemon.stop()
    assert shared, "the landmarks' ring is looked at"
    assert b"prctl(PR_SET_DUMPABLE, SUID_DUMP_DISABLE" in log.read_bytes()
    text = log.read_text(encoding="ascii", errors="replace")
    assert "killed by SIGSEGV" in text
    assert "core dumped" not in text
    assert called(log) == [], "MediaPipe's statistics, for one"
    written = {path for path in opened_to_write(log) if path.is_file()}
    assert any(path.suffix == ".db" for path in written), "the store is among what is looked at"
    outside = [
        *sent(log),
        shared,
        *(path.read_bytes() for path in written),
        *files_in(tmp_path, SHARED_MEMORY),
    ]
    n_bytes = sum(map(len, outside))
    tell(f"{len(wanted)} canaries looked for in {n_bytes / 1e6:.1f} MB of {len(outside)} things")
    assert n_found(wanted, b"\0".join(outside)) == 0


@pytest.mark.parametrize("how", ["file", "socket", "mapped file", "shared memory", "nothing"])
def test_the_canary_is_found_when_it_gets_out(
    how: str, wanted: NDArray[np.uint64], tmp_path: Path, video: Path
) -> None:
    """The planted failure: 64 bytes of the video in each place; and none when there is none."""
    log = tmp_path.parent / f"{tmp_path.name}.strace"
    process = subprocess.Popen(
        [*traced(log), sys.executable, str(leaky_program.__file__), how, str(video)],
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline() == b"done\n"
        shared = b"\0".join(memory_files(process.pid))
        process.stdin.close()
    until(lambda: "+++ exited with" in log.read_text(encoding="ascii"), within_s=5)
    outside = b"\0".join(chain(sent(log), [shared], files_in(tmp_path)))
    assert (n_found(wanted, outside) > 0) == (how != "nothing")
    assert len(called(log)) == 1, "the one that every leaky program makes"
