"""The systemd service, installed as `edgekit service install` does it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256

from edgekit.errors import UsageError
from edgekit.serve.systemd import plan, service
from edgekit.serve.systemd.systemctl import Place, Systemctl
from edgekit.serve.systemd.unit import MODULES_TEXT, ServiceOptions, unit_text
from edgekit.setup.changes import Change, MadeFile, MadeFolder, MadeService
from edgekit.setup.revert import revert
from edgekit.setup.step import Context, Outcome
from edgekit.setup.which_bundle import CURE, which_bundle
from edgekit.setup.write import is_as_written

NAME = "service"


def look(context: Context) -> Outcome:
    """Look how the service is; one that was installed by hand is left as it is."""
    place = context.site.place
    if place is None:
        return Outcome("left", "a service needs root: sudo edgekit setup; or start edgekit serve")
    try:
        Systemctl(place)
    except UsageError as error:
        return Outcome("left", str(error))
    if which_bundle(context) is None:
        return Outcome("left", f"nothing to run without a bundle: {CURE}")
    return _compared(context, place)


def _compared(context: Context, place: Place) -> Outcome:
    """Compare the service that is there with the one that setup would install."""
    status = service.look(place)
    if not status.is_installed:
        return Outcome("open", f"install and start {place.unit}")
    if context.journal.read().file_of(place.unit) is None:
        drift = "; it has drifted: edgekit service install" if status.has_drifted else ""
        return Outcome("there", f"{place.unit}, not by setup, {status.active}{drift}")
    wanted = unit_text(_options(context))
    if place.unit.read_text(encoding="utf-8") == wanted and status.active == "active":
        return Outcome("there", f"{place.unit}, {status.active}, {status.enabled}")
    return Outcome("open", f"bring {place.unit} up to date and start it")


def do(context: Context) -> Outcome:
    """Install and start it.

    Raises:
        UsageError: Something that it needs is not there, or closed to its user.
        OutputError: No right to write there, or the service does not start.
    """
    place = context.site.place
    if place is None:
        return look(context)
    options = _options(context)
    plan.check(options)
    made = [
        MadeFile(path=path, sha256=(sha256(text.encode()).hexdigest(),))
        for path, text in ((place.unit, unit_text(options)), (place.modules, MODULES_TEXT))
    ]
    context.journal.record(NAME, *made, MadeService())
    lines = service.install(options, place)
    return Outcome("done", f"{place.unit}", lines)


def undo(context: Context, changes: Sequence[Change]) -> tuple[str, ...]:
    """Stop and remove the service; one whose files were changed since is kept."""
    place = context.site.place
    if not changes:
        return ()
    if place is None:
        raise UsageError("the service was installed by root: run sudo edgekit setup --undo")
    return (*_remove(place, changes), *revert([c for c in changes if isinstance(c, MadeFolder)]))


def _remove(place: Place, changes: Sequence[Change]) -> tuple[str, ...]:
    written = [change for change in changes if isinstance(change, MadeFile)]
    there = [change for change in written if change.path.exists()]
    for change in there:
        if not is_as_written(change):
            return (f"kept: the service, {change.path} was changed since setup wrote it",)
    return service.uninstall(place) if there else ()


def _options(context: Context) -> ServiceOptions:
    site = context.site
    options = plan.plan(
        site.settings if site.settings.is_file() else None,
        user=context.wishes.user or _user_before(site.place),
        folder=site.work,
    )
    has_model = options.cache is not None or (site.cache / "pose").is_dir()
    return replace(options, cache=str(site.cache) if has_model else None)


def _user_before(place: Place | None) -> str | None:
    """Return whom the service runs as by now: a rerun without the wish keeps it so."""
    before = None if place is None else service.options_here(place)
    return None if before is None else before.user
