"""`edgekit token`: who may look at a device, acknowledge its alarms, or do everything."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from edgekit.cli import console
from edgekit.cli.state_options import SettingsFile, StateFolder, folder_of

app = typer.Typer(no_args_is_help=True, help="Access tokens of the page and the API.")


@app.command()
def new(
    name: Annotated[str, typer.Option(help="Who will hold it; the log shows this name.")],
    scope: Annotated[
        Literal["view", "ack", "admin"],
        typer.Option(help="view looks; ack also handles alarms; admin also reads the audit."),
    ] = "view",
    settings: SettingsFile = None,
    state: StateFolder = None,
) -> None:
    """Make a token and print it, once: only its hash is kept. It works at once.

    Example: edgekit token new --name night-nurse --scope ack
    """
    import time

    from edgekit.serve.http.tokens import TokenStore

    store = TokenStore(folder_of(settings, state))
    secret = store.new(name, scope, time.time())
    console.note(f"{store.path}: {name} may {scope}; this is shown once:")
    console.out(secret)


@app.command(name="list")
def list_tokens(settings: SettingsFile = None, state: StateFolder = None) -> None:
    """Show all tokens: names and scopes, never secrets.

    Example: edgekit token list
    """
    from datetime import datetime, timezone

    from edgekit.serve.http.tokens import TokenStore

    store = TokenStore(folder_of(settings, state))
    rows = [
        (
            token.name,
            token.scope,
            datetime.fromtimestamp(token.created_utc_s, timezone.utc).strftime("%Y-%m-%d %H:%MZ"),
        )
        for token in store.read()
    ]
    console.table("", ("name", "scope", "made"), rows)
    if not rows:
        console.note(f"{store.path}: no tokens")


@app.command()
def revoke(
    name: Annotated[str, typer.Argument(help="As edgekit token list shows it.")],
    settings: SettingsFile = None,
    state: StateFolder = None,
) -> None:
    """Make a token worthless; a page that uses it is cut off within seconds.

    Example: edgekit token revoke night-nurse
    """
    from edgekit.serve.http.tokens import TokenStore

    TokenStore(folder_of(settings, state)).revoke(name)
    console.out(f"revoked {name}")
