"""`edgekit synth`: a synthetic cohort in the challenge's own format."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edgekit.cli import console


def synth(
    folder: Annotated[Path, typer.Argument(help="New folder for the clips.")] = Path("data"),
    *,
    children: Annotated[int, typer.Option(help="Number of children.")] = 20,
    clips: Annotated[int, typer.Option(help="Clips of each child.")] = 24,
    frames: Annotated[int, typer.Option(help="Length of a clip in frames.")] = 150,
    fps: Annotated[float, typer.Option(help="Frames per second.")] = 30.0,
    seed: Annotated[int, typer.Option(help="Same seed, same cohort.")] = 0,
    recordings: Annotated[int, typer.Option(help="Long recordings with timed events.")] = 0,
    minutes: Annotated[float, typer.Option(help="Length of a recording.")] = 10.0,
    force: Annotated[bool, typer.Option("--force", help="Replace a synthetic cohort.")] = False,
) -> None:
    """Write a synthetic cohort: clips, labels and, if wanted, long recordings.

    Articulated infants move, startle, kick, are handled, and have spasms, seen by an imperfect
    landmark extractor. It serves tests and demonstrations: the movements have no medical
    meaning, and a model trained on them is no medical device.

    Example: edgekit synth data/ --children 24
    """
    from edgekit.synth import CohortPlan, RecordingPlan, write_cohort

    plan = CohortPlan(children, clips, frames, fps, seed)
    wanted = RecordingPlan(recordings, minutes, fps, seed)
    with console.progress() as progress:
        written = write_cohort(folder, plan, recordings=wanted, replace=force, progress=progress)
    console.out(
        f"{written.folder}: {written.n_clips} clips of {children} children, "
        f"{written.n_spasm_clips} with a spasm"
    )
    if written.n_recordings:
        console.out(
            f"{written.folder / 'recordings'}: {written.n_recordings} recordings with "
            f"{written.n_recorded_spasms} spasms"
        )
    console.out("synthetic: no medical meaning; a model trained on it is no medical device")
    console.out(f"next: edgekit train {written.folder}")
