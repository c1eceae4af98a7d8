"""`edgekit predict`: clips, recordings and videos become decisions in a csv."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from edgekit.cli import console

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgekit.predict import Row


def predict(
    inputs: Annotated[
        list[Path] | None,
        typer.Argument(help="Folders of clips, .npy clips or recordings, videos; ./data if none."),
    ] = None,
    bundle: Annotated[Path, typer.Option(help="The bundle's folder.")] = Path("bundle"),
    out: Annotated[
        Path | None, typer.Option(help="Write the csv here instead of on the screen.")
    ] = None,
    submission: Annotated[
        bool, typer.Option("--submission", help="The challenge's two columns: file_name,label.")
    ] = False,
    unseen_as: Annotated[
        Literal["refuse", "0", "1"],
        typer.Option(help="--submission only: the label of a clip that shows nobody."),
    ] = "refuse",
    hop: Annotated[
        float,
        typer.Option(min=0.01, max=86400, help="Seconds between windows of a longer recording."),
    ] = 0.5,
    fps: Annotated[
        float | None,
        typer.Option(min=1, max=1000, help="Frame rate of .npy inputs, if not the bundle's."),
    ] = None,
    runtime: Annotated[
        Literal["auto", "onnxruntime", "openvino"], typer.Option(help="What runs the model.")
    ] = "auto",
    precision: Annotated[
        Literal["auto", "fp32", "int8"], typer.Option(help="Which models are considered.")
    ] = "auto",
    provider: Annotated[
        Literal["auto", "cpu", "cuda", "tensorrt"],
        typer.Option(help="Best of ONNX Runtime's providers to use; the CPU stands in, and says."),
    ] = "auto",
    threads: Annotated[int, typer.Option(min=1, max=256, help="Threads of the model.")] = 1,
    pose_model: Annotated[
        Path | None, typer.Option(help="A .task file for videos, instead of the fetched one.")
    ] = None,
) -> None:
    """Judge every clip, or every window of anything longer than a clip.

    Prints csv: file_name,label,probability, with start_s where there are windows. A window that
    shows nobody has an empty label and probability: it was not judged, which is not "no spasm".

    Example: edgekit predict data/ --out predictions.csv
    """
    from edgekit.bundle import load_bundle
    from edgekit.predict import Inputs, judge_all, submission_csv, to_csv
    from edgekit.runtime.choose import choose_model, open_engine
    from edgekit.runtime.detector import Detector

    loaded = load_bundle(bundle)
    entry = choose_model(loaded, runtime=runtime, precision=precision)
    with console.progress() as progress:
        engine = open_engine(loaded, entry, n_threads=threads, provider=provider, progress=progress)
    console.note(f"model {entry.name} on {engine.runtime}, threshold from {bundle}")
    with console.progress() as progress:
        rows = judge_all(
            Detector(loaded, engine),
            Inputs(
                tuple(inputs or [Path("data")]),
                clip_frames=loaded.manifest.n_frames,
                grid_fps=loaded.manifest.fps,
                source_fps=fps,
                hop_s=hop,
                pose_model=pose_model,
            ),
            progress,
        )
    _show(submission_csv(rows, unseen_as) if submission else to_csv(rows), out)
    _sum_up(rows)
    if out is not None:
        console.note(f"wrote {out}")


def _show(text: str, out: Path | None) -> None:
    """Print the csv, or write it to `out`."""
    from edgekit import files

    if out is None:
        console.out(text.rstrip("\n"))
    else:
        files.write_text(out, text)


def _sum_up(rows: Sequence[Row]) -> None:
    n_unjudged = sum(row.judgement.probability is None for row in rows)
    n_positive = sum(bool(row.judgement.is_positive) for row in rows)
    console.note(f"windows: {len(rows)}, possible spasms: {n_positive}, not judged: {n_unjudged}")
    if n_unjudged:
        console.note(f"{n_unjudged} show too little of a body to judge; this is not 'no spasm'")
