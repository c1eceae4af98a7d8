"""The settings file: written once, written again while nobody else has touched it."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from edgekit.errors import EdgekitError
from edgekit.serve.settings import load_settings
from edgekit.setup.changes import Change
from edgekit.setup.revert import revert
from edgekit.setup.settings_text import settings_text
from edgekit.setup.step import Context, Outcome
from edgekit.setup.write import is_as_written, write_recorded

NAME = "settings"


def look(context: Context) -> Outcome:
    """Compare the file with what setup would write."""
    path = context.site.settings
    if not path.exists():
        return Outcome("open", f"write {path}")
    if path.read_bytes() == _content(context):
        return Outcome("there", f"{path}")
    known = context.journal.read().file_of(path)
    if known is not None and is_as_written(known):
        return Outcome("open", f"write {path} again: the bundle, the source or the runtime changed")
    if context.wishes.replaces_settings or context.may_replace(path):
        return Outcome("open", f"replace {path}; edgekit setup --undo puts yours back")
    return Outcome("left", f"{path} is yours and stays{_complaint(context)}", _wanted(context))


def do(context: Context) -> Outcome:
    """Write the file, and read it back as the daemon will.

    Raises:
        OutputError: It cannot be written.
    """
    path, wishes = context.site.settings, context.wishes
    write_recorded(context.journal, NAME, path, _content(context))
    context.journal.note(source=wishes.source, port=wishes.port)
    load_settings(path)
    return Outcome("done", f"{path}")


def undo(_context: Context, changes: Sequence[Change]) -> tuple[str, ...]:
    """Remove the file, or put back the one that stood there."""
    return revert(changes)


def fingerprint(context: Context) -> str:
    """Return the SHA-256 of the settings file; empty where there is none."""
    path = context.site.settings
    return sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _content(context: Context) -> bytes:
    journal, wishes = context.journal.read(), context.wishes
    return settings_text(
        bundle=journal.bundle,
        source=journal.source if wishes.source is None else wishes.source,
        port=journal.port if wishes.port is None else wishes.port,
        pick=journal.pick,
    ).encode()


def _complaint(context: Context) -> str:
    try:
        load_settings(context.site.settings)
    except EdgekitError as error:
        return f", but cannot be used: {error}"
    return "; --replace-settings would write it anew"


def _wanted(context: Context) -> tuple[str, ...]:
    """Return the lines that a person should see to in a file that is left alone."""
    journal = context.journal.read()
    lines = []
    if journal.bundle is not None:
        lines.append(f'to use the imported bundle, set: bundle = "{journal.bundle}"')
    if journal.pick is not None:
        found = journal.pick
        lines.append(
            f'fastest here, under [watch]: runtime = "{found.runtime}", '
            f'precision = "{found.precision}", threads = {found.threads}'
        )
    return tuple(lines)
