"""The recorder thread: commits what it is given, keeps it when that fails, recovers by itself.

`open` first: it tells what to restore, and how the last start ended. Then `start`, `record` from
any thread, and `stop`, which writes what is still queued.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from edgekit.serve.conditions import Condition
from edgekit.serve.settings import StoreSettings
from edgekit.serve.store.backlog import Backlog, Waiting
from edgekit.serve.store.boots import Boot, Origin
from edgekit.serve.store.faults import Fault, classify
from edgekit.serve.store.folder import StoreFolder
from edgekit.serve.store.keeper import FAILURES, Clocks, Keeper, Opened
from edgekit.serve.store.rows import AuditRow, Row, Stamp

log = logging.getLogger("edgekit.store")

MAX_ROWS = 20_000
STUCK_S = 5.0
"""A row that waits longer than this tells that the disk hangs."""
IDLE_S = 0.5
FIRST_BACKOFF_S, LAST_BACKOFF_S = 0.2, 2.0


class Recorder:
    """The writing side of the store. `record`, `delivered` and the properties: any thread."""

    def __init__(
        self,
        folder: Path,
        settings: StoreSettings,
        *,
        has_outbox: bool = False,
        clocks: Clocks | None = None,
        max_rows: int = MAX_ROWS,
    ) -> None:
        self._clocks = clocks or Clocks()
        self._folder = folder
        self._keeper = Keeper(StoreFolder(folder), settings, self._clocks, has_outbox=has_outbox)
        self._backlog = Backlog(max_rows, self._clocks.mono)
        self._thread: threading.Thread | None = None
        self._guard = threading.Lock()
        self._delivered: set[int] = set()
        self._stopping = threading.Event()
        self._given_up = threading.Event()
        self._is_clean = True
        self._backoff_s = FIRST_BACKOFF_S
        self._reported: Counter[str] = Counter()

    def open(self, stamp: Stamp, origin: Origin) -> Opened:
        """Take the folder, open or make the database, and write this start into it.

        A disk that fails does not stop the daemon: that becomes a condition, and is tried again.

        Raises:
            UsageError: Another daemon writes to this folder.
        """
        opened = self._keeper.open(
            Boot(stamp, stamp.mono_s, "first", is_clean=False, origin=origin)
        )
        self._note_replacement()
        return opened

    def start(self, pulse: Callable[[], None]) -> None:
        """Start the thread; `pulse` is called at least once a second while it is healthy."""
        self._thread = threading.Thread(
            target=self.run, args=(pulse,), name="edgekit-recorder", daemon=True
        )
        self._thread.start()

    def stop(self, timeout_s: float, *, is_clean: bool = True) -> bool:
        """Write what is queued, end the thread, let the folder go; False when it took too long.

        With `is_clean` False the next start takes this one for crashed.
        """
        self._is_clean = is_clean
        self._stopping.set()
        self._backlog.wake(is_closed=True)
        if self._thread is None:
            self._keeper.close(is_clean=is_clean)
            return True
        self._thread.join(timeout_s)
        self._given_up.set()
        # What waits for a failing disk is given up now; what hangs in it cannot be helped.
        self._thread.join(2 * IDLE_S)
        return not self._thread.is_alive() and self._backlog.n_waiting == 0

    def record(self, rows: Sequence[Row], *, wait_s: float = 0.0) -> bool:
        """Queue rows for one transaction; True when it was committed within `wait_s`."""
        if not rows:
            return True
        ticket = self._backlog.add(rows)
        return wait_s > 0 and self._backlog.wait_settled(ticket, wait_s)

    def delivered(self, message_id: int) -> None:
        """Remove a message from the outbox: the broker has acknowledged it."""
        with self._guard:
            self._delivered.add(message_id)
        self._backlog.wake()

    def acknowledge_replaced(self) -> None:
        """Take `STORE_REPLACED` away: somebody has seen it."""
        self._keeper.acknowledge_replaced()

    @property
    def conditions(self) -> frozenset[Condition]:
        """`DISK_FULL`, `STORE_FAILING`, `STORE_REPLACED`, while they hold."""
        found = self._keeper.conditions
        if self._backlog.oldest_age_s() > STUCK_S and self._keeper.fault is None:
            return found | {Condition.STORE_FAILING}
        return found

    @property
    def n_waiting(self) -> int:
        """Rows not committed yet."""
        return self._backlog.n_waiting

    @property
    def n_lost(self) -> int:
        """Rows of this start that were dropped because the store failed for too long."""
        return sum(self._backlog.lost().values())

    def run(self, pulse: Callable[[], None]) -> None:
        """Work until stopped."""
        try:
            while not self._given_up.is_set():
                pulse()
                batch = self._backlog.peek(IDLE_S)
                with self._guard:
                    delivered = tuple(self._delivered)
                is_done = True
                if batch or delivered:
                    is_done = self._try(partial(self._commit, batch, delivered), batch)
                elif self._stopping.is_set():
                    break
                # Also while rows keep coming: what can wait must not wait for ever.
                if is_done and not self._stopping.is_set():
                    is_done = self._try(self._keeper.look_after)
                if not is_done:
                    self._pause(pulse)
        finally:
            if self._backlog.n_waiting:
                log.error("%d rows were not written before the end", self._backlog.n_waiting)
            self._keeper.close(is_clean=self._is_clean and self._stopping.is_set())

    def _try(self, work: Callable[[], None], batch: Sequence[Waiting] = ()) -> bool:
        """Do one piece of work; False when it failed and should be tried again later."""
        try:
            work()
        except FAILURES as error:
            if classify(error, self._folder) is Fault.BAD_ROW:
                return self._one_by_one(batch)
            is_mended = self._keeper.mend(error)
            self._note_replacement()
            return is_mended
        self._backoff_s = FIRST_BACKOFF_S
        # A database that was damaged when it was opened again is replaced on the way.
        self._note_replacement()
        return True

    def _commit(self, batch: Sequence[Waiting], delivered: Sequence[int]) -> None:
        self._keeper.commit([waiting.row for waiting in batch], delivered)
        self._backlog.settle(batch)
        with self._guard:
            self._delivered.difference_update(delivered)
        self._keeper.note_ids()
        lost = self._backlog.lost() - self._reported
        if lost and batch:
            self._reported += lost
            words = ", ".join(f"{number} {kind}" for kind, number in sorted(lost.items()))
            self._backlog.add([AuditRow(batch[-1].row.stamp, "edgekit", "rows lost", words)])

    def _one_by_one(self, batch: Sequence[Waiting]) -> bool:
        """Commit rows singly, so that one that can never be written holds up no other."""
        for waiting in batch:
            try:
                self._keeper.commit([waiting.row], ())
            except FAILURES as error:
                if classify(error, self._folder) is not Fault.BAD_ROW:
                    self._keeper.note(error)
                    return False
                log.error("a %s cannot be written: %s", type(waiting.row).__name__, error)  # noqa: TRY400
                self._backlog.give_up(waiting)
            else:
                self._backlog.settle([waiting])
        return True

    def _note_replacement(self) -> None:
        replaced = self._keeper.take_replacement()
        if replaced is not None:
            with self._guard:
                # They name messages of the database that was set aside.
                self._delivered.clear()
            self._backlog.add([replaced])

    def _pause(self, pulse: Callable[[], None]) -> None:
        """Wait before the next try, longer each time."""
        left_s = self._backoff_s
        self._backoff_s = min(self._backoff_s * 2, LAST_BACKOFF_S)
        while left_s > 0 and not self._given_up.is_set():
            pulse()
            self._given_up.wait(min(left_s, IDLE_S))
            left_s -= IDLE_S
