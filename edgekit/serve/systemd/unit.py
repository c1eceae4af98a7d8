"""The systemd unit: what it may reach, and when it is started again. Text in, text out.

Each restriction was held against what ONNX Runtime, OpenVINO and MediaPipe really call; where one
is missing or wider than usual, the reason stands beside it.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import PurePosixPath

from edgekit import __version__
from edgekit.errors import UsageError

NAME = "edgekit.service"
MARK = "# Written by `edgekit service install`"
MODULES_TEXT = f"""{MARK}.
# The unit names these device classes; systemd looks them up only when the service starts.
videodev
cdc_acm
"""
LAN = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fe80::/10", "fd00::/8")
DAEMON_MB = 600
"""What the daemon may take beside its pose process, with a wide margin."""
HOMES = ("/home", "/root", "/run/user")
"""What `ProtectHome=yes` hides, see systemd.exec(5)."""
TEMPLATE = "edgekit.service.in"


@dataclass(frozen=True)
class ServiceOptions:
    """What an installation decides; kept in the unit, so that drift can be told."""

    executable: str
    """Absolute path of `edgekit`."""
    folder: str
    """Where relative paths of the settings begin."""
    settings: str | None = None
    """Absolute path of the settings file; None for the defaults."""
    user: str | None = None
    """Whom it runs as; None: a user that exists only while it runs."""
    groups: tuple[str, ...] = ()
    """Of the camera and the alarm box; systemd refuses to start with one that does not exist."""
    cache: str | None = None
    """$EDGEKIT_CACHE: where the pose model was fetched to."""
    networks: tuple[str, ...] = ()
    """More networks than the local ones, as in `203.0.113.7/32`, that it may talk to."""
    store: str | None = None
    """Folder of the event store where it is not systemd's own."""
    reads: tuple[str, ...] = ()
    """What else it must read: bundle, Python, certificates; absolute paths."""
    child_memory_mb: int = 700

    @property
    def paths(self) -> tuple[str, ...]:
        """What it must be able to reach."""
        named = (self.executable, self.folder, self.settings, self.cache, self.store, *self.reads)
        return tuple(path for path in named if path is not None)

    @property
    def is_at_home(self) -> bool:
        """Whether anything that it needs lies in somebody's home."""
        return any(
            PurePosixPath(path).is_relative_to(home) for path in self.paths for home in HOMES
        )


def unit_text(options: ServiceOptions) -> str:
    """Return the unit.

    Raises:
        UsageError: A path or name cannot stand in a unit.
    """
    settings = f" --settings {_word(options.settings, dollar='$$')}" if options.settings else ""
    cache, store, user = options.cache, options.store, options.user
    lines = {
        "mark": f"{MARK}, edgekit {__version__}.",
        "exec": f"{_word(options.executable)} serve{settings}",
        "folder": _plain(options.folder),
        "environment": " " + _word(f"EDGEKIT_CACHE={cache}") if cache else "",
        "who": f"User={_plain(user)}" if user else "DynamicUser=yes",
        "groups": " ".join(map(_plain, options.groups)),
        "writable": f"ReadWritePaths={_word(store)}\n" if store else "",
        "memory": str(options.child_memory_mb + DAEMON_MB),
        "home": "read-only" if options.is_at_home else "yes",
        "networks": " ".join(("localhost", *LAN, *map(_plain, options.networks))),
        "options": json.dumps(asdict(options), sort_keys=True),
    }
    template = files(__package__).joinpath(TEMPLATE).read_text(encoding="utf-8")
    return template.format_map(lines)


def options_of(text: str) -> ServiceOptions | None:
    """Return the options by which a unit was written; None for one of other hands or times."""
    found = re.search(r"^\[X-Edgekit\]\nOptions=(.*)$", text, re.MULTILINE)
    if not text.startswith(MARK) or found is None:
        return None
    try:
        kept = json.loads(found[1])
        for name in ("groups", "networks", "reads"):
            kept[name] = tuple(kept[name])
        return ServiceOptions(**kept)
    except (ValueError, TypeError, KeyError):
        return None


def version_of(text: str) -> str | None:
    """Return the edgekit that wrote a unit; None for a unit of other hands."""
    found = re.match(re.escape(MARK) + r", edgekit (\S+)\.$", text, re.MULTILINE)
    return found[1] if found else None


def _plain(text: str) -> str:
    """Return a text as a unit holds it: `%` would begin a specifier, a line break a setting."""
    if not text.isprintable():
        raise UsageError(f"{text!r} cannot stand in a systemd unit: it holds control characters")
    return text.replace("%", "%%")


def _word(text: str, *, dollar: str = "$") -> str:
    """Return one quoted word; among a command's arguments a dollar is written twice."""
    escaped = _plain(text).replace("\\", "\\\\").replace('"', '\\"')
    return '"' + escaped.replace("$", dollar) + '"'
