"""`edgekit bench --host`: from a machine with nothing but Python to its figures.

A folder in the remote home holds everything: wheel, bundle, virtual environment, result. It is
removed afterwards, also when a step failed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from edgekit.bundle import Bundle
from edgekit.errors import EdgekitError, IntegrityError, MissingExtraError, UsageError
from edgekit.pose.models import cache_folder, find, named
from edgekit.progress import SILENT, Progress
from edgekit_bench.results import BenchRecord, read_record
from edgekit_bench.session import BenchOptions
from edgekit_bench.ssh import Remote, quoted
from edgekit_bench.wheel import find_wheel

__all__ = ["Remote", "Shipping", "run_remote"]

_ASK = 'import platform, sys; print("edgekit:", "%d.%d" % sys.version_info[:2], platform.machine())'
_VENV = "make a venv (Debian and Ubuntu: sudo apt-get install python3-venv)"
OLDEST_PYTHON = (3, 10)


@dataclass(frozen=True)
class Shipping:
    """What goes to the device, and how it is installed there."""

    wheel: Path | None = None
    """None: one is built of the checkout."""
    offline_wheels: Path | None = None
    """Folder of wheels to install from, so that the device needs no network."""
    extras: tuple[str, ...] = ("pose",)
    keeps_folder: bool = False


def run_remote(
    remote: Remote,
    bundle: Bundle,
    options: BenchOptions,
    shipping: Shipping,
    progress: Progress = SILENT,
) -> BenchRecord:
    """Measure `bundle` on another machine and return its record.

    Raises:
        UsageError: The machine cannot be reached, its Python is too old, or there is no wheel.
        IntegrityError: A step there failed; carries its last line.
    """
    wheels = shipping.offline_wheels
    if wheels is not None and not any(wheels.glob("*.whl")):
        raise UsageError(f"--offline-wheels {wheels}: no folder with wheels in it")
    with TemporaryDirectory(prefix="edgekit-") as scratch:
        wheel = find_wheel(shipping.wheel, Path(scratch))
        _check_python(remote, progress)
        with _folder(remote, keeps=shipping.keeps_folder, progress=progress) as folder:
            progress.say(f"{remote.host}: shipping to {folder}")
            _ship(remote, folder, bundle.folder, [wheel], shipping.offline_wheels)
            _ship_pose(remote, folder, options.pose_model)
            progress.say(f"{remote.host}: installing")
            _install(remote, folder, wheel.name, shipping)
            progress.say(f"{remote.host}: measuring")
            return _measure(remote, folder, options, Path(scratch), progress)


def _check_python(remote: Remote, progress: Progress) -> None:
    answer = remote.run(quoted([remote.python, "-c", _ASK]), f"run {remote.python}")
    # What a login script prints may stand around it.
    found = re.search(r"^edgekit: (\d+)\.(\d+) (\S+)$", answer, re.MULTILINE)
    if found is None:
        raise IntegrityError(f"{remote.host}: {remote.python} gives no answer that can be read")
    version = (int(found[1]), int(found[2]))
    if version < OLDEST_PYTHON:
        raise UsageError(
            f"{remote.host}: {remote.python} is {found[1]}.{found[2]}, edgekit needs 3.10; "
            "name another with --python"
        )
    progress.say(f"{remote.host}: Python {found[1]}.{found[2]} on {found[3]}")


@contextmanager
def _folder(remote: Remote, *, keeps: bool, progress: Progress) -> Iterator[str]:
    made = remote.run('mktemp -d "$HOME/.edgekit-bench-XXXXXXXX"', "make a folder in the home")
    lines = made.split()
    folder = lines[-1] if lines else ""
    if not re.fullmatch(r"/\S*/\.edgekit-bench-\w{8}", folder):
        raise IntegrityError(f"{remote.host}: the new folder's name cannot be read: {folder!r}")
    try:
        yield folder
    finally:
        if keeps:
            progress.say(f"{remote.host}: {folder} is kept")
        else:
            _remove(remote, folder, progress)


def _remove(remote: Remote, folder: str, progress: Progress) -> None:
    try:
        remote.run(quoted(["rm", "-rf", "--", folder]), "remove its folder")
    except EdgekitError as error:
        # The result, or the error that came before, matters more.
        progress.say(f"{remote.host}: {folder} is left behind: {error}")


def _ship(
    remote: Remote, folder: str, bundle: Path, wheels: list[Path], offline_wheels: Path | None
) -> None:
    paths = quoted([f"{folder}/bundle", f"{folder}/wheels", f"{folder}/cache/pose"])
    remote.run(f"mkdir -p {paths}", "make its folders")
    remote.send(sorted(bundle.iterdir()), f"{folder}/bundle", "copy the bundle")
    remote.send(wheels, folder, "copy the wheel")
    if offline_wheels is not None:
        others = sorted(offline_wheels.glob("*.whl"))
        remote.send(others, f"{folder}/wheels", "copy the folder of wheels")


def _ship_pose(remote: Remote, folder: str, name: str) -> None:
    try:
        model = find(named(name), cache_folder())
    except MissingExtraError:
        return  # The record says that there was none.
    remote.send([model.path], f"{folder}/cache/pose", "copy the pose model")


def _install(remote: Remote, folder: str, wheel: str, shipping: Shipping) -> None:
    remote.run(quoted([remote.python, "-m", "venv", f"{folder}/venv"]), _VENV)
    what = f"{folder}/{wheel}" + (f"[{','.join(shipping.extras)}]" if shipping.extras else "")
    pip = [f"{folder}/venv/bin/python", "-m", "pip", "install", "--disable-pip-version-check"]
    pip += ["--quiet", "--no-input"]
    if shipping.offline_wheels is not None:
        pip += ["--no-index", "--find-links", f"{folder}/wheels"]
    remote.run(quoted([*pip, what]), "install edgekit")


def _measure(
    remote: Remote, folder: str, options: BenchOptions, scratch: Path, progress: Progress
) -> BenchRecord:
    command = quoted([f"{folder}/venv/bin/edgekit", "bench", *_arguments(folder, options)])
    place = f"cd {quoted([folder])} && EDGEKIT_CACHE={quoted([f'{folder}/cache'])}"
    failure: EdgekitError | None = None
    try:
        remote.run(f"{place} {command}", "measure", progress=progress)
    except IntegrityError as error:
        # A model that failed there is told by the record, which is written before it ends so.
        failure = error
    here = scratch / "result.json"
    try:
        remote.fetch(f"{folder}/result.json", here, "copy the result back")
    except IntegrityError as error:
        raise failure or error from error
    return read_record(here)


def _arguments(folder: str, options: BenchOptions) -> Iterator[str]:
    yield from (f"{folder}/bundle", "--json", f"{folder}/result.json", "--no-yardstick")
    yield from ("--seed", str(options.seed), "--threads", str(options.threads))
    if options.target is not None:
        yield from ("--target", options.target.name)
    if options.seconds is not None:
        yield from ("--seconds", str(options.seconds))
    if options.source is not None:
        yield from ("--source", options.source)
    if options.keeps_samples:
        yield "--samples"
