"""The writing connection: opens, commits, replaces a damaged database, and tidies up."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from edgekit.errors import OutputError
from edgekit.serve.alarm.events import Restore
from edgekit.serve.settings import StoreSettings
from edgekit.serve.store.boots import (
    Boot,
    begin_boot,
    n_recent_crashes,
    next_start_reason,
    note_alive,
    recent_boots,
)
from edgekit.serve.store.connect import WAL_LIMIT_BYTES, WAL_PAGES, WAL_PAGES_WHEN_FULL, open_writer
from edgekit.serve.store.encode import write_row
from edgekit.serve.store.faults import Fault, classify
from edgekit.serve.store.folder import StoreFolder
from edgekit.serve.store.retention import prune
from edgekit.serve.store.rows import Row, TransitionRow
from edgekit.serve.store.unacknowledged import (
    ID_BLOCK,
    Salvage,
    continue_ids,
    highest_id,
    read_restore,
    salvage,
)

log = logging.getLogger("edgekit.store")

MAX_OUTBOX = 100_000


class Writer:
    """Owned by one thread at a time. Every method may raise `sqlite3.Error` or `OSError`."""

    def __init__(
        self, folder: StoreFolder, boot: Boot, *, has_outbox: bool, utc: Callable[[], float]
    ) -> None:
        self._folder = folder
        self._boot = boot
        self._has_outbox = has_outbox
        self._utc = utc
        self._connection: sqlite3.Connection | None = None
        self._inode: int | None = None
        self._ids_noted = 0
        self._highest_event_id = 0
        self._is_begun = False
        self._highest_message_id = 0
        self.n_crashes = 0
        """Starts that crashed lately, before this one."""
        self.is_replaced = False
        """The database was damaged or gone, and a new one was begun."""
        self.n_outbox_lost = 0
        """Messages that the full outbox dropped, oldest first."""

    @property
    def is_open(self) -> bool:
        """Tell whether there is a connection."""
        return self._connection is not None

    @property
    def boot(self) -> Boot:
        """This start of the daemon, as written."""
        return self._boot

    def open(self) -> None:
        """Open the database, or replace it when it is damaged, and write this start into it.

        Raises:
            IntegrityError: A newer edgekit wrote it.
        """
        try:
            self._use(open_writer(self._folder.database))
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            if classify(error, self._folder.path) is not Fault.DAMAGED:
                raise
            self.replace(str(error))

    def replace(self, why: str) -> None:
        """Set the database aside and begin a new one; ids go on, and so does a latched alarm."""
        self.close()
        saved = salvage(self._folder, self._utc())
        aside = self._folder.move_aside() if self._folder.database.exists() else None
        log.error("store damaged (%s): set aside as %s, a new one is begun", why, aside)
        self.is_replaced = True
        connection = open_writer(self._folder.database)
        try:
            self._fill_in(connection, saved)
        except BaseException:
            connection.close()
            raise
        self._use(connection)

    def restore(self) -> Restore:
        """Return what the alarm core must restore."""
        return read_restore(self._opened())

    def commit(self, rows: Sequence[Row], delivered: Sequence[int]) -> None:
        """Write rows, and remove delivered messages, in one transaction that reaches the disk."""
        connection = self._opened()
        with _transaction(connection):
            for row in rows:
                self._note_id(row)
                write_row(connection, row, has_outbox=self._has_outbox)
            connection.executemany(
                "DELETE FROM outbox WHERE message_id = ?", [(number,) for number in delivered]
            )
            if rows:
                alive_s = max(row.stamp.mono_s for row in rows)
                note_alive(connection, self._boot.stamp.boot_id, alive_s)
            if self._has_outbox:
                self._bound_outbox(connection)

    def touch(self, mono_s: float) -> None:
        """Write that this start is alive: it also shows whether writing works."""
        with _transaction(self._opened()) as connection:
            note_alive(connection, self._boot.stamp.boot_id, mono_s)

    def note_ids(self) -> None:
        """Keep the file of event ids ahead of the ids in use."""
        highest = self._highest_event_id
        if self._ids_noted - highest > ID_BLOCK // 2:
            return
        try:
            self._folder.note_ids(highest + ID_BLOCK)
        except OutputError as error:
            # The database knows them too; only the loss of both would matter.
            log.warning("%s", error)
        self._ids_noted = highest + ID_BLOCK

    def tidy(self, settings: StoreSettings, utc_s: float | None) -> bool:
        """Prune one batch; True when there is more to do."""
        connection = self._opened()
        has_more = prune(connection, settings, utc_s)
        if self._log_bytes() > WAL_LIMIT_BYTES:
            self.shorten_log()
        return has_more

    def shorten_log(self) -> None:
        """Move the log's content into the database and free its space."""
        self._opened().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def keep_log_short(self, *, is_short: bool) -> None:
        """Let the log grow a few pages only, while space is short."""
        pages = WAL_PAGES_WHEN_FULL if is_short else WAL_PAGES
        self._opened().execute(f"PRAGMA wal_autocheckpoint = {pages}").fetchall()

    def end(self, mono_s: float) -> None:
        """Write that this start ends on purpose."""
        with _transaction(self._opened()) as connection:
            note_alive(connection, self._boot.stamp.boot_id, mono_s, is_clean=True)

    def close(self) -> None:
        """Close the connection; harmless when there is none."""
        if self._connection is not None:
            try:
                self._connection.close()
            except sqlite3.Error as error:
                log.warning("closing the store: %s", error)
        self._connection = None

    def _log_bytes(self) -> int:
        try:
            return Path(f"{self._folder.database}-wal").stat().st_size
        except FileNotFoundError:
            return 0

    def _note_id(self, row: Row) -> None:
        if isinstance(row, TransitionRow) and row.transition.event_id is not None:
            self._highest_event_id = max(self._highest_event_id, row.transition.event_id)

    def _opened(self) -> sqlite3.Connection:
        """Return the connection to the file that has the database's name now."""
        if self._connection is None:
            self.open()
        elif not self._is_in_place():
            # A deleted file takes writes and forgets them.
            self.replace("it was deleted")
        assert self._connection is not None
        return self._connection

    def _is_in_place(self) -> bool:
        try:
            return self._folder.database.stat().st_ino == self._inode
        except FileNotFoundError:
            return False

    def _use(self, connection: sqlite3.Connection) -> None:
        try:
            self._begin(connection)
        except BaseException:
            connection.close()
            raise
        self._connection = connection
        self._inode = self._folder.database.stat().st_ino

    def _begin(self, connection: sqlite3.Connection) -> None:
        earlier = [
            boot
            for boot in recent_boots(connection)
            if boot.stamp.boot_id != self._boot.stamp.boot_id
        ]
        self.n_crashes = max(self.n_crashes, n_recent_crashes(earlier))
        if not self._is_begun:
            reason = "crash" if self.is_replaced else next_start_reason(earlier)
            self._boot = replace(self._boot, start_reason=reason)
        read_restore(connection)
        with _transaction(connection):
            begin_boot(connection, self._boot)
        self._is_begun = True
        self._highest_message_id = highest_id(connection, "outbox")
        self._highest_event_id = highest_id(connection, "events")

    def _fill_in(self, connection: sqlite3.Connection, saved: Salvage) -> None:
        with _transaction(connection):
            if saved.event is not None:
                marks = ", ".join("?" * len(saved.event))
                connection.execute(f"INSERT INTO events VALUES ({marks})", saved.event)  # noqa: S608
            continue_ids(connection, "events", saved.highest_event_id)
            continue_ids(connection, "outbox", self._highest_message_id)

    def _bound_outbox(self, connection: sqlite3.Connection) -> None:
        self._highest_message_id = highest_id(connection, "outbox")
        lost = connection.execute(
            "DELETE FROM outbox WHERE message_id <= ?", (self._highest_message_id - MAX_OUTBOX,)
        ).rowcount
        if lost > 0:
            self.n_outbox_lost += lost


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
