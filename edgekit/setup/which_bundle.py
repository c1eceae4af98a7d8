"""The bundle that the daemon will run, as far as setup can tell."""

from __future__ import annotations

from pathlib import Path

from edgekit.bundle import MANIFEST_FILE
from edgekit.errors import UsageError
from edgekit.serve.settings import load_settings
from edgekit.setup.step import Context

CURE = "name its folder with --bundle FOLDER"


def which_bundle(context: Context) -> Path | None:
    """Return the imported bundle, else the one of the settings, else (dry) the one wished for."""
    imported = context.journal.read().bundle
    if imported is not None:
        return imported
    if context.site.settings.is_file():
        try:
            named = context.site.work / load_settings(context.site.settings).bundle
        except UsageError:
            # The step settings says what is wrong with them.
            return context.wishes.bundle
        if (named / MANIFEST_FILE).is_file():
            return named
    return context.wishes.bundle
