"""Two places for a bundle, and one small file that says which of them counts.

    slots/
      slots.json      which slot is active, whether it is on trial, what was rolled back
      a/  b/          a bundle each

`slots.json` is replaced by a rename after an fsync: a power cut leaves the old one or the new one,
and each names a slot that was complete on the disk before. Choosing and trying are one file, so
that they cannot disagree.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from edgekit import files
from edgekit.errors import IntegrityError, UsageError
from edgekit.field.owner import give_to_owner
from edgekit.records import Frozen, first_problem

SlotName = Literal["a", "b"]
SLOT_NAMES: tuple[SlotName, SlotName] = ("a", "b")
STATE_FILE = "slots.json"


class OnTrial(Frozen):
    """The active slot has yet to prove itself; the other one is what to go back to."""

    version: int | None
    """Of its release; None where no key is installed."""
    n_starts: int = Field(0, ge=0)
    """Starts with it that have not ended in order."""


class RolledBack(Frozen):
    """What went wrong last, until a person has seen it."""

    version: int | None
    reason: str
    is_logged: bool = False
    """It is in the daemon's audit."""
    is_seen: bool = False
    """Somebody acknowledged it."""


class SlotState(Frozen):
    """`slots.json`."""

    schema_version: Literal[1] = 1
    active: SlotName
    kept: tuple[SlotName, ...]
    """Slots whose bundle has proved itself."""
    floor: int = Field(0, ge=0)
    """The newest version that proved itself; nothing up to it is installed."""
    trial: OnTrial | None = None
    rolled_back: RolledBack | None = None

    @property
    def other(self) -> SlotName:
        """The slot that does not count."""
        return "b" if self.active == "a" else "a"

    @property
    def can_go_back(self) -> bool:
        """Whether the other slot holds a bundle that proved itself."""
        return self.other in self.kept

    def with_room(self) -> SlotState:
        """Return it with the other slot given up, which is about to be written."""
        return self.model_copy(update={"kept": (self.active,)})

    def on_trial(self, version: int | None) -> SlotState:
        """Return it after the other slot was filled with a new bundle."""
        return SlotState(
            active=self.other, kept=(self.active,), floor=self.floor, trial=OnTrial(version=version)
        )

    def counted(self) -> SlotState:
        """Return it with one more start on trial."""
        return self._with_starts(self.trial.n_starts + 1 if self.trial else 0)

    def ended_in_order(self) -> SlotState:
        """Return it with the starts on trial forgiven."""
        return self._with_starts(0)

    def proved(self) -> SlotState:
        """Return it with the trial passed."""
        version = (self.trial.version if self.trial else None) or 0
        return self.model_copy(
            update={"trial": None, "kept": SLOT_NAMES, "floor": max(self.floor, version)}
        )

    def gone_back(self, reason: str, version: int | None, *, is_seen: bool = False) -> SlotState:
        """Return it with the other slot active again."""
        return SlotState(
            active=self.other,
            kept=(self.other,) if self.trial else self.kept,
            floor=self.floor,
            rolled_back=RolledBack(version=version, reason=reason, is_seen=is_seen),
        )

    def noted(self, **changes: bool) -> SlotState:
        """Return it with changes to what is known of the last rollback."""
        if self.rolled_back is None:
            return self
        rolled_back = self.rolled_back.model_copy(update=changes)
        return self.model_copy(update={"rolled_back": rolled_back})

    def _with_starts(self, n_starts: int) -> SlotState:
        if self.trial is None:
            return self
        trial = self.trial.model_copy(update={"n_starts": n_starts})
        return self.model_copy(update={"trial": trial})


@dataclass(frozen=True)
class Slots:
    """A folder of slots. Whoever writes holds `locked`."""

    folder: Path

    @property
    def state_file(self) -> Path:
        """What says which slot counts."""
        return self.folder / STATE_FILE

    def path(self, name: SlotName) -> Path:
        """Return a slot's bundle folder."""
        return self.folder / name

    def read(self) -> SlotState | None:
        """Return what counts; None before the first install.

        Raises:
            IntegrityError: The file is damaged.
        """
        try:
            return SlotState.model_validate_json(self.state_file.read_bytes())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise IntegrityError(f"{self.state_file}: cannot be read: {error.strerror}") from error
        except ValidationError as error:
            raise IntegrityError(
                f"{self.state_file}: {first_problem(error)}; delete it and install a bundle again"
            ) from error

    def write(self, state: SlotState) -> None:
        """Let another state count, at once and for good.

        Raises:
            OutputError: It cannot be written; the old one counts.
        """
        content = state.model_dump_json(indent=1).encode()
        files.write_bytes(self.state_file, content, mode=0o644)
        give_to_owner(self.state_file, like=self.folder)

    @contextmanager
    def locked(self, *, is_patient: bool = True) -> Iterator[None]:
        """Keep every other writer out.

        Raises:
            UsageError: Another one is at work, and this one does not wait.
            OutputError: The folder cannot be made.
        """
        with files.writing(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            handle = os.open(self.folder, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if is_patient else fcntl.LOCK_NB))
            yield
        except BlockingIOError as error:
            raise UsageError(f"{self.folder}: edgekit bundle is at work; try again") from error
        finally:
            os.close(handle)

    def sweep(self) -> None:
        """Delete what a killed install left half written."""
        for left in self.folder.glob(".*.tmp"):
            if left.is_dir():
                shutil.rmtree(left, ignore_errors=True)
            else:
                left.unlink(missing_ok=True)


def slots_at(folder: Path) -> Slots | None:
    """Return the slots in a folder; None where it is a bundle, or nothing."""
    return Slots(folder) if (folder / STATE_FILE).is_file() else None


def bundle_folder(folder: Path) -> Path:
    """Return the bundle that counts: the active slot of a folder of slots, else the folder itself.

    Raises:
        IntegrityError: Which one counts cannot be read.
    """
    slots = slots_at(folder)
    state = slots.read() if slots else None
    return folder if slots is None or state is None else slots.path(state.active)
