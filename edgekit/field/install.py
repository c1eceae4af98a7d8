"""A bundle into the slot that does not count, then the switch; and the way back.

Everything is checked on the copy that will run, not on what was handed over: what is refused has
changed nothing, and the bundle that runs is never touched. No model is opened here: whoever
installs is often root, and a model file is code to its runtime. The daemon tries it.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from edgekit import files
from edgekit.bundle import MANIFEST_FILE, load_bundle
from edgekit.errors import IntegrityError, UsageError
from edgekit.field.archive import MAX_BYTES, MAX_MEMBERS, PLAIN_NAME, Member, members
from edgekit.field.minisign import PublicKey
from edgekit.field.owner import give_to_owner
from edgekit.field.release import Release, Seal, check_seal
from edgekit.field.slots import SlotName, Slots, SlotState

_CHUNK = 1 << 20


@dataclass(frozen=True)
class Installed:
    """What became of an install."""

    slot: SlotName
    folder: Path
    seal: Seal | None
    """None where no key is installed, so that nobody vouches for it."""
    is_on_trial: bool
    """False for the first bundle: there is nothing to go back to."""


def install(source: Path, slots: Slots, keys: Sequence[PublicKey], today: date) -> Installed:
    """Install an archive or a folder; from the daemon's next start it is on trial.

    Raises:
        UsageError: `source` is not there, or another bundle is on trial.
        IntegrityError: It is damaged, not signed by an installed key, not newer than what proved
            itself here, expired, or holds what no bundle holds.
        OutputError: The slots cannot be written.
    """
    if not source.exists():
        raise UsageError(f"{source}: no such archive or folder")
    with slots.locked():
        state = slots.read()
        if state is not None and state.trial is not None:
            raise UsageError(
                f"{slots.folder}: slot {state.active} is on trial; wait until it is kept, or take "
                "it back with edgekit bundle rollback"
            )
        slots.sweep()
        give_to_owner(slots.folder, like=slots.folder.parent)
        slot: SlotName = "a" if state is None else state.other
        with files.new_folder(slots.path(slot)) as fresh:
            _copy(source, fresh)
            seal = _checked(fresh, source, keys, state, today)
            give_to_owner(fresh, like=slots.folder)
            if state is not None:
                # From here on the other slot is no longer what it was.
                slots.write(state.with_room())
        version = seal.release.version if seal else None
        if state is None:
            slots.write(SlotState(active=slot, kept=(slot,), floor=version or 0))
        else:
            slots.write(state.on_trial(version))
    return Installed(slot, slots.path(slot), seal, is_on_trial=state is not None)


def check_slot(slots: Slots, name: SlotName, keys: Sequence[PublicKey]) -> Seal | None:
    """Check that the bundle in a slot is whole and vouched for; the daemon would take it.

    Raises:
        IntegrityError: It is not, or there is none.
    """
    try:
        load_bundle(slots.path(name))
    except UsageError as error:
        raise IntegrityError(str(error)) from error
    return check_seal(slots.path(name), keys)


def roll_back(slots: Slots, keys: Sequence[PublicKey]) -> SlotState:
    """Make the other slot's bundle count again, because a person wants it.

    Raises:
        UsageError: There is none that proved itself.
        IntegrityError: It is damaged, or no longer vouched for.
        OutputError: The slots cannot be written.
    """
    with slots.locked():
        state = slots.read()
        if state is None or not state.can_go_back:
            raise UsageError(f"{slots.folder}: no other bundle that proved itself to go back to")
        check_slot(slots, state.other, keys)
        version = state.trial.version if state.trial else None
        back = state.gone_back("by edgekit bundle rollback", version, is_seen=True)
        slots.write(back)
    return back


def _checked(
    fresh: Path,
    source: Path,
    keys: Sequence[PublicKey],
    state: SlotState | None,
    today: date,
) -> Seal | None:
    """Check the copy; errors name what was handed over, which a person can do something about."""
    try:
        seal = check_seal(fresh, keys)
        load_bundle(fresh)
        if seal is not None:
            _refuse_old(seal.release, state.floor if state else 0)
            seal.release.refuse_expired(today)
    except (IntegrityError, UsageError) as error:
        raise IntegrityError(str(error).replace(str(fresh), str(source))) from error
    return seal


def _refuse_old(release: Release, floor: int) -> None:
    if release.version <= floor:
        raise IntegrityError(
            f"version {release.version} is not newer than {floor}, which proved itself here; an "
            "older one comes back with edgekit bundle rollback only"
        )


def _copy(source: Path, fresh: Path) -> None:
    n_bytes, seen = 0, set[str]()
    for member in _members(source):
        n_bytes += member.n_bytes
        if not PLAIN_NAME.fullmatch(member.name) or member.name in seen:
            raise IntegrityError(f"{source}: holds {member.name[:40]!r}, as no bundle does")
        seen.add(member.name)
        if len(seen) > MAX_MEMBERS or n_bytes > MAX_BYTES:
            raise IntegrityError(
                f"{source}: more than {MAX_MEMBERS} files or {MAX_BYTES >> 20} MB; no bundle is"
            )
        _write(member, fresh / member.name, source)
    if MANIFEST_FILE not in seen:
        raise IntegrityError(f"{source}: no bundle: it holds no {MANIFEST_FILE}")


def _write(member: Member, target: Path, source: Path) -> None:
    left = member.n_bytes
    with target.open("xb") as file:
        while left:
            chunk = member.stream.read(min(left, _CHUNK))
            if not chunk:
                raise IntegrityError(f"{source}: {member.name} is truncated; copy it again")
            file.write(chunk)
            left -= len(chunk)


def _members(source: Path) -> Iterator[Member]:
    if source.is_dir():
        for path in sorted(source.iterdir()):
            with _plain(path, source) as member:
                yield member
        return
    with _plain(source, source) as archive:
        yield from members(archive.stream, str(source))


@contextmanager
def _plain(path: Path, source: Path) -> Iterator[Member]:
    """Open a plain file, and nothing that has taken its place."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise IntegrityError(f"{path}: no plain file that can be read: {error.strerror}") from error
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode):
        os.close(handle)
        raise IntegrityError(f"{source}: {path.name} is no plain file; no bundle holds it")
    with os.fdopen(handle, "rb") as stream:
        yield Member(path.name, status.st_size, stream)
