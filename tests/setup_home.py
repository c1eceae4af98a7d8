"""A home to set up, with everything around it made up: cache, systemd, daemon."""

from __future__ import annotations

import json
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np
from fake_systemd import Machine
from pose_fakes import small_model

from edgekit.pose import task_file
from edgekit.pose.models import Network, PoseModel
from edgekit.pose.registry import Package
from edgekit.setup.site import home_site
from edgekit.setup.step import Context, Wishes
from edgekit.synth.recording import make_recording

TINY_BUNDLE = Path(__file__).resolve().parent / "data" / "tiny_bundle"
DETECTOR = b"TFL3 a detector"


def pack(_package: Package, folder: Path) -> None:
    """Stand in for the download of a package of pose networks."""
    with zipfile.ZipFile(folder / "fake.whl", "w") as archive:
        archive.writestr("det.tflite", DETECTOR)
        archive.writestr("lm.tflite", small_model())


def small_pose_model(download: object = pack) -> PoseModel:
    """Return a pose model that is fetched from nowhere."""
    assert callable(download)
    package = Package("fake", "1.0", 1, download)
    landmarks = small_model()
    return PoseModel(
        "full",
        Network(package, "det.tflite", sha256(DETECTOR).hexdigest()),
        Network(package, "lm.tflite", sha256(landmarks).hexdigest()),
        sha256(task_file.build(DETECTOR, landmarks)).hexdigest(),
    )


@dataclass(frozen=True)
class Entry:
    """What a path is; folders have no content."""

    mode: int
    content: bytes | None


def snapshot(folder: Path) -> dict[str, Entry]:
    """Return everything below a folder, byte for byte."""
    return {
        str(path.relative_to(folder)): Entry(
            path.stat().st_mode, path.read_bytes() if path.is_file() else None
        )
        for path in sorted(folder.rglob("*"))
    }


@dataclass
class Home:
    """A home, a machine with systemd, a recording to watch, and a bundle to import."""

    path: Path
    machine: Machine
    recording: Path
    bundle: Path = TINY_BUNDLE
    port: int = 1
    """Nobody listens there."""
    asked: list[Path] = field(default_factory=list)

    def context(self, **wishes: object) -> Context:
        """Return what `edgekit setup` would work with here."""
        site = replace(home_site({}, self.path), place=self.machine.place)
        usual = Wishes(self.bundle, str(self.recording), self.port, user="root", measure_s=0.01)
        wished = replace(usual, **wishes)  # type: ignore[arg-type] # by name
        return Context(site, wished, small_pose_model(), service_answers_within_s=0.0)

    def consents(self, path: Path) -> bool:
        """Answer yes to a question about a file, and remember it."""
        self.asked.append(path)
        return True

    def all_files(self) -> dict[str, Entry]:
        """Return the home and the machine as they are."""
        return {**snapshot(self.path), **snapshot(self.machine.root)}


def make_home(folder: Path) -> Home:
    """Make one with a file of the user's own in it."""
    home = folder / "home"
    (home / ".config").mkdir(parents=True)
    (home / ".config/other.toml").write_text("theirs = true\n", encoding="utf-8")
    recording = folder / "bed.npy"
    np.save(recording, make_recording(1, minutes=0.2, fps=30.0).landmarks)
    return Home(home, Machine(folder), recording)


@dataclass
class FakeDaemon:
    """Answers like the daemon, as told, and remembers what it was asked."""

    port: int
    status: int = 200
    body: bytes = json.dumps({"is_done": True, "text": "test alarm sounds"}).encode()
    asked: list[tuple[str, bytes]] = field(default_factory=list)


@contextmanager
def fake_daemon() -> Iterator[FakeDaemon]:
    """Listen on a free port of this machine while the block runs."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            daemon.asked.append((self.path, self.rfile.read(length)))
            self.send_response(daemon.status)
            self.send_header("Content-Length", str(len(daemon.body)))
            self.end_headers()
            self.wfile.write(daemon.body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- its name
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    daemon = FakeDaemon(server.server_port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield daemon
    finally:
        server.shutdown()
        thread.join(5)
        server.server_close()
