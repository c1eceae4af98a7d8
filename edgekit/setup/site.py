"""Where setup puts things: for the whole machine, or into one user's home.

The journal of the machine's setup lies in a folder of root's own, not in the daemon's: what undo
removes must not be up to a program that listens on a network.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from edgekit.pose.models import cache_folder
from edgekit.serve.systemd.systemctl import Place

OPT = Path("/opt/edgekit")


@dataclass(frozen=True)
class Site:
    """The places of one installation; absolute paths."""

    settings: Path
    """The settings file that `edgekit serve` will find."""
    bundles: Path
    """Each imported bundle has a folder of its own below it."""
    cache: Path
    """$EDGEKIT_CACHE; pose models lie in its folder `pose`."""
    state: Path
    """Folder of the journal."""
    work: Path
    """Where the service's relative paths begin."""
    place: Place | None
    """Where the service goes; None where there is no right to install one."""

    @property
    def journal(self) -> Path:
        """What setup made, so that it can be undone."""
        return self.state / "setup.json"


def machine_site(environment: Mapping[str, str], place: Place | None = None) -> Site:
    """Return the places of an installation for the machine, which needs root."""
    return Site(
        settings=_named(environment) or Path("/etc/edgekit/edgekit.toml"),
        bundles=OPT / "bundles",
        cache=_cache(environment) or OPT / "cache",
        state=Path("/var/lib/edgekit-setup"),
        work=OPT,
        place=place or Place(),
    )


def home_site(environment: Mapping[str, str], home: Path) -> Site:
    """Return the places of an installation for one user, without a service."""
    return Site(
        settings=_named(environment) or home / ".config/edgekit/edgekit.toml",
        bundles=home / ".local/share/edgekit/bundles",
        cache=cache_folder(environment).parent,
        state=home / ".local/state/edgekit",
        work=home,
        place=None,
    )


def _named(environment: Mapping[str, str]) -> Path | None:
    named = environment.get("EDGEKIT_SETTINGS")
    return Path(named).expanduser().absolute() if named else None


def _cache(environment: Mapping[str, str]) -> Path | None:
    named = environment.get("EDGEKIT_CACHE")
    return Path(named).expanduser().absolute() if named else None
