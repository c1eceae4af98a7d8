"""The daemon's side of a bundle's trial: at its start, every turn, and at its end.

Nothing happens here where the bundle is a plain folder. What cannot be written, on a full or
read-only disk, is said and tried again; monitoring goes on.
"""

from __future__ import annotations

import logging
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from edgekit.errors import EdgekitError
from edgekit.field import trial
from edgekit.field.install import check_slot
from edgekit.field.keys import read_keys
from edgekit.field.minisign import PublicKey
from edgekit.field.slots import SlotName, Slots, SlotState, slots_at
from edgekit.serve.conditions import Condition
from edgekit.serve.live import Snapshot
from edgekit.serve.settings import Settings, keys_folder

log = logging.getLogger("edgekit.trial")

SELF_TEST_S = 25.0
"""A model that has not answered its golden clips by then hangs."""
_BLINDING = frozenset({Condition.MODEL_FAILED, Condition.DECISION_STALE})

Audit = Callable[[str, str, str], None]


def begin(settings: Settings) -> None:
    """Before the bundle is opened: count this start on trial, and go back where that is due.

    A bundle on trial answers its golden clips in a process of its own first: one that crashes or
    hangs there takes nothing with it. A damaged bundle gives way to the other slot's, if that is
    whole.

    Raises:
        IntegrityError: Which slot counts cannot be read, or a key is damaged.
    """
    slots = slots_at(settings.bundle)
    state = slots.read() if slots else None
    if slots is None or state is None:
        return
    keys = read_keys(keys_folder(settings))
    why = trial.too_many_starts(state.trial.n_starts) if state.trial else ""
    if state.trial is not None and not why:
        _change(slots, SlotState.counted)
    why = why or _why_not(slots, state, keys)
    if why and state.can_go_back and not _why_damaged(slots, state.other, keys):
        _go_back(slots, why)


class Probation:
    """What the running daemon knows of its bundle's trial. Main thread, but for `acknowledge`."""

    def __init__(self, settings: Settings, bundle: Path) -> None:
        self._slots, state = _running(settings.bundle, bundle)
        self._trial: trial.Trial | None = None
        if state is not None and state.trial is not None:
            self._trial = trial.Trial(settings.field.trial_s)
        self._rolled_back = state.rolled_back if state else None
        self._is_told = self._rolled_back is not None and not self._rolled_back.is_seen
        self._is_acknowledged = False
        self._stale_s = settings.watch.decision_stale_s

    @property
    def conditions(self) -> frozenset[Condition]:
        """What people must know of the last trial."""
        return frozenset({Condition.BUNDLE_ROLLED_BACK} if self._is_told else ())

    def acknowledge(self) -> None:
        """Take note that somebody has seen it; any thread. It is written at the next look."""
        if self._is_told:
            self._is_told, self._is_acknowledged = False, True

    def start(self, audit: Audit) -> None:
        """Put an earlier rollback on record, once."""
        back = self._rolled_back
        if self._slots is not None and back is not None and not back.is_logged:
            log.error("the bundle was rolled back%s: %s", _named(back.version), back.reason)
            audit("edgekit", "bundle rolled back", f"version {back.version}: {back.reason}"[:400])
            _change(self._slots, lambda state: state.noted(is_logged=True), is_patient=False)

    def look(self, snapshot: Snapshot | None, audit: Audit) -> bool:
        """Judge this moment; True when the old bundle is back and the daemon must start anew."""
        if self._slots is None:
            return False
        if self._is_acknowledged:
            seen = _change(self._slots, lambda state: state.noted(is_seen=True), is_patient=False)
            self._is_acknowledged = not seen
        if self._trial is None or snapshot is None:
            return False
        self._trial, verdict = trial.step(self._trial, self._seen(snapshot))
        if verdict.what == "keep" and _change(self._slots, SlotState.proved, is_patient=False):
            log.info("the new bundle is kept: it passed its trial")
            audit("edgekit", "bundle kept", "")
            self._trial = None
        return verdict.what == "roll back" and self._goes_back(verdict.why)

    def give_up(self, why: str) -> None:
        """Go back before the daemon ends itself: on trial the bundle is to blame."""
        if self._trial is not None:
            self._goes_back(why)

    def end(self) -> None:
        """Note that this start ended as somebody wanted."""
        if self._slots is not None and self._trial is not None:
            _change(self._slots, SlotState.ended_in_order, is_patient=False)

    def _seen(self, snapshot: Snapshot) -> trial.Look:
        present, age_s = frozenset(snapshot.conditions), snapshot.decision_age_s
        return trial.Look(
            time.monotonic(),
            is_golden_right=Condition.GOLDEN_WRONG not in present,
            is_blinded=bool(present & _BLINDING),
            is_deciding=age_s is not None and age_s <= self._stale_s,
        )

    def _goes_back(self, why: str) -> bool:
        if self._slots is None or not _go_back(self._slots, why, is_patient=False):
            return False
        self._trial = None
        return True


def _running(folder: Path, bundle: Path) -> tuple[Slots | None, SlotState | None]:
    """Return the slots that `bundle` runs from; what was installed since is the next start's."""
    slots = slots_at(folder)
    state = slots.read() if slots else None
    if slots is None or state is None or slots.path(state.active) != bundle:
        return None, None
    return slots, state


def _why_not(slots: Slots, state: SlotState, keys: Sequence[PublicKey]) -> str:
    """Return why the active bundle cannot be run; nothing when it can, for all that is known."""
    damage = _why_damaged(slots, state.active, keys)
    return damage or ("" if state.trial is None else _self_test(slots.path(state.active)))


def _why_damaged(slots: Slots, name: SlotName, keys: Sequence[PublicKey]) -> str:
    try:
        check_slot(slots, name, keys)
    except EdgekitError as error:
        return str(error)
    return ""


def _self_test(bundle: Path) -> str:
    """Replay the golden clips in a process of its own; return why it failed, or nothing."""
    command = [sys.executable, "-m", "edgekit", "verify", str(bundle)]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=SELF_TEST_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"its self-test did not end within {SELF_TEST_S:g} s"
    if done.returncode < 0:
        return f"its self-test crashed (signal {-done.returncode})"
    last = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
    return last.removeprefix("edgekit: ") if done.returncode else ""


def _go_back(slots: Slots, why: str, *, is_patient: bool = True) -> bool:
    def back(state: SlotState) -> SlotState:
        return state.gone_back(why, state.trial.version if state.trial else None)

    log.error("the new bundle goes back: %s", why)
    return _change(slots, back, is_patient=is_patient)


def _change(
    slots: Slots, change: Callable[[SlotState], SlotState], *, is_patient: bool = True
) -> bool:
    """Write a changed state; False when that could not be done now."""
    try:
        with slots.locked(is_patient=is_patient):
            state = slots.read()
            if state is not None:
                slots.write(change(state))
    except EdgekitError as error:
        log.warning("trial: %s", error)
        return False
    return True


def _named(version: int | None) -> str:
    return "" if version is None else f" from version {version}"
