"""`edgekit setup`: from an installed package to a watched bed, and back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from edgekit.cli import console

if TYPE_CHECKING:
    from edgekit.setup.step import Context, Outcome, Step, Wishes

_WORDS = {
    "open": "would",
    "done": "done",
    "there": "there already",
    "left": "left",
    "skipped": "skipped",
}


def setup(
    bundle: Annotated[
        Path | None, typer.Option(help="Folder of the bundle to import; ./bundle if it is there.")
    ] = None,
    source: Annotated[
        str | None, typer.Option(help="Camera (0), video or .npy recording to watch.")
    ] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port of the page.")] = None,
    model: Annotated[
        Literal["full", "lite", "heavy"], typer.Option(help="Pose model to fetch.")
    ] = "full",
    skip: Annotated[
        str,
        typer.Option(help="Steps to leave out: doctor,pose,bundle,runtime,settings,service,alarm."),
    ] = "",
    user_name: Annotated[
        str | None, typer.Option(help="Whom the service runs as; else a user of its own.")
    ] = None,
    home: Annotated[
        bool, typer.Option("--home", help="Into your home and without a service, even as root.")
    ] = False,
    replace_settings: Annotated[
        bool,
        typer.Option("--replace-settings", help="Replace your settings; --undo restores them."),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done, and change nothing.")
    ] = False,
    undo: Annotated[
        bool, typer.Option("--undo", help="Take back all that setup made, and nothing else.")
    ] = False,
) -> None:
    """Set this device up: check it, fetch the pose model, import a bundle, measure, install, test.

    Run again, it does what is still missing. Files that you changed are never overwritten or
    removed. As root it sets up the machine and its service; else your home, without a service.

    Example: edgekit setup --bundle bundle
    """
    import sys

    from edgekit.setup.step import Wishes

    default = Path("bundle")
    wishes = Wishes(
        bundle=(bundle or default).absolute() if bundle or default.is_dir() else None,
        source=source,
        port=port,
        user=user_name,
        replaces_settings=replace_settings,
    )
    asks = not (yes or dry_run) and sys.stdin.isatty()
    context = _context(wishes, model, is_home=home, asks=asks)
    if undo:
        _undo(context, is_dry=dry_run, asks=asks)
    else:
        _set_up(context, _names(skip), is_dry=dry_run, asks=asks)


class _Notes:
    """Lines beside the result; a bar would be drawn over the questions."""

    def step(self, task: str, done: int, total: int) -> None:
        """Ignore: no step takes longer than a minute."""

    def say(self, line: str) -> None:
        """Print it."""
        console.note(line)


def _context(wishes: Wishes, model: str, *, is_home: bool, asks: bool) -> Context:
    import os

    from edgekit.pose.models import named
    from edgekit.setup.site import home_site, machine_site
    from edgekit.setup.step import Context

    is_machine = os.geteuid() == 0 and not is_home
    site = machine_site(os.environ) if is_machine else home_site(os.environ, Path.home())
    may_replace = _may_replace if asks else lambda _path: False
    return Context(site, wishes, named(model), _Notes(), may_replace=may_replace)


def _set_up(context: Context, skip: list[str], *, is_dry: bool, asks: bool) -> None:
    from edgekit.setup import STEPS, reports

    may_do = _may_do if asks else lambda _step, _outcome: True
    width = max(len(step.name) for step in STEPS)
    n_left = 0
    for report in reports(context, skip=skip, is_dry=is_dry, may_do=may_do):
        outcome = report.outcome
        n_left += outcome.state == "left"
        console.out(f"{report.step.name.ljust(width)}  {_WORDS[outcome.state]}: {outcome.text}")
        for line in outcome.lines:
            console.out(f"{' ' * width}  {line}")
    if n_left:
        console.out(f"{n_left} left: do what stands beside it, then run edgekit setup again")
    if not is_dry:
        console.out(f"journal: {context.site.journal}; edgekit setup --undo takes it all back")


def _undo(context: Context, *, is_dry: bool, asks: bool) -> None:
    from edgekit.setup import undo

    if not context.site.journal.exists():
        console.out(f"nothing to undo: no {context.site.journal}")
        return
    if asks:
        typer.confirm("Take back all that setup made?", abort=True)
    for undone in undo(context, is_dry=is_dry):
        for line in undone.lines:
            console.out(f"{undone.step}: {line}")


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _may_do(step: Step, outcome: Outcome) -> bool:
    return step.name == "doctor" or typer.confirm(f"{step.name}: {outcome.text}?", default=True)


def _may_replace(path: Path) -> bool:
    return typer.confirm(f"{path} is yours. Replace it? undo puts it back", default=False)
