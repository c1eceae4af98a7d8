"""Keeps the store writable: holds the folder, and mends what can be mended when a write fails.

A full disk gets the reserve back, a damaged database is replaced, a failed connection is opened
again. What is left is waiting, and saying so.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from edgekit.errors import EdgekitError, OutputError
from edgekit.serve.alarm.events import Restore
from edgekit.serve.conditions import Condition
from edgekit.serve.settings import StoreSettings
from edgekit.serve.store.boots import Boot, StartReason
from edgekit.serve.store.faults import Fault, classify
from edgekit.serve.store.folder import FolderLock, StoreFolder
from edgekit.serve.store.reserve import Reserve
from edgekit.serve.store.retention import TrustedClock
from edgekit.serve.store.rows import AuditRow, Row, Stamp
from edgekit.serve.store.unacknowledged import without_database
from edgekit.serve.store.writer import Writer

log = logging.getLogger("edgekit.store")

TOUCH_EVERY_S = 30.0
SPACE_EVERY_S = 2.0
"""While space is short: how often it looks whether there is some again."""
FAILURES = (sqlite3.Error, OSError, EdgekitError, OverflowError, TypeError, ValueError)
"""What a write can meet; anything else is a mistake in here, and ends the thread loudly."""


@dataclass(frozen=True)
class Clocks:
    """Time, so that tests can make it."""

    mono: Callable[[], float] = time.monotonic
    utc: Callable[[], float] = time.time


@dataclass(frozen=True)
class Opened:
    """What the store knows of earlier starts."""

    restore: Restore
    start_reason: StartReason
    n_recent_crashes: int


class Keeper:
    """Used by one thread at a time; `conditions` by any."""

    def __init__(
        self, folder: StoreFolder, settings: StoreSettings, clocks: Clocks, *, has_outbox: bool
    ) -> None:
        self._folder = folder
        self._settings = settings
        self._clocks = clocks
        self._has_outbox = has_outbox
        self._reserve = Reserve(folder.reserve, settings.reserve_mb)
        self._trusted = TrustedClock()
        self._lock: FolderLock | None = None
        self._writer: Writer | None = None
        self._fault: Fault | None = None
        self._is_space_short = False
        self._is_replacement_seen = True
        self._touch_due_s = 0.0

    @property
    def fault(self) -> Fault | None:
        """What keeps it from writing now."""
        return self._fault

    @property
    def conditions(self) -> frozenset[Condition]:
        """What is wrong with the store now."""
        fault = self._fault
        found = {fault.condition} if fault is not None else set()
        if self._is_space_short:
            found.add(Condition.DISK_FULL)
        if not self._is_replacement_seen:
            found.add(Condition.STORE_REPLACED)
        return frozenset(found)

    def acknowledge_replaced(self) -> None:
        """Take `STORE_REPLACED` away: somebody has seen it."""
        self._is_replacement_seen = True

    def open(self, boot: Boot) -> Opened:
        """Take the folder, open or make the database, and write this start into it.

        Raises:
            UsageError: Another daemon writes to this folder.
        """
        writer = self._writer = Writer(
            self._folder, boot, has_outbox=self._has_outbox, utc=self._clocks.utc
        )
        try:
            self._lock = FolderLock(self._folder)
        except OutputError as error:
            self.note(error)
            return self._without_database(boot)
        try:
            self._open_somehow()
            restore = writer.restore()
        except FAILURES as error:
            self.note(error)
            return self._without_database(boot)
        if writer.boot.start_reason == "crash":
            # Events that were announced while the disk failed have ids that nobody stored.
            beyond = (self._folder.known_ids() or 0) + 1
            restore = replace(restore, next_event_id=max(restore.next_event_id, beyond))
        return Opened(restore, writer.boot.start_reason, writer.n_crashes)

    def commit(self, rows: Sequence[Row], delivered: Sequence[int]) -> None:
        """Write rows and remove delivered messages in one transaction that reaches the disk.

        Raises:
            Exception: One of `FAILURES`; nothing was written.
        """
        self._ready().commit(rows, delivered)
        self._works()

    def note_ids(self) -> None:
        """Keep the file of event ids ahead; nearly always there is nothing to do."""
        if self._writer is not None:
            self._writer.note_ids()

    def look_after(self) -> None:
        """Do what can wait: a sign of life, retention, the reserve. Also shows that writing works.

        Raises:
            Exception: One of `FAILURES`.
        """
        now, utc_s = self._clocks.mono(), self._clocks.utc()
        is_trusted = self._trusted.is_trusted(now, utc_s)
        if self._fault is None and now < self._touch_due_s:
            return
        writer = self._ready()
        writer.touch(now)
        writer.note_ids()
        has_more = writer.tidy(self._settings, utc_s if is_trusted else None)
        is_held = self._reserve.hold()
        if is_held and self._is_space_short:
            writer.keep_log_short(is_short=False)
        self._is_space_short = not is_held
        self._works()
        every_s = SPACE_EVERY_S if self._is_space_short else TOUCH_EVERY_S
        self._touch_due_s = now if has_more else now + every_s

    def mend(self, error: Exception) -> bool:
        """Do what can be done at once about a failure; True when trying again may help."""
        fault = classify(error, self._folder.path)
        if fault is Fault.DAMAGED:
            return self._replace(str(error))
        self.note(error)
        if fault is not Fault.DISK_FULL or not self._give_back_reserve():
            return False
        self._use_reserve_sparingly()
        return True

    def note(self, error: Exception) -> None:
        """Remember that it fails, and say so once."""
        fault = classify(error, self._folder.path)
        if fault is not self._fault:
            log.error("the store fails (%s): %s", fault.value, error)
        self._fault = fault
        if fault is Fault.DISK_FULL:
            self._is_space_short = True
            self._touch_due_s = min(self._touch_due_s, self._clocks.mono() + SPACE_EVERY_S)
        elif self._writer is not None and "locked" not in str(error):
            # A fresh connection forgets what the failed one believes of the file.
            self._writer.close()

    def take_replacement(self) -> AuditRow | None:
        """Return the audit line of a replacement, once after each."""
        writer = self._writer
        if writer is None or not writer.is_replaced:
            return None
        writer.is_replaced = False
        self._is_replacement_seen = False
        stamp = Stamp(writer.boot.stamp.boot_id, self._clocks.mono(), self._clocks.utc())
        return AuditRow(stamp, "edgekit", "store replaced", "the damaged one was set aside")

    def close(self, *, is_clean: bool) -> None:
        """Note the end, close the database and let the folder go."""
        writer, self._writer = self._writer, None
        if writer is not None:
            try:
                if is_clean and writer.is_open:
                    writer.end(self._clocks.mono())
            except FAILURES as error:
                log.warning("the store could not note the end: %s", error)
            writer.close()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _open_somehow(self) -> None:
        writer = self._ready(is_opening=True)
        try:
            writer.open()
        except FAILURES as error:
            is_full = classify(error, self._folder.path) is Fault.DISK_FULL
            if not (is_full and self._give_back_reserve()):
                raise
            self._is_space_short = True
            writer.open()
            self._use_reserve_sparingly()
        writer.note_ids()

    def _without_database(self, boot: Boot) -> Opened:
        restore = without_database(self._folder, boot.stamp.utc_s)
        return Opened(restore, boot.start_reason, 0)

    def _ready(self, *, is_opening: bool = False) -> Writer:
        assert self._writer is not None, "open() comes first"
        if self._lock is None:
            self._lock = FolderLock(self._folder)
        if not is_opening and not self._writer.is_open:
            self._writer.open()
        return self._writer

    def _works(self) -> None:
        if self._fault is not None:
            log.warning("the store works again")
        self._fault = None

    def _replace(self, why: str) -> bool:
        try:
            self._ready(is_opening=True).replace(why)
        except FAILURES as error:
            self.note(error)
            return False
        return True

    def _use_reserve_sparingly(self) -> None:
        """Left alone, the log would take the whole reserve: a few pages for each commit."""
        try:
            writer = self._ready()
            writer.keep_log_short(is_short=True)
            writer.shorten_log()
        except FAILURES as error:
            log.warning("the log cannot be kept short: %s", error)

    def _give_back_reserve(self) -> bool:
        try:
            is_given = self._reserve.give_back()
        except OSError as error:
            log.warning("the reserve cannot be given back: %s", error)
            return False
        if is_given:
            log.warning("disk full: the reserve of %d MB is given back", self._settings.reserve_mb)
        return is_given
