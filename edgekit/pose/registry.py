"""Packages from the registries that the user has set up, through pip and npm as they are."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from edgekit.pose.native import NotInstalledError

OTHERWISE = "or give a .task file that you have with --pose-model FILE"


@dataclass(frozen=True)
class Package:
    """One release of a package; all that is wanted of it is data, so any platform's will do."""

    name: str
    release: str
    size_mb: int
    download: Callable[[Package, Path], None]
    """Put the package's file into an empty folder."""


def with_pip(package: Package, folder: Path) -> None:
    """Download a wheel for one fixed platform, whatever this machine is.

    Raises:
        NotInstalledError: There is no pip here, or it cannot download.
    """
    if importlib.util.find_spec("pip") is None:
        raise NotInstalledError("pip", f"run {sys.executable} -m ensurepip, {OTHERWISE}")
    platform = ("--implementation", "cp", "--python-version", "3.12", "--abi", "cp312")
    _run(
        package,
        [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--no-deps"),
            *("--disable-pip-version-check", "--no-cache-dir", "--retries", "2"),
            *("--only-binary", ":all:", *platform, "--platform", "manylinux2014_x86_64"),
            *("--dest", str(folder), f"{package.name}=={package.release}"),
        ],
    )


def with_npm(package: Package, folder: Path) -> None:
    """Download an npm package.

    Raises:
        NotInstalledError: There is no npm here, or it cannot download.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise NotInstalledError(
            "npm", f"sudo apt-get install npm, or take --model full, which needs none, {OTHERWISE}"
        )
    target = f"{package.name}@{package.release}"
    _run(package, [npm, "pack", "--silent", "--pack-destination", str(folder), target])


def _run(package: Package, command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if "error" in line.lower()]
        reason = (said or done.stderr.splitlines() or ["it gives no reason"])[-1].strip()
        raise NotInstalledError(
            f"the pose model ({package.name} {package.release} could not be downloaded: {reason})",
            f"check the network and try again, {OTHERWISE}",
        )
