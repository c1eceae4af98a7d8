"""`edgekit bench`: time every stage here or on a device, and compare two such runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer.core import TyperGroup

if TYPE_CHECKING:
    from edgekit_bench.remote import Remote, Shipping
    from edgekit_bench.results import BenchRecord
    from edgekit_bench.session import BenchOptions
    from edgekit_bench.target import Target


class _RunByDefault(TyperGroup):
    """`edgekit bench` and `edgekit bench FOLDER` mean `edgekit bench run`."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        """Put `run` in front of whatever names no command."""
        if not args or args[0] not in self.commands:
            args = ["run", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_RunByDefault,
    help="Time features, every model, pose and the whole path, here or on a device.",
    rich_markup_mode=None,
)


@app.command()
def run(
    bundle: Annotated[Path, typer.Argument(help="The bundle to measure.")] = Path("bundle"),
    target: Annotated[
        str | None, typer.Option(help="rpi4, rpi5, jetson, orin-nx, agx or x86: its settings.")
    ] = None,
    host: Annotated[
        str | None, typer.Option(metavar="USER@DEVICE", help="Run there, over OpenSSH.")
    ] = None,
    threads: Annotated[
        int | None, typer.Option(max=256, help="Threads of each model.  [default: 1, or T's]")
    ] = None,
    seconds: Annotated[
        float | None,
        typer.Option(help="Budget of each model or stage and of the sustained run, in s."),
    ] = None,
    source: Annotated[
        str | None, typer.Option(help="Camera or video of the sustained run.")
    ] = None,
    json: Annotated[
        Path | None, typer.Option(help="Where the figures go.  [default: bench/<UTC>.json]")
    ] = None,
    html: Annotated[Path | None, typer.Option(help="Write a page of the figures too.")] = None,
    *,
    enforce: Annotated[
        bool, typer.Option("--enforce", help="Exit with 15 when a budget of the target is missed.")
    ] = False,
    samples: Annotated[bool, typer.Option(help="Keep every duration in the JSON too.")] = False,
    yardstick: Annotated[
        bool, typer.Option(help="Export and time the naive FP32 graph too; half a minute.")
    ] = True,
    seed: Annotated[int, typer.Option(help="Of the made-up clip and the naive weights.")] = 0,
    wheel: Annotated[
        Path | None, typer.Option(help="--host: the wheel to install there, else one is built.")
    ] = None,
    offline_wheels: Annotated[
        Path | None, typer.Option(help="--host: folder of wheels; nothing is fetched there.")
    ] = None,
    extras: Annotated[
        str, typer.Option(help="--host: extras to install there, with commas between.")
    ] = "pose",
    python: Annotated[str, typer.Option(help="--host: the Python to use there.")] = "python3",
    ssh_config: Annotated[
        Path | None, typer.Option(help="--host: an ssh configuration file of its own.")
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="--host: leave the folder there.")] = False,
) -> None:
    """Time features, every model, pose and the whole path, here or on a device.

    Models take turns, so that a busy machine slows all of them alike; what cannot be measured
    has a line that says why. `edgekit bench compare A.json B.json` compares two runs.

    Example: edgekit bench bundle/ --target rpi5 --host pi@cot.lan
    """
    from edgekit_bench.session import BenchOptions

    options = BenchOptions(
        n_threads=threads,
        seconds=seconds,
        has_yardstick=yardstick,
        keeps_samples=samples,
        seed=seed,
        target=_target(target, is_enforced=enforce, is_here=host is None),
        source=source,
    )
    if host is None:
        record = _run_here(bundle, options)
    else:
        from edgekit_bench.remote import Remote, Shipping

        device = Remote(host, python=python, ssh_config=ssh_config)
        names = tuple(name.strip() for name in extras.split(",") if name.strip())
        shipping = Shipping(wheel, offline_wheels, names, keeps_folder=keep)
        record = _run_there(device, bundle, options, shipping)
    finish(record, json, html)
    if enforce:
        from edgekit.cli.bench_show import raise_misses

        raise_misses(record)


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
    from edgekit.cli.bench_show import print_table
    from edgekit.errors import UsageError

    a, b = read_record(before), read_record(after)
    if reasons := comparison.differences(a, b):
        line = f"{before} and {after} cannot be compared: {'; '.join(reasons)}"
        if not anyway:
            raise UsageError(f"{line}; --anyway does it all the same")
        console.note(f"edgekit: {line}")
    print_table(change_table(comparison.compare(a, b)))


@app.command()
def page(
    files: Annotated[
        list[Path], typer.Argument(metavar="JSON...", help="Runs; the newest is shown whole.")
    ],
    out: Annotated[Path, typer.Option(help="Where the page goes.")] = Path("bench/report.html"),
) -> None:
    """Draw runs as one HTML page: latencies, where a frame's time goes, and the history.

    Example: edgekit bench page bench/*.json --out report.html
    """
    from edgekit_bench.page import write_page
    from edgekit_bench.results import read_record

    from edgekit.cli import console

    write_page(out, [read_record(path) for path in files])
    console.out(f"written to {out}")


def _target(name: str | None, *, is_enforced: bool, is_here: bool) -> Target | None:
    """Load the target, and say first of all whether it is here."""
    from edgekit_bench.presence import presence
    from edgekit_bench.target import load_target
    from edgekit_bench.target_lines import first_line

    from edgekit.cli import console
    from edgekit.errors import UsageError

    if name is None:
        if is_enforced:
            raise UsageError("--enforce: budgets are a target's; name it with --target")
        return None
    target = load_target(name)
    if is_here:
        where = presence(target)
        if is_enforced and not where.is_here:
            raise UsageError(
                f"--enforce: no {target.title} here ({where.reason}); budgets are judged on the "
                "device, with --host or there"
            )
        console.out(first_line(target, where))
    return target


def _run_here(bundle: Path, options: BenchOptions) -> BenchRecord:
    from edgekit_bench.session import run_bench

    from edgekit.bundle import load_bundle
    from edgekit.cli import console

    with console.progress() as progress:
        return run_bench(load_bundle(bundle), options, progress)


def _run_there(
    device: Remote, bundle: Path, options: BenchOptions, shipping: Shipping
) -> BenchRecord:
    from edgekit_bench.presence import Presence
    from edgekit_bench.remote import run_remote
    from edgekit_bench.target_lines import first_line

    from edgekit.bundle import load_bundle
    from edgekit.cli import console

    with console.progress() as progress:
        record = run_remote(device, load_bundle(bundle), options, shipping, progress)
    if record.target is None:
        console.out(f"on {device.host}:")
    else:
        where = Presence(record.target.is_here, record.target.reason)
        console.out(f"on {device.host}: {first_line(record.target.target, where)}")
    return record


def finish(record: BenchRecord, json: Path | None, html: Path | None) -> None:
    """Show a record and keep it; an emulated machine's is kept only where it was asked for."""
    from edgekit_bench.results import default_file, write_record

    from edgekit.cli import bench_show, console

    bench_show.show(record)
    path = json or (None if record.is_emulated else default_file(record))
    if path is not None:
        write_record(path, record)
        console.out(f"written to {path}")
    if html is not None:
        from edgekit_bench.page import write_page

        write_page(html, [record])
        console.out(f"page written to {html}")
    bench_show.raise_failures(record)
