"""`edgekit events`: what the daemon saw, as a list, one by one, or as a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from edgekit.cli import console
from edgekit.cli.state_options import SettingsFile, StateFolder, folder_of

if TYPE_CHECKING:
    from edgekit.serve.store.seams import StoredEvent

app = typer.Typer(
    no_args_is_help=True, help="Possible spasms that edgekit serve kept.", rich_markup_mode=None
)


@app.command("list")
def list_events(
    settings: SettingsFile = None,
    state: StateFolder = None,
    limit: Annotated[int, typer.Option(min=1, help="Show at most so many.")] = 20,
    since: Annotated[
        float | None, typer.Option(min=0, help="Only of the last so many days.")
    ] = None,
) -> None:
    """List events, newest first.

    Example: edgekit events list --since 7
    """
    from edgekit.serve.store.reader import Reader

    events = Reader(folder_of(settings, state)).events(limit=limit, since_utc_s=_since(since))
    if not events:
        console.note("no events in this time")
        return
    columns = ("event", "kind", "UTC", "probability", "spasms", "acknowledged by")
    console.table("", columns, [_row(event) for event in events])
    console.note("possible spasms, not diagnoses")


@app.command()
def show(
    event_id: Annotated[int, typer.Argument(help="As in edgekit events list.")],
    settings: SettingsFile = None,
    state: StateFolder = None,
) -> None:
    """Show one event and all that became of it.

    Example: edgekit events show 12
    """
    from edgekit.errors import UsageError
    from edgekit.serve.store.export import iso_utc
    from edgekit.serve.store.reader import Reader

    reader = Reader(folder_of(settings, state))
    event = reader.event(event_id)
    if event is None:
        raise UsageError(f"no event {event_id}; edgekit events list shows what there is")
    columns = ("event", "kind", "UTC", "probability", "spasms", "acknowledged by")
    console.table("", columns, [_row(event)])
    console.out(f"start {event.stamp.boot_id}, {event.stamp.mono_s:.3f} s on its clock")
    console.out(f"landmarks kept: {'yes' if event.has_landmarks else 'no'}")
    rows = reader.transitions(event_id=event_id)
    for row in reversed(rows):
        who = f" by {row.transition.who}" if row.transition.who else ""
        console.out(f"{iso_utc(row.stamp.utc_s)}  {row.transition.kind}{who}")
    is_told = any(row.transition.kind == "acknowledged" for row in rows)
    if event.acknowledged_utc_s is not None and not is_told:
        when = iso_utc(event.acknowledged_utc_s)
        console.out(f"{when}  acknowledged by {event.acknowledged_by}, with a later event")
    console.note("a possible spasm, no diagnosis")


@app.command()
def export(
    out: Annotated[Path, typer.Option(help="The file to write.")],
    format: Annotated[  # noqa: A002  # the option's name
        Literal["csv", "jsonl", "fhir"], typer.Option(help="fhir: a FHIR R4 Bundle.")
    ] = "csv",
    since: Annotated[
        float | None, typer.Option(min=0, help="Only of the last so many days.")
    ] = None,
    settings: SettingsFile = None,
    state: StateFolder = None,
) -> None:
    """Write events to a file, oldest first. Each says that it is a possible spasm only.

    Example: edgekit events export --format fhir --out events.json --since 30
    """
    import time

    from edgekit import files
    from edgekit.serve.store.export import gather, to_csv, to_jsonl
    from edgekit.serve.store.fhir import to_fhir
    from edgekit.serve.store.reader import Reader

    events = gather(Reader(folder_of(settings, state)), since_utc_s=_since(since))
    if format == "fhir":
        text = to_fhir(events, time.time())
    else:
        text = to_csv(events) if format == "csv" else to_jsonl(events)
    files.write_text(out, text)
    console.note(f"wrote {len(events)} events to {out}")


def _row(event: StoredEvent) -> tuple[str, ...]:
    from edgekit.serve.store.export import iso_utc

    return (
        str(event.event_id),
        event.kind,
        iso_utc(event.stamp.utc_s),
        "-" if event.probability is None else f"{event.probability:.3f}",
        str(event.n_spasms),
        event.acknowledged_by or "nobody yet",
    )


def _since(days: float | None) -> float | None:
    import time

    return None if days is None else time.time() - days * 86_400
