"""What a service needs on this machine, found out before anything is written.

The service runs as `edgekit serve` would in the current folder, and by the same settings; only
under a user who may not see everything that the installing person sees.
"""

from __future__ import annotations

import grp
import os
import pwd
import stat
import sys
import sysconfig
from pathlib import Path

import edgekit
from edgekit.errors import UsageError
from edgekit.pose.models import cache_folder
from edgekit.serve.settings import Settings, find_settings, load_settings
from edgekit.serve.systemd.service import USUAL_STORE
from edgekit.serve.systemd.unit import ServiceOptions

GROUPS = ("video", "dialout")
"""Who may open cameras and serial ports, on Debian and its children."""


def plan(
    settings_file: Path | None = None,
    *,
    user: str | None = None,
    networks: tuple[str, ...] = (),
    folder: Path | None = None,
) -> ServiceOptions:
    """Return how the service should run.

    Args:
        settings_file: As of `edgekit serve --settings`.
        user: Whom it runs as; None: a user that exists only while it runs.
        networks: Networks that it may talk to beside the local ones.
        folder: Where relative paths begin; the current folder by default.

    Raises:
        UsageError: The settings cannot be read, or there is no such user.
    """
    folder = (folder or Path.cwd()).absolute()
    found = find_settings(settings_file)
    settings = load_settings(found)
    pose = _pose_folder(user)
    has_own_model = settings.watch.pose_model is not None
    return ServiceOptions(
        executable=str(Path(sysconfig.get_path("scripts")) / "edgekit"),
        folder=str(folder),
        settings=str(folder / found) if found else None,
        user=user,
        groups=tuple(group for group in GROUPS if _has_group(group)),
        cache=str(pose.parent) if pose.is_dir() and not has_own_model else None,
        networks=networks,
        store=str(folder / settings.store.folder) if settings.store.folder else None,
        reads=tuple(str(path) for path in _read_by(settings, folder)),
        child_memory_mb=settings.watch.child_memory_mb,
    )


def check(options: ServiceOptions) -> None:
    """Refuse what would start, fail, and start again for ever.

    Raises:
        UsageError: Something is not there, or closed to the user whom the service runs as.
    """
    for path in map(Path, options.paths):
        if not path.exists():
            raise UsageError(f"{path}: the service needs it, and it is not there")
    if options.user is not None:
        return
    for path in map(Path, options.paths):
        closed = closed_to_others(path)
        if closed is not None:
            owner = closed.owner()
            # Of root's folders the owner is no cure: a daemon on the network is not run as root.
            other = "" if owner == "root" else f"give --user-name {owner}, or "
            raise UsageError(
                f"{closed}: closed to other users, and the service runs as one of its own: {other}"
                f"put {path} into a folder open to all, as in /opt"
            )


def closed_to_others(path: Path) -> Path | None:
    """Return what keeps a user without any rights from reading `path`; None when nothing does."""
    for folder in reversed(path.parents):
        if not folder.stat().st_mode & stat.S_IXOTH:
            return folder
    needed = stat.S_IROTH | (stat.S_IXOTH if path.is_dir() else 0)
    return None if path.stat().st_mode & needed == needed else path


def _read_by(settings: Settings, folder: Path) -> tuple[Path, ...]:
    """Return every file and folder that the settings name, and what Python itself needs."""
    own = folder / (settings.store.folder or USUAL_STORE)
    # What lies in the daemon's own folder is its own, also where nobody else may look.
    is_own = (folder / settings.bundle).is_relative_to(own)
    given = (
        None if is_own else settings.bundle,
        settings.watch.pose_model,
        settings.http.certificate,
        settings.http.key,
        settings.mqtt.password_file,
        settings.mqtt.ca_file,
    )
    named = tuple(folder / path for path in given if path is not None)
    source = folder / settings.watch.source
    if source.exists() and not source.is_relative_to("/dev"):
        named += (source,)
    return (*named, Path(sys.base_prefix), Path(edgekit.__file__).parent)


def _pose_folder(user: str | None) -> Path:
    """Return where the pose model is: in the user's own cache, or where $EDGEKIT_CACHE says."""
    if user is None or "EDGEKIT_CACHE" in os.environ:
        return cache_folder()
    try:
        return Path(pwd.getpwnam(user).pw_dir) / ".cache/edgekit/pose"
    except KeyError as error:
        raise UsageError(f"--user-name {user}: there is no such user") from error


def _has_group(name: str) -> bool:
    try:
        grp.getgrnam(name)
    except KeyError:
        return False
    return True
