"""`edgekit wipe`: everything that the daemon kept is deleted."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edgekit.cli import console


def wipe(
    settings: Annotated[
        Path | None, typer.Option(help="The daemon's settings; they name the store's folder.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete events, decisions, landmarks, audit, outbox and damaged databases that were set aside.

    Stop edgekit serve first. Tokens, certificate and settings stay. Flash memory may keep old
    copies out of reach: to hand a device on, wipe the whole card.

    Example: edgekit wipe --yes
    """
    from edgekit.serve.settings import find_settings, load_settings, state_folder
    from edgekit.serve.store.wipe import what_is_kept
    from edgekit.serve.store.wipe import wipe as wipe_store

    folder = state_folder(load_settings(find_settings(settings)))
    kept = what_is_kept(folder)
    if not kept:
        console.note(f"nothing is kept in {folder}")
        return
    if not yes:
        typer.confirm(f"Delete {len(kept)} files of the event store in {folder}?", abort=True)
    for removed in wipe_store(folder):
        console.out(f"removed {removed.path} ({removed.n_bytes / (1 << 20):.2f} MB)")
