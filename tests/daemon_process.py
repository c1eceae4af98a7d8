"""The real daemon as a subprocess on a replayed recording, and what it says over HTTP."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx
import numpy as np

from edgekit.bundle import MANIFEST_FILE, Bundle, load_bundle
from edgekit.clips import Clip
from edgekit.runtime.choose import choose_model, open_engine
from edgekit.runtime.detector import Detector, Judgement
from edgekit.synth.recording import make_recording

REPOSITORY = Path(__file__).resolve().parent.parent
TINY_BUNDLE = REPOSITORY / "tests" / "data" / "tiny_bundle"
FPS = 30.0
START_S = 20.0
"""Patience with a machine that does other things too; no criterion."""

State = dict[str, Any]
Found = TypeVar("Found")


def tell(text: str) -> None:
    """Show a figure to whoever runs the tests with -s."""
    sys.stdout.write(f"\n{text}\n")


def until(look: Callable[[], Found], *, within_s: float, what: str = "") -> Found:
    """Look again and again until something true is found."""
    deadline = time.monotonic() + within_s
    while not (found := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within_s} s: {what or look}")
        time.sleep(0.02)
    return found


def is_running(pid: int) -> bool:
    """Whether there is such a process, and it has not ended."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rpartition(")")[2].split()[0] not in "ZX"


def recording(folder: Path, *, minutes: float, number: int = 1) -> Path:
    """Write a synthetic recording and return its file."""
    path = folder / f"recording_{number}_{minutes:g}.npy"
    np.save(path, make_recording(number, minutes=minutes, fps=FPS).landmarks)
    return path


def bundle_for(folder: Path, landmarks: Clip, *, positives: float) -> Bundle:
    """Copy the tiny bundle with a threshold that calls this share of the windows positive."""
    target = folder / "bundle"
    shutil.copytree(TINY_BUNDLE, target)
    probabilities = [
        judged.probability
        for judged in judge(load_bundle(target), landmarks)
        if judged.probability is not None
    ]
    manifest = json.loads((target / MANIFEST_FILE).read_text(encoding="utf-8"))
    manifest["decision"]["threshold"] = float(np.quantile(probabilities, 1 - positives))
    (target / MANIFEST_FILE).write_text(json.dumps(manifest), encoding="utf-8")
    return load_bundle(target)


def judge(bundle: Bundle, landmarks: Clip) -> tuple[Judgement, ...]:
    """Decide every window as `edgekit predict` does."""
    detector = Detector(bundle, open_engine(bundle, choose_model(bundle)))
    return tuple(detector.judge_recording(landmarks, name="recording"))


