"""pip in a process of its own: the wheel built, and packages looked up or installed.

The package index is whichever one the user's pip is set up for.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from edgekit.errors import OutputError, UsageError

QUIET = ("--quiet", "--no-input", "--disable-pip-version-check")
TIMEOUT_S = 900.0


def pip(*words: str | Path, python: str | Path = sys.executable) -> str:
    """Run pip and return its standard output.

    Raises:
        OutputError: pip failed or hung; the message is its last error.
    """
    command = [str(python), "-m", "pip", *map(str, words)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=TIMEOUT_S
        )
    except subprocess.TimeoutExpired as error:
        raise OutputError(f"pip {words[0]}: no answer within {TIMEOUT_S:g} s") from error
    if done.returncode != 0:
        raise OutputError(f"pip {words[0]}: {last_error(done.stderr)}")
    return done.stdout


def last_error(stderr: str) -> str:
    """Return the line of pip's errors that names the cause."""
    lines = stderr.strip().splitlines()
    named = [line for line in lines if line.startswith("ERROR: ")]
    return (named or lines or ["it gives no reason"])[-1].removeprefix("ERROR: ")


def build_wheel(source: Path, folder: Path) -> Path:
    """Build edgekit's wheel from its source tree into an empty folder.

    Raises:
        UsageError: `source` is no source tree.
        OutputError: The build failed, or its tools cannot be downloaded.
    """
    if not (source / "pyproject.toml").is_file():
        raise UsageError(f"{source}: no source tree of edgekit; run this in the repository")
    pip("wheel", *QUIET, "--no-deps", "--wheel-dir", folder, source)
    return next(folder.glob("edgekit-*.whl"))
