"""The wheel of this very edgekit, for another machine."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import edgekit
from edgekit.errors import UsageError

ROOT = Path(edgekit.__file__).resolve().parent.parent


def find_wheel(given: Path | None, scratch: Path, root: Path = ROOT) -> Path:
    """Return the given wheel, or build one of the checkout that this edgekit runs from.

    Args:
        given: A wheel of edgekit, or None.
        scratch: Folder to build in.
        root: Top folder of the checkout, if it is one.

    Raises:
        UsageError: The given file is no wheel of edgekit, there is no checkout, or building failed.
    """
    if given is not None:
        if not (given.is_file() and given.name.startswith("edgekit-") and given.suffix == ".whl"):
            raise UsageError(f"--wheel {given}: not a wheel of edgekit (edgekit-*.whl)")
        return given
    if not (root / "pyproject.toml").is_file():
        raise UsageError(
            "--host: this edgekit was installed, not checked out, so no wheel can be built; "
            "give one with --wheel (pip download --no-deps edgekit fetches it)"
        )
    return _build(root, scratch)


def _build(root: Path, scratch: Path) -> Path:
    # With hatchling at hand nothing needs to be fetched for building.
    alone = ["--no-build-isolation"] if find_spec("hatchling") else []
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", *alone]
    command += ["--disable-pip-version-check", "--wheel-dir", str(scratch), str(root)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        reason = (done.stderr.strip() or "no reason given").splitlines()[-1]
        raise UsageError(f"--host: the wheel cannot be built: {reason}; give one with --wheel")
    return next(scratch.glob("edgekit-*.whl"))
