"""A module of this package run in a process of its own."""

from __future__ import annotations

import re
import subprocess
import sys

from edgekit.errors import IntegrityError

_EXCEPTION_LINE = re.compile(r"[\w.]+: \S")


def run_module(module: str, *arguments: object, timeout_s: float) -> str:
    """Run `python -m edgekit_bench.<module>` with arguments and return its standard output.

    Raises:
        IntegrityError: It failed or hung; the message is the reason that it gave.
    """
    command = [sys.executable, "-m", f"edgekit_bench.{module}", *map(str, arguments)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=timeout_s, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise IntegrityError(f"no answer after {timeout_s:g} s") from error
    if done.returncode != 0:
        raise IntegrityError(reason(done.returncode, done.stderr))
    return done.stdout


def reason(code: int, stderr: str) -> str:
    """Return the one line of a failed process's stderr that says why it failed."""
    if code < 0:
        return f"the process was ended by signal {-code}"
    lines = stderr.strip().splitlines()
    if not lines:
        return f"the process ended with code {code} and no reason"
    # A known error is the last line; a traceback's message may have several.
    is_traceback = any(line.startswith("Traceback ") for line in lines)
    named = [line for line in lines if _EXCEPTION_LINE.match(line)]
    return (named[-1] if is_traceback and named else lines[-1]).strip()
