"""Would `pip install "edgekit[device]"` find wheels on an ARM device? Asked without one.

Run as `python -m edgekit_bench.resolve` in the repository. pip is told each device's Python and C
library, resolves everything as it would there, and downloads and installs nothing. pip judges
environment markers by the Python that runs it, so what they ask for there is added here.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgekit.errors import EdgekitError, OutputError
from edgekit_bench.pip_run import QUIET, build_wheel, pip

OLDEST_GLIBC_MINOR = 17
NOTABLE = ("numpy", "onnxruntime", "openvino", "mediapipe", "opencv-contrib-python")


@dataclass(frozen=True)
class Target:
    """A system as pip sees it."""

    name: str
    python: str
    glibc: tuple[int, int]

    @property
    def abi(self) -> str:
        """As in wheels' names: `cp311`."""
        return f"cp{self.python.replace('.', '')}"

    @property
    def platforms(self) -> Iterator[str]:
        """Yield every wheel platform that runs there, newest first."""
        major, newest = self.glibc
        for minor in range(newest, OLDEST_GLIBC_MINOR - 1, -1):
            yield f"manylinux_{major}_{minor}_aarch64"
        yield "manylinux2014_aarch64"


TARGETS = (
    Target("JetPack 6 (Ubuntu 22.04)", "3.10", (2, 35)),
    Target("Pi OS Bookworm (Debian 12)", "3.11", (2, 36)),
    Target("Ubuntu 24.04", "3.12", (2, 39)),
    Target("Pi OS Trixie (Debian 13)", "3.13", (2, 41)),
    Target("glibc 2.31, own Python 3.11", "3.11", (2, 31)),
)
"""The last: Debian 11 or Ubuntu 20.04 with a Python that is newer than their own."""


@dataclass(frozen=True)
class Wheel:
    """One wheel that pip would install."""

    name: str
    version: str
    file: str


def resolve(requirement: str, target: Target) -> tuple[Wheel, ...]:
    """Return all wheels that pip would install there, sorted by name.

    Raises:
        OutputError: Some package has no wheel that fits, or the index cannot be reached.
    """
    asked: tuple[str, ...] = (requirement,)
    while True:
        found = _report(asked, target)
        missing = sorted(set(missed(found, target)) - set(asked))
        if not missing:
            break
        asked += tuple(missing)
    wheels = [
        Wheel(
            one["metadata"]["name"].lower(),
            one["metadata"]["version"],
            one["download_info"]["url"].rpartition("/")[2],
        )
        for one in found
    ]
    return tuple(sorted(wheels, key=lambda wheel: wheel.name))


def missed(found: list[dict[str, Any]], target: Target) -> Iterator[str]:
    """Yield what a target's markers ask for and pip's report of installations does not hold."""
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    there = {canonicalize_name(one["metadata"]["name"]) for one in found}
    for one in found:
        for text in one["metadata"].get("requires_dist", ()):
            wanted = Requirement(text)
            if canonicalize_name(wanted.name) in there or wanted.marker is None:
                continue
            environments = _environments(target, one.get("requested_extras", ()))
            if any(wanted.marker.evaluate(dict(given)) for given in environments):
                wanted.marker = None
                yield str(wanted)


def _environments(target: Target, extras: tuple[str, ...]) -> Iterator[Mapping[str, str]]:
    """Yield what markers see there, for each extra that was asked for, and for none."""
    for extra in ("", *extras):
        yield {
            "python_version": target.python,
            "python_full_version": f"{target.python}.0",
            "implementation_name": "cpython",
            "platform_python_implementation": "CPython",
            "platform_machine": "aarch64",
            "platform_system": "Linux",
            "sys_platform": "linux",
            "os_name": "posix",
            "extra": extra,
        }


def _report(asked: tuple[str, ...], target: Target) -> list[dict[str, Any]]:
    """Have pip resolve, and return what it would install."""
    platforms = [word for one in target.platforms for word in ("--platform", one)]
    with tempfile.TemporaryDirectory(prefix="edgekit-resolve-") as scratch:
        report = Path(scratch) / "report.json"
        try:
            pip(
                *("install", "--dry-run", "--ignore-installed", *QUIET),
                *("--only-binary=:all:", *platforms, "--python-version", target.python),
                *("--implementation", "cp", "--abi", target.abi, "--abi", "abi3", "--abi", "none"),
                *("--target", str(Path(scratch) / "site"), "--report", str(report), *asked),
            )
        except OutputError as error:
            raise OutputError(f"{target.name}, Python {target.python}: {error}") from error
        found: list[dict[str, Any]] = json.loads(report.read_text(encoding="utf-8"))["install"]
    return found


def line(target: Target, wheels: tuple[Wheel, ...]) -> str:
    """Return one row of a Markdown table."""
    versions = {wheel.name.replace("_", "-"): wheel.version for wheel in wheels}
    cells = [versions.get(name, "-") for name in NOTABLE]
    glibc = ".".join(map(str, target.glibc))
    return f"| {' | '.join([target.name, target.python, glibc, str(len(wheels)), *cells])} |"


def main(requirement: str | None = None) -> Iterator[str]:
    """Resolve `edgekit[device]`, or another requirement, for every target; yield a table."""
    yield f"| system | Python | glibc | wheels | {' | '.join(NOTABLE)} |"
    yield f"|---|---|---|---:|{'---|' * len(NOTABLE)}"
    with tempfile.TemporaryDirectory(prefix="edgekit-wheel-") as scratch:
        wanted = requirement or f"{build_wheel(Path.cwd(), Path(scratch))}[device]"
        for target in TARGETS:
            yield line(target, resolve(wanted, target))


if __name__ == "__main__":
    try:
        for row in main(*sys.argv[1:2]):
            sys.stdout.write(f"{row}\n")
            sys.stdout.flush()
    except EdgekitError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)
