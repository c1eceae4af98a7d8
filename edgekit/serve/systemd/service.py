"""The service on this machine: installed, removed, looked at. Every step says what it changed."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from edgekit import files
from edgekit.errors import OutputError, UsageError
from edgekit.serve.systemd.systemctl import Place, Systemctl
from edgekit.serve.systemd.unit import (
    MARK,
    MODULES_TEXT,
    NAME,
    ServiceOptions,
    options_of,
    unit_text,
    version_of,
)

USUAL_STORE = "/var/lib/edgekit"
"""systemd's state folder of the unit."""


@dataclass(frozen=True)
class ServiceStatus:
    """How the service is."""

    unit: Path
    is_installed: bool
    version: str | None = None
    """The edgekit that wrote the unit; None where `edgekit service install` did not write it."""
    has_drifted: bool = False
    """This edgekit, by the same options, would write the unit otherwise."""
    active: str = "unknown"
    """As `systemctl is-active` says."""
    enabled: str = "unknown"
    """As `systemctl is-enabled` says."""


def install(options: ServiceOptions, place: Place, *, is_started: bool = True) -> tuple[str, ...]:
    """Write the unit and the list of modules; enable, and start what has changed or is stopped.

    Returns:
        What was done, a line each.

    Raises:
        OutputError: No right to write there, or the service does not start.
        UsageError: systemd does not run here, or the unit is somebody else's.
    """
    systemctl = Systemctl(place)
    unit = unit_text(options)
    for path in (place.unit, place.modules):
        _check_ours(path)
        _check_writable(path)
    has_changed = [_write(place.unit, unit), _write(place.modules, MODULES_TEXT)]
    done = [
        f"{'written' if is_new else 'unchanged'}: {path}"
        for path, is_new in zip((place.unit, place.modules), has_changed, strict=True)
    ]
    if place.is_booted and any(has_changed):
        systemctl.do("daemon-reload")
    if systemctl.answer("is-enabled", NAME) != "enabled":
        systemctl.do("enable", NAME)
        done.append("enabled: it starts with the machine")
    if place.is_booted and is_started:
        done.append(_start(systemctl, has_changed=any(has_changed)))
    return tuple(done)


def uninstall(place: Place) -> tuple[str, ...]:
    """Stop and disable the service, and remove what `install` wrote; the events stay.

    Returns:
        What was done, a line each.

    Raises:
        OutputError: No right to remove it, or systemd refuses.
        UsageError: systemd does not run here, or the unit is somebody else's.
    """
    systemctl = Systemctl(place)
    text = _read(place.unit)
    ours = [path for path in (place.unit, place.modules) if path.exists()]
    for path in ours:
        _check_ours(path)
        _check_writable(path)
    done = []
    if text is not None:
        systemctl.do("disable", *(["--now"] if place.is_booted else []), NAME)
        done.append("stopped and disabled")
    for path in ours:
        with files.writing(path):
            path.unlink()
        done.append(f"removed: {path}")
    if place.is_booted and ours:
        systemctl.do("daemon-reload")
    if not done:
        return ("it was not installed",)
    options = options_of(text or "")
    kept = options.store if options is not None and options.store else USUAL_STORE
    return (*done, f"kept: the events, in {kept}; `edgekit wipe` erases them")


def look(place: Place) -> ServiceStatus:
    """Return how the service is.

    Raises:
        UsageError: systemd does not run here.
    """
    systemctl = Systemctl(place)
    text = _read(place.unit)
    if text is None:
        return ServiceStatus(place.unit, is_installed=False)
    options = options_of(text)
    return ServiceStatus(
        place.unit,
        is_installed=True,
        version=version_of(text),
        has_drifted=options is None or unit_text(options) != text,
        active=systemctl.answer("is-active", NAME),
        enabled=systemctl.answer("is-enabled", NAME),
    )


def options_here(place: Place) -> ServiceOptions | None:
    """Return the options by which the installed unit was written; None where none is known."""
    return options_of(_read(place.unit) or "")


def _start(systemctl: Systemctl, *, has_changed: bool) -> str:
    is_running = systemctl.answer("is-active", NAME) in {"active", "activating", "reloading"}
    if is_running and not has_changed:
        return "unchanged: it is running"
    systemctl.do("restart" if is_running else "start", NAME)
    return "restarted" if is_running else "started"


def _write(path: Path, text: str) -> bool:
    if _read(path) == text:
        return False
    files.write_text(path, text)
    return True


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read: {error}") from error


def _check_ours(path: Path) -> None:
    text = _read(path)
    if text is not None and not text.startswith(MARK):
        raise UsageError(
            f"{path}: not written by `edgekit service install`; move it away if it is not needed"
        )


def _check_writable(path: Path) -> None:
    there = next(folder for folder in path.parents if folder.is_dir())
    if not os.access(there, os.W_OK):
        raise OutputError(f"{path}: no permission to write there: run it again with sudo")
