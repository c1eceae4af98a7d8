"""Where the daemon's state is, for the commands that look at it or change it from outside."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

SettingsFile = Annotated[
    Path | None,
    typer.Option("--settings", help="The daemon's settings; they name its state folder."),
]
StateFolder = Annotated[
    Path | None,
    typer.Option("--state", help="The daemon's state folder, instead of the settings' one."),
]


def folder_of(settings: Path | None, state: Path | None) -> Path:
    """Return the state folder that is meant.

    Where nothing names one, and this user has never run a daemon, it is the service's.

    Raises:
        UsageError: The settings cannot be read.
    """
    from edgekit.serve.settings import find_settings, load_settings, state_folder
    from edgekit.serve.systemd.service import USUAL_STORE

    if state is not None:
        return state
    found = load_settings(find_settings(settings))
    folder = state_folder(found)
    is_named = found.store.folder is not None or "STATE_DIRECTORY" in os.environ
    # Not `exists`: only root may look behind systemd's link.
    if not is_named and not folder.exists() and os.path.lexists(USUAL_STORE):
        return Path(USUAL_STORE)
    return folder
