"""`edgekit serve`: watch, decide, alarm, and say loudly when it is not watching."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edgekit.cli import console


def serve(
    settings: Annotated[
        Path | None,
        typer.Option(help="TOML file; else ~/.config/edgekit/edgekit.toml, /etc/edgekit/..."),
    ] = None,
    bundle: Annotated[Path | None, typer.Option(help="The bundle's folder.")] = None,
    source: Annotated[
        str | None, typer.Option(help="Camera (0), or a video or .npy recording to replay.")
    ] = None,
    source_fps: Annotated[
        float | None, typer.Option(min=1, help="Frame rate of a .npy source, if not the bundle's.")
    ] = None,
    loop: Annotated[bool, typer.Option("--loop", help="Replay a recording for ever.")] = False,
    speed: Annotated[
        float, typer.Option(min=0.1, max=100, help="Replay a recording so many times faster.")
    ] = 1.0,
    state: Annotated[
        Path | None, typer.Option(help="Folder of the event store, tokens and certificate.")
    ] = None,
    host: Annotated[str | None, typer.Option(help="Address of the page; loopback if none.")] = None,
    port: Annotated[int | None, typer.Option(help="Port of the page; 0 for a free one.")] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Validate settings, bundle and model, then exit.")
    ] = False,
) -> None:
    """Watch a bed: decide every half second, raise and latch alarms, show a page.

    With no options it takes the first camera and ./bundle, and shows its page on this machine
    only. Research software, no medical device: never rely on it alone.

    Example: edgekit serve --source recording.npy --loop
    """
    from edgekit.serve.plan import make_plan
    from edgekit.serve.probation import begin
    from edgekit.serve.settings import Given, find_settings, load_settings

    path = find_settings(settings)
    given = Given(bundle, source, source_fps, loop or None, state, host, port)
    wanted = given.over(load_settings(path))
    if not check:
        begin(wanted)
    plan = make_plan(wanted, path, speed=speed)
    if check:
        for line in plan.summary():
            console.out(line)
        plan.refuse_failed_self_test()
        return
    from edgekit.serve.daemon import run

    raise typer.Exit(run(plan, given, say=console.note))
