"""`edgekit bench`: time every stage on this machine, and compare two such runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer.core import TyperGroup

if TYPE_CHECKING:
    from edgekit_bench.report import Table
    from edgekit_bench.results import BenchRecord


class _RunByDefault(TyperGroup):
    """`edgekit bench` and `edgekit bench FOLDER` mean `edgekit bench run`."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        """Put `run` in front of whatever names no command."""
        if not args or args[0] not in self.commands:
            args = ["run", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_RunByDefault,
    help="Time features, every model, pose and the whole path on this machine.",
    rich_markup_mode=None,
)


@app.command()
def run(
    bundle: Annotated[Path, typer.Argument(help="The bundle to measure.")] = Path("bundle"),
    threads: Annotated[int, typer.Option(max=256, help="Threads of each model.")] = 1,
    seconds: Annotated[float, typer.Option(help="Budget of each model or stage, in s.")] = 3.0,
    json: Annotated[
        Path | None, typer.Option(help="Where the figures go.  [default: bench/<UTC>.json]")
    ] = None,
    *,
    samples: Annotated[bool, typer.Option(help="Keep every duration in the JSON too.")] = False,
    yardstick: Annotated[
        bool, typer.Option(help="Export and time the naive FP32 graph too; half a minute.")
    ] = True,
    seed: Annotated[int, typer.Option(help="Of the made-up clip and the naive weights.")] = 0,
) -> None:
    """Time features, every model, pose and the whole path on this machine.

    Models take turns, so that a busy machine slows all of them alike; what cannot be measured
    has a line that says why. `edgekit bench compare A.json B.json` compares two runs.

    Example: edgekit bench bundle/ --threads 2 --json here.json
    """
    from edgekit_bench.results import default_file, write_record
    from edgekit_bench.session import BenchOptions, run_bench

    from edgekit.bundle import load_bundle
    from edgekit.cli import console

    options = BenchOptions(
        n_threads=threads,
        seconds=seconds,
        has_yardstick=yardstick,
        keeps_samples=samples,
        seed=seed,
    )
    with console.progress() as progress:
        record = run_bench(load_bundle(bundle), options, progress)
    path = json or default_file(record)
    write_record(path, record)
    _show(record)
    console.out(f"written to {path}")
    raise_failures(record)


@app.command()
def compare(
    before: Annotated[Path, typer.Argument(metavar="A.json", help="The run to compare with.")],
    after: Annotated[Path, typer.Argument(metavar="B.json", help="The run to judge.")],
    *,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Compare runs of unlike machines too.")
    ] = False,
) -> None:
    """Show how much faster or slower B is than A; unlike machines are refused.

    Example: edgekit bench compare old.json new.json
    """
    from edgekit_bench import compare as comparison
    from edgekit_bench.report import change_table
    from edgekit_bench.results import read_record

    from edgekit.cli import console
    from edgekit.errors import UsageError

    a, b = read_record(before), read_record(after)
    if reasons := comparison.differences(a, b):
        line = f"{before} and {after} cannot be compared: {'; '.join(reasons)}"
        if not anyway:
            raise UsageError(f"{line}; --anyway does it all the same")
        console.note(f"edgekit: {line}")
    _print(change_table(comparison.compare(a, b)))


def _show(record: BenchRecord) -> None:
    from edgekit_bench import report
    from edgekit_bench.verdict import verdict

    from edgekit.cli import console

    for line in report.machine_lines(record):
        console.out(line)
    for line in report.warnings(record.machine):
        console.note(f"edgekit: {line}")
    console.out()
    _print(report.model_table(record))
    console.out()
    _print(report.stage_table(record))
    for line in report.unmeasured_lines(record):
        console.out(line)
    if report.has_too_few(record):
        console.out("- : too few samples (p95 needs 20, p99 100), or nothing to compare with")
    console.out()
    for line in verdict(record):
        console.out(line)


def _print(table: Table) -> None:
    from edgekit.cli import console

    console.table(table.title, table.columns, table.rows)


def raise_failures(record: BenchRecord) -> None:
    """End in an error when something failed, after all that could be measured was shown."""
    from edgekit.errors import IntegrityError

    failed = [one for one in record.unmeasured if one.is_error]
    if failed:
        first = failed[0]
        more = f" ({len(failed) - 1} more failed)" if len(failed) > 1 else ""
        raise IntegrityError(f"{first.name} could not be measured: {first.reason}{more}")
