"""Last step: the daemon's own check, and an alarm that somebody at the bed can see and hear."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

from edgekit.errors import IntegrityError
from edgekit.serve.http.addresses import is_encrypted, is_open
from edgekit.serve.settings import HttpSettings, load_settings
from edgekit.serve.systemd import service
from edgekit.setup.alarm_request import NobodyThereError, ask_for_alarm
from edgekit.setup.changes import Change
from edgekit.setup.step import Context, Outcome
from edgekit.setup.steps.settings_file import fingerprint
from edgekit.setup.which_bundle import CURE, which_bundle

NAME = "alarm"
CHECK_WITHIN_S = 120.0


def look(context: Context) -> Outcome:
    """Look whether the alarm sounded with these very settings."""
    if which_bundle(context) is None:
        return Outcome("left", f"nothing to check without a bundle: {CURE}")
    if context.journal.read().tested_settings_sha256 == fingerprint(context) != "":
        return Outcome("there", "it sounded with these settings; the page has a button for more")
    return Outcome("open", f"edgekit serve --check {context.site.settings}, and a test alarm")


def do(context: Context) -> Outcome:
    """Check, and sound it where a daemon runs.

    Raises:
        IntegrityError: `edgekit serve --check` refuses.
        OutputError: The daemon did not sound it.
    """
    if not context.site.settings.is_file():
        return Outcome("left", f"no {context.site.settings} to check: do not skip settings")
    checked = _check(context)
    http = load_settings(context.site.settings).http
    obstacle = _obstacle(http)
    if obstacle:
        return Outcome("left", f"checked; {obstacle}: sound the test alarm on the page", checked)
    try:
        answer = ask_for_alarm(http.host, http.port, within_s=_patience_s(context))
    except NobodyThereError as error:
        cure = "start edgekit serve, then run this again"
        return Outcome("left", f"checked; {error}: {cure}", checked)
    context.journal.note(tested_settings_sha256=fingerprint(context))
    return Outcome("done", answer, checked)


def undo(_context: Context, _changes: Sequence[Change]) -> tuple[str, ...]:
    """Nothing to take back: the event stays in the log."""
    return ()


def _check(context: Context) -> tuple[str, ...]:
    """Run `edgekit serve --check` as the daemon would be run, and return what it says."""
    command = [sys.executable, "-m", "edgekit", "serve", "--check"]
    try:
        done = subprocess.run(
            [*command, "--settings", str(context.site.settings)],
            capture_output=True,
            text=True,
            check=False,
            timeout=CHECK_WITHIN_S,
            cwd=context.site.work,
            env={**os.environ, "EDGEKIT_CACHE": str(context.site.cache)},
        )
    except subprocess.TimeoutExpired as error:
        raise IntegrityError(
            f"edgekit serve --check: no end within {CHECK_WITHIN_S:g} s"
        ) from error
    if done.returncode != 0:
        said = done.stderr.strip().splitlines() or [f"code {done.returncode}"]
        raise IntegrityError(f"edgekit serve --check: {said[-1].removeprefix('edgekit: ')}")
    return tuple(done.stdout.splitlines())


def _obstacle(http: HttpSettings) -> str:
    if not is_open(http) or is_encrypted(http):
        return "the page asks for a token or speaks TLS"
    return "the page takes a free port" if http.port == 0 else ""


def _patience_s(context: Context) -> float:
    place = context.site.place
    if place is None or not place.unit.exists():
        return 0.0
    is_running = service.look(place).active in {"active", "activating"}
    return context.service_answers_within_s if is_running else 0.0