class Daemon:
    """One running daemon."""

    def __init__(self, folder: Path, process: subprocess.Popen[bytes], log: Path) -> None:
        self.folder, self.process, self.log = folder, process, log
        self.url = self._wait_for_page()
        self.http = httpx.Client(base_url=self.url, timeout=5.0)

    def _wait_for_page(self) -> str:
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            found = re.findall(r"^page +(\S+)$", self.said(), re.MULTILINE)
            if found:
                return str(found[-1])
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        raise AssertionError(f"no page; the daemon said:\n{self.said()}")

    def move_to_newest_page(self) -> None:
        """Follow it to the port that it has taken since it started anew."""
        self.http.close()
        self.url = self._wait_for_page()
        self.http = httpx.Client(base_url=self.url, timeout=5.0)

    def said(self) -> str:
        """Everything it has written on stderr."""
        return self.log.read_text(encoding="utf-8")

    def state(self) -> State:
        """What /api/v1/state says."""
        answer: State = self.http.get("/api/v1/state").raise_for_status().json()
        return answer

    def conditions(self) -> set[str]:
        """The conditions present now."""
        return {condition["condition"] for condition in self.state()["conditions"]}

    def events(self) -> list[dict[str, Any]]:
        """All events in the store, oldest first."""
        found: list[dict[str, Any]] = []
        query: dict[str, int] = {"limit": 100}
        while True:
            answer = self.http.get("/api/v1/events", params=query).raise_for_status()
            page = answer.json()["events"]
            found += page
            if len(page) < 100:
                return found[::-1]
            query["before_id"] = page[-1]["event_id"]

    def transitions(self) -> list[dict[str, Any]]:
        """The last thousand transitions, oldest first."""
        answer = self.http.get("/api/v1/transitions", params={"limit": 1000})
        newest_first: list[dict[str, Any]] = answer.raise_for_status().json()["transitions"]
        return newest_first[::-1]

    def acknowledge(self, event_id: int | None, who: str = "night nurse") -> dict[str, Any]:
        """Acknowledge the patient alarm up to an event, or the technical alarms; the outcome."""
        body = {"who": who} if event_id is None else {"who": who, "event_id": event_id}
        path = f"/api/v1/alarms/{'technical' if event_id is None else 'patient'}/acknowledge"
        outcome: dict[str, Any] = self.http.post(path, json=body).raise_for_status().json()
        return outcome

    def boot_id(self) -> str:
        """Which start of the daemon this is."""
        return str(self.http.get("/api/v1/identity").raise_for_status().json()["boot_id"])

    def wait(self, is_so: Callable[[State], bool], *, within_s: float) -> float:
        """Wait until the state is so; return how long it took."""
        began = time.monotonic()
        while time.monotonic() - began < within_s:
            if is_so(self.state()):
                return time.monotonic() - began
            time.sleep(0.05)
        raise AssertionError(f"not within {within_s} s: {self.state()}\n{self.said()}")

    def hold(self, is_so: Callable[[State], bool], *, for_s: float) -> None:
        """Look several times that the state stays so."""
        deadline = time.monotonic() + for_s
        while time.monotonic() < deadline:
            state = self.state()
            assert is_so(state), state
            time.sleep(0.2)

    def wait_for(self, condition: str, *, within_s: float) -> float:
        """Wait for a condition."""
        return self.wait(
            lambda state: condition in {c["condition"] for c in state["conditions"]},
            within_s=within_s,
        )

    def wait_armed(self, *, within_s: float = START_S) -> float:
        """Wait until it watches with nothing wrong."""
        return self.wait(lambda state: state["state"] == "ARMED", within_s=within_s)

    def children(self) -> list[int]:
        """The process ids of its children."""
        task = Path(f"/proc/{self.process.pid}/task")
        return [
            int(pid)
            for thread in task.iterdir()
            for pid in (thread / "children").read_text(encoding="ascii").split()
        ]

    def kill(self) -> None:
        """SIGKILL, as a power cut of the process."""
        self.process.kill()
        self.process.wait(10)

    def stop(self) -> int:
        """SIGTERM; return the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(15)


def command(folder: Path, *options: str | Path) -> list[str]:
    """The command line of a daemon that keeps its state in `folder`."""
    fixed = ["--state", folder / "state", "--port", "0"]
    return [sys.executable, "-m", "edgekit", "serve", *map(str, (*fixed, *options))]


def ended(
    folder: Path, *options: str | Path, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a daemon that must end by itself, and return how it did."""
    return subprocess.run(
        command(folder, *options),
        capture_output=True,
        text=True,
        timeout=START_S,
        env={**os.environ, "OMP_NUM_THREADS": "1", **(environment or {})},
        cwd=folder,
        check=False,
    )


@contextmanager
def serving(
    folder: Path,
    *options: str | Path,
    prefix: Sequence[str] = (),
    program: Sequence[str] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Daemon]:
    """Run a daemon; it is gone when the block ends."""
    log = folder / f"log-{time.monotonic_ns()}.txt"
    arguments = command(folder, *options)
    if program is not None:
        arguments = [sys.executable, *program, *arguments[4:]]
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*prefix, *arguments],
            stdout=subprocess.DEVNULL,
            stderr=out,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "OMP_NUM_THREADS": "1", **(environment or {})},
            cwd=folder,
        )
    try:
        daemon = Daemon(folder, process, log)
        try:
            yield daemon
        finally:
            daemon.http.close()
    finally:
        process.kill()
        process.wait(10)
