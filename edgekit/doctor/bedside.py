"""Checks of the bedside daemon: settings, event store, service, and the service's pose model."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from edgekit.doctor.finding import Finding
from edgekit.errors import EdgekitError, IntegrityError, MissingExtraError
from edgekit.pose import models
from edgekit.serve.settings import Settings, find_settings, load_settings, state_folder
from edgekit.serve.systemd import service
from edgekit.serve.systemd.service import USUAL_STORE
from edgekit.serve.systemd.systemctl import Place
from edgekit.serve.systemd.unit import ServiceOptions

LOW_STORE_MB = 256
"""The store keeps itself below half a GB; a disk fuller than this fails soon."""


@dataclass(frozen=True)
class Bedside:
    """Where the daemon's parts are looked for."""

    settings: Path | None
    """The settings file that counts; None: the defaults."""
    place: Place
    """Where the service would be."""

    @classmethod
    def usual(cls) -> Bedside:
        """Return where `edgekit serve` and systemd look."""
        return cls(find_settings(None), Place())


def check_bedside(
    bedside: Bedside, pose_models: tuple[models.PoseModel, ...] = tuple(models.MODELS.values())
) -> Iterator[Finding]:
    """Check the parts of the daemon, the settings first: the others follow from them."""
    options = service.options_here(bedside.place)
    path = bedside.settings
    if path is None and options is not None and options.settings is not None:
        path = Path(options.settings)
    try:
        settings = load_settings(path)
    except EdgekitError as error:
        fix = "mend that line, or move the file away; edgekit serve --check tells the next one"
        yield Finding("settings", "warning", str(error), fix)
        settings = Settings()
    else:
        yield _settings_read(path)
    yield check_store(settings, options)
    yield check_service(bedside.place)
    yield check_service_pose(settings, options, pose_models)


def _settings_read(path: Path | None) -> Finding:
    if path is None:
        fix = "edgekit setup writes a file with every key explained"
        return Finding("settings", "absent", "no file: the defaults hold", fix)
    return Finding("settings", "ok", f"{path}")


def check_store(settings: Settings, options: ServiceOptions | None) -> Finding:
    """Check that events can be kept, and have room."""
    name = "event store"
    if options is not None and options.store is None and options.user is None:
        return Finding(name, "ok", f"the service's own, {USUAL_STORE}")
    folder = Path(options.store) if options is not None and options.store else None
    folder = folder or state_folder(settings)
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not there.is_dir():
        return Finding(name, "warning", f"{there} is a file", "name another [store] folder")
    if not os.access(there, os.W_OK | os.X_OK) and (options is None or options.user is None):
        fix = f"sudo chown -R $USER {there}, or name another [store] folder"
        return Finding(name, "warning", f"{there} may not be written by this user", fix)
    free_mb = shutil.disk_usage(there).free >> 20
    if free_mb < LOW_STORE_MB:
        fix = "free some space; lower [store] max_mb or keep_events_days"
        return Finding(name, "warning", f"{free_mb} MB free for {folder}", fix)
    return Finding(name, "ok", f"{folder}, {free_mb} MB free")


def check_service(place: Place) -> Finding:
    """Check that the service is there, runs, and is what this edgekit would write."""
    name = "service"
    if not place.unit.exists():
        fix = "sudo edgekit setup, or start edgekit serve by what you have"
        return Finding(name, "absent", f"no {place.unit}", fix)
    try:
        found = service.look(place)
    except EdgekitError as error:
        return Finding(name, "warning", str(error), "look at it with systemctl status edgekit")
    text = f"{found.active}, {found.enabled}"
    wrong = _wrong_with(found)
    if wrong is None:
        return Finding(name, "ok", text)
    return Finding(name, "warning", f"{text}: {wrong[0]}", wrong[1])


def _wrong_with(found: service.ServiceStatus) -> tuple[str, str] | None:
    """Return what is wrong with an installed service, and its cure; None when nothing is."""
    if found.version is None:
        cure = "move it away, then sudo edgekit service install"
        return f"edgekit did not write {found.unit}", cure
    if found.has_drifted:
        return "not what this edgekit would write", "sudo edgekit service install writes it anew"
    if found.active != "active":
        cure = "sudo systemctl start edgekit; why it ended: journalctl -u edgekit -n 50"
        return "it does not run", cure
    if found.enabled != "enabled":
        return "not started with the machine", "sudo systemctl enable edgekit"
    return None


def check_service_pose(
    settings: Settings,
    options: ServiceOptions | None,
    pose_models: tuple[models.PoseModel, ...],
) -> Finding:
    """Check that the service finds its pose model: its cache is not the user's."""
    name = "service's pose model"
    if options is None:
        return Finding(name, "ok", "no service to look for one")
    if settings.watch.pose_model is not None:
        return Finding(name, "ok", f"{settings.watch.pose_model}, by the settings")
    cure = "sudo edgekit setup, which fetches it to where the service looks"
    if options.cache is None:
        return Finding(name, "warning", "the unit names no folder of pose models", cure)
    folder = Path(options.cache) / "pose"
    wanted = next(model for model in pose_models if model.name == models.DEFAULT_MODEL)
    try:
        return Finding(name, "ok", f"{models.find(wanted, folder).path}")
    except (MissingExtraError, IntegrityError) as error:
        fix = f"sudo EDGEKIT_CACHE={options.cache} edgekit pose fetch --force"
        return Finding(name, "warning", str(error), fix)
