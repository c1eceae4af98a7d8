"""The `edgekit` command: its subcommands, and how an error becomes a line and an exit code."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from edgekit import __version__
from edgekit.cli import (
    bench,
    bundle,
    console,
    demo,
    doctor,
    events,
    export,
    pose,
    predict,
    report,
    serve,
    service,
    setup,
    synth,
    token,
    train,
    verify,
    wipe,
)
from edgekit.errors import EdgekitError, OutputError
from edgekit.files import reason_of

EXIT_INTERRUPTED = 130
"""Typer's, for Ctrl-C."""
EXIT_BROKEN_PIPE = 141

app = typer.Typer(
    name="edgekit",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help=(
        "Detect possible infantile epileptic spasms from body landmarks, on the device. "
        "Research software, no medical device."
    ),
)


def _show_version(*, is_asked: bool) -> None:
    if is_asked:
        console.out(f"edgekit {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    _version: Annotated[
        bool,
        typer.Option(
            "--version",
            help="Print the version and exit.",
            is_eager=True,
            callback=lambda value: _show_version(is_asked=value),
        ),
    ] = False,
) -> None:
    """Options of the command itself."""


app.command()(demo.demo)
app.command()(synth.synth)
app.command()(train.train)
app.command()(export.export)
app.command()(verify.verify)
app.command()(predict.predict)
app.command()(setup.setup)
app.command()(serve.serve)
app.add_typer(events.app, name="events")
app.command()(report.report)
app.add_typer(token.app, name="token")
app.add_typer(service.app, name="service")
app.add_typer(bundle.app, name="bundle")
app.command()(wipe.wipe)
app.add_typer(pose.app, name="pose")
app.add_typer(bench.app, name="bench")
app.command()(doctor.doctor)


def main() -> None:
    """Run a command; every expected error ends in one line on stderr and its exit code."""
    try:
        try:
            app()
        finally:
            sys.stdout.flush()
    except EdgekitError as error:
        console.note(f"edgekit: {error}")
        sys.exit(error.exit_code)
    except SystemExit as stop:
        if stop.code == EXIT_INTERRUPTED:
            console.note("edgekit: interrupted")
        raise
    except BrokenPipeError:
        # The reader went away (edgekit ... | head): nothing is left to say, or to whom.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(EXIT_BROKEN_PIPE)
    except OSError as error:
        # What reads and writes files says so itself: this is the screen, or a pipe to a full disk.
        console.note(f"edgekit: {error.filename or 'standard output'}: {reason_of(error)}")
        sys.exit(OutputError.exit_code)
