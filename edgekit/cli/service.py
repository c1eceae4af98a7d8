"""`edgekit service`: have systemd start the bedside daemon, and start it again whatever happens."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edgekit.cli import console

app = typer.Typer(no_args_is_help=True, help="The bedside daemon as a systemd service.")

UnitFolder = Annotated[Path, typer.Option(help="Where units go.")]
Root = Annotated[Path, typer.Option(help="Root folder of an image that is being built.")]

UNITS = Path("/etc/systemd/system")


@app.command()
def install(
    settings: Annotated[
        Path | None, typer.Option(help="Settings file; by default the one `edgekit serve` finds.")
    ] = None,
    user_name: Annotated[
        str | None,
        typer.Option(help="Whom it runs as; by default a user that exists only while it runs."),
    ] = None,
    allow_network: Annotated[
        list[str] | None,
        typer.Option(help="An address or network beyond the local ones, as in 203.0.113.7/32."),
    ] = None,
    no_start: Annotated[bool, typer.Option("--no-start", help="Do not start it now.")] = False,
    print_unit: Annotated[
        bool, typer.Option("--print", help="Print the unit, and change nothing.")
    ] = False,
    unit_folder: UnitFolder = UNITS,
    root: Root = Path("/"),
) -> None:
    """Write a hardened systemd unit for `edgekit serve` as it would run here, and start it.

    Run again, it changes only what differs. Also written: a list of kernel modules, so that the
    camera's driver is there before the service.

    Example: sudo edgekit service install --settings /etc/edgekit/edgekit.toml
    """
    from edgekit.serve.systemd import plan, service
    from edgekit.serve.systemd.systemctl import Place, Systemctl
    from edgekit.serve.systemd.unit import unit_text

    options = plan.plan(settings, user=user_name, networks=tuple(allow_network or ()))
    if print_unit:
        console.out(unit_text(options).rstrip())
        return
    place = Place(root.absolute(), unit_folder.absolute())
    # Without systemd nothing else that is wrong matters.
    Systemctl(place)
    plan.check(options)
    for line in service.install(options, place, is_started=not no_start):
        console.out(line)


@app.command()
def uninstall(unit_folder: UnitFolder = UNITS, root: Root = Path("/")) -> None:
    """Stop the service and remove what `install` wrote; the events stay.

    Example: sudo edgekit service uninstall
    """
    from edgekit.serve.systemd import service
    from edgekit.serve.systemd.systemctl import Place

    for line in service.uninstall(Place(root.absolute(), unit_folder.absolute())):
        console.out(line)


@app.command()
def status(unit_folder: UnitFolder = UNITS, root: Root = Path("/")) -> None:
    """Show whether the service is installed, runs, and is as this edgekit would write it.

    Example: edgekit service status
    """
    from edgekit.serve.systemd import service
    from edgekit.serve.systemd.systemctl import Place

    found = service.look(Place(root.absolute(), unit_folder.absolute()))
    if not found.is_installed:
        console.out(f"not installed: no {found.unit}; `edgekit service install` writes it")
        return
    console.out(f"unit     {found.unit}")
    console.out(f"state    {found.active}, {found.enabled}")
    console.out(f"written  by edgekit {found.version or 'nothing known'}")
    if found.has_drifted:
        console.out("differs  from what this edgekit writes: run `edgekit service install` again")
