"""What each extra costs a device: disk space, and how long the command and daemon take to start.

Run as `python -m edgekit_bench.install_size` in the repository; prints a Markdown table. Each extra
gets a fresh virtual environment, so it takes minutes, and downloads what pip has not kept.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from edgekit.errors import EdgekitError
from edgekit.progress import SILENT, Progress
from edgekit_bench.machine import Machine, this_machine
from edgekit_bench.pip_run import QUIET, build_wheel, pip

EXTRAS = ("", "pose", "openvino", "serve", "device")
"""The empty one is edgekit alone."""
N_STARTS = 7
TIMEOUT_S = 120.0
_TIMED = """
import subprocess, sys, time
start = time.perf_counter()
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(time.perf_counter() - start if done.returncode == 0 else -1)
"""
_DAEMON = "import edgekit.serve.daemon"


@dataclass(frozen=True)
class Cost:
    """What one extra costs."""

    extra: str
    n_packages: int
    """Distributions, edgekit among them; pip is left out."""
    size_mb: float
    """10^6 bytes that the installation added to an empty environment, compiled files included."""
    help_s: float
    """Median of several `edgekit --help`, files in the page cache."""
    daemon_s: float | None
    """Median of several starts of Python that import the daemon; None where it cannot."""


def measure(wheel: Path, extra: str, scratch: Path) -> Cost:
    """Install one extra into a fresh environment and look what became of it.

    Raises:
        OutputError: pip cannot install it.
    """
    home = scratch / (extra or "base")
    venv.create(home, with_pip=True)
    python = home / "bin/python"
    empty_bytes = size_bytes(home)
    target = f"{wheel}[{extra}]" if extra else str(wheel)
    pip("install", *QUIET, target, python=python)
    installed = pip("list", "--format=freeze", "--disable-pip-version-check", python=python)
    names = {line.partition("==")[0] for line in installed.splitlines()}
    return Cost(
        extra,
        len(names - {"pip", "setuptools", "wheel"}),
        (size_bytes(home) - empty_bytes) / 1e6,
        median_start_s(home / "bin/edgekit", "--help") or 0.0,
        median_start_s(python, "-W", "ignore", "-c", _DAEMON),
    )


def table(costs: Sequence[Cost], machine: Machine) -> str:
    """Return the Markdown table, the machine named."""
    rows = [
        "| install | packages | MB on disk | `edgekit --help` | import of the daemon |",
        "|---|---:|---:|---:|---:|",
    ]
    for cost in costs:
        name = f"edgekit[{cost.extra}]" if cost.extra else "edgekit"
        daemon = "-" if cost.daemon_s is None else f"{cost.daemon_s:.2f} s"
        rows.append(
            f"| `{name}` | {cost.n_packages} | {cost.size_mb:.0f} | {cost.help_s:.2f} s "
            f"| {daemon} |"
        )
    where = (
        f"{machine.cpu}, {machine.n_cores} cores, {machine.system}, Python {machine.python}, "
        f"load {machine.load_1m:g}"
    )
    return "\n".join([*rows, "", where])


def main(extras: Sequence[str], progress: Progress = SILENT) -> str:
    """Measure each extra of the source tree in the current folder."""
    machine = this_machine()
    with tempfile.TemporaryDirectory(prefix="edgekit-size-") as scratch:
        wheel = build_wheel(Path.cwd(), Path(scratch))
        costs = []
        for done, extra in enumerate(extras, start=1):
            costs.append(measure(wheel, extra, Path(scratch)))
            progress.step("extras", done, len(extras))
    return table(costs, machine)


def size_bytes(folder: Path) -> int:
    """Return the bytes of all plain files below a folder; links are not followed."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return sum(path.stat().st_size for path in files)


def median_start_s(program: Path, *words: str) -> float | None:
    """Return a program's median duration, None when it fails; the first run is not counted."""
    durations = []
    for _ in range(1 + N_STARTS):
        answer = subprocess.run(
            [sys.executable, "-c", _TIMED, str(program), *words],
            capture_output=True,
            text=True,
            check=True,
            timeout=TIMEOUT_S,
        )
        durations.append(float(answer.stdout))
    return None if min(durations) < 0 else median(durations[1:])


if __name__ == "__main__":
    try:
        sys.stdout.write(f"{main(sys.argv[1:] or EXTRAS)}\n")
    except EdgekitError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)
