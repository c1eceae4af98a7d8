"""What is in the slots, for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edgekit.errors import EdgekitError
from edgekit.field.install import check_slot
from edgekit.field.minisign import PublicKey
from edgekit.field.release import Seal
from edgekit.field.slots import SLOT_NAMES, SlotName, Slots, SlotState


@dataclass(frozen=True)
class SlotReport:
    """One slot."""

    name: SlotName
    seal: Seal | None
    """None where no key is installed, or the bundle is not in order."""
    role: str
    """As in `active, on trial`."""
    problem: str
    """Why the bundle cannot be used; empty when it can."""


def survey(slots: Slots, keys: Sequence[PublicKey]) -> tuple[SlotReport, ...]:
    """Check every slot that holds something.

    Raises:
        IntegrityError: Which slot counts cannot be read.
    """
    state = slots.read()
    if state is None:
        return ()
    return tuple(
        _report(slots, name, state, keys) for name in SLOT_NAMES if slots.path(name).exists()
    )


def _report(
    slots: Slots, name: SlotName, state: SlotState, keys: Sequence[PublicKey]
) -> SlotReport:
    try:
        return SlotReport(name, check_slot(slots, name, keys), _role(name, state), "")
    except EdgekitError as error:
        return SlotReport(name, None, _role(name, state), str(error))


def _role(name: SlotName, state: SlotState) -> str:
    if name == state.active:
        return "active" if state.trial is None else "active, on trial"
    return "to go back to" if name in state.kept else "given up"
