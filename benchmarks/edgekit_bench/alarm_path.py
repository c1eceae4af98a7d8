"""From a decision to an alarm: the daemon's own alarm core and store, on a store made for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from edgekit import __version__
from edgekit.errors import IntegrityError
from edgekit.serve.alarm.events import Decided
from edgekit.serve.alarm.policy import AlarmRules
from edgekit.serve.alarm.step import first_state, step
from edgekit.serve.settings import StoreSettings
from edgekit.serve.store.boots import Origin
from edgekit.serve.store.recorder import Recorder
from edgekit.serve.store.rows import Stamp, TransitionRow

RULES = AlarmRules(
    n_positive=1, n_windows=1, refractory_s=0.0, cluster_spasms=1_000_000, cluster_minutes=1.0
)
"""Under them every positive decision is an alarm, so that each call does all the work."""
COMMIT_WAIT_S = 5.0
STOP_S = 5.0
ON_DISK = Path("/var/tmp")  # noqa: S108  # a fresh folder is made in it, for its owner only
"""On a disk, where /tmp may be memory; its commits reach what the daemon's would."""

Lap = Callable[[str, float], object]
"""Takes a part's name and its milliseconds."""


class AlarmPath:
    """Takes positive decisions; each is stepped, and its transition committed."""

    def __init__(
        self, recorder: Recorder, lap: Lap | None = None, *, wait_s: float = COMMIT_WAIT_S
    ) -> None:
        self._recorder = recorder
        self._wait_s = wait_s
        self._lap = lap or (lambda _name, _ms: None)
        self._state = first_state(RULES)
        self._n_decisions = 0
        self._n_rows = 0

    def decide(self) -> None:
        """Take one decision, and return when its alarm is on the disk.

        Raises:
            IntegrityError: The store did not commit it.
        """
        self._n_decisions += 1
        start = time.perf_counter()
        event = Decided(t_s=float(self._n_decisions), is_positive=True)
        self._state, transitions = step(self._state, event, time.monotonic())
        stepped = time.perf_counter()
        rows = []
        for transition in transitions:
            self._n_rows += 1
            rows.append(TransitionRow(_stamp(), self._n_rows, transition, 1.0, 0.5))
        if not self._recorder.record(rows, wait_s=self._wait_s):
            raise IntegrityError(f"the store did not commit an alarm within {self._wait_s:g} s")
        self._lap("step", (stepped - start) * 1e3)
        self._lap("commit", (time.perf_counter() - stepped) * 1e3)


@contextmanager
def alarm_path(lap: Lap | None = None) -> Iterator[AlarmPath]:
    """Yield an alarm path over a store in a folder of its own, which is removed afterwards."""
    parent = ON_DISK if ON_DISK.is_dir() else None
    with TemporaryDirectory(prefix="edgekit-", dir=parent) as folder:
        recorder = Recorder(Path(folder) / "store", StoreSettings(reserve_mb=1))
        recorder.open(_stamp(), Origin("bench", __version__, "", is_live=False, is_synthetic=True))
        recorder.start(lambda: None)
        try:
            yield AlarmPath(recorder, lap)
        finally:
            recorder.stop(STOP_S)


def _stamp() -> Stamp:
    return Stamp("0" * 16, time.monotonic(), time.time())
