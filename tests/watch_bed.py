"""A watching thread with a real pose process, for tests: what it posted, and waiting for more."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from fake_pose_child import PREFIX

from edgekit.clips import Clip
from edgekit.runtime.detector import Judgement
from edgekit.serve.watch.grid import WindowGrid
from edgekit.serve.watch.pose_process import CHILD
from edgekit.serve.watch.seen import ChildFacts, Judged, Observation, Report
from edgekit.serve.watch.source_spec import SourceSpec
from edgekit.serve.watch.supervisor import Supervisor
from edgekit.serve.watch.watcher import Judge, Watcher

FAKE_CHILD = (sys.executable, str(Path(__file__).parent / "fake_pose_child.py"))

OneReport = TypeVar("OneReport", Observation, Judged, ChildFacts)


class Sleepy:
    """Judges every window alike: no spasm."""

    def judge(self, clip: Clip, start_s: float) -> Judgement:
        return Judgement(start_s, 1.0, 0.25, is_positive=False, attention=None)


class Bed:
    """Runs while it is entered; `now` tells the fake camera what to do."""

    def __init__(
        self,
        source: SourceSpec,
        *,
        judge: Judge | None = None,
        command: Sequence[str] = CHILD,
        silent_s: float = 1.0,
        memory_mb: float = 700.0,
        length: int = 32,
        hop: int = 15,
    ) -> None:
        self.reports: list[Report] = []
        self.n_pulses = 0
        self.supervisor = Supervisor(
            source, silent_s=silent_s, memory_mb=memory_mb, command=command
        )
        self.watcher = Watcher(
            self.supervisor,
            WindowGrid(30.0, length, hop),
            judge or Sleepy(),
            self.reports.append,
            is_live=source.is_live,
            pulse=self._pulse,
        )
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self.watcher.run, args=(self._stop,))

    def __enter__(self) -> Bed:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join(20)
        assert not self._thread.is_alive()

    def all(self, kind: type[OneReport]) -> list[OneReport]:
        return [report for report in list(self.reports) if isinstance(report, kind)]

    def wait_for(self, is_there: Callable[[Report], bool], *, within_s: float) -> Report:
        """Return the first report from now on for which `is_there`, and fail without one."""
        seen = len(self.reports)
        end_s = time.monotonic() + within_s
        while time.monotonic() < end_s:
            for report in self.reports[seen:]:
                seen += 1
                if is_there(report):
                    return report
            time.sleep(0.01)
        raise AssertionError(f"nothing within {within_s} s; last facts {self.all(ChildFacts)[-1:]}")

    def wait_for_status(self, status: str, *, within_s: float) -> ChildFacts:
        found = self.wait_for(
            lambda r: isinstance(r, ChildFacts) and r.status == status, within_s=within_s
        )
        assert isinstance(found, ChildFacts)
        return found

    def wait_for_frame(self, *, within_s: float) -> Observation:
        found = self.wait_for(lambda r: isinstance(r, Observation), within_s=within_s)
        assert isinstance(found, Observation)
        return found

    def _pulse(self) -> None:
        self.n_pulses += 1


class Knob:
    """What the fake camera is to do now."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "mode"
        self.turn("ok")

    def turn(self, mode: str) -> None:
        fresh = self._file.with_suffix(".new")
        fresh.write_text(mode)
        fresh.replace(self._file)

    command = FAKE_CHILD

    @property
    def source(self) -> SourceSpec:
        return SourceSpec(f"{PREFIX}{self._file}", 30.0)

    def descriptors(self) -> list[int]:
        """Return how many the process had at each opening of the camera."""
        return [int(line) for line in self._file.with_suffix(".fds").read_text().split()]

    def bed(self, *, silent_s: float = 1.0, memory_mb: float = 700.0) -> Bed:
        return Bed(self.source, command=self.command, silent_s=silent_s, memory_mb=memory_mb)
