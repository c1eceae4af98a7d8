"""`edgekit wipe`: everything that the daemon kept is deleted."""

from __future__ import annotations

from typing import Annotated

import typer

from edgekit.cli import console
from edgekit.cli.state_options import SettingsFile, StateFolder, folder_of


def wipe(
    settings: SettingsFile = None,
    state: StateFolder = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete events, decisions, landmarks, audit, outbox and damaged databases that were set aside.

    Stop edgekit serve first. Tokens, certificate and settings stay. Flash memory may keep old
    copies out of reach: to hand a device on, wipe the whole card.

    Example: edgekit wipe --yes
    """
    from edgekit.serve.store.wipe import what_is_kept
    from edgekit.serve.store.wipe import wipe as wipe_store

    folder = folder_of(settings, state)
    kept = what_is_kept(folder)
    if not kept:
        console.note(f"nothing is kept in {folder}")
        return
    if not yes:
        typer.confirm(f"Delete {len(kept)} files of the event store in {folder}?", abort=True)
    for removed in wipe_store(folder):
        console.out(f"removed {removed.path} ({removed.n_bytes / (1 << 20):.2f} MB)")
