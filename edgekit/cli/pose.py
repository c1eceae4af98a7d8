"""`edgekit pose`: the landmark model into the user's cache, and videos into clips."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from edgekit.cli import console

app = typer.Typer(no_args_is_help=True, help="Landmarks from videos, cameras and images.")

Model = Annotated[
    Literal["full", "lite", "heavy"],
    typer.Option(help="Heavier finds more and takes longer; the challenge used heavy."),
]


@app.command()
def fetch(
    model: Model = "full",
    force: Annotated[
        bool, typer.Option("--force", help="Fetch it again even if it is there.")
    ] = False,
) -> None:
    """Put a landmark model into your cache: from a package registry, checked by its SHA-256.

    full needs pip; lite and heavy need npm too. The cache is $EDGEKIT_CACHE/pose, else
    ~/.cache/edgekit/pose.

    Example: edgekit pose fetch --model heavy
    """
    from edgekit.pose import models

    with console.progress() as progress:
        fetched = models.fetch(
            models.named(model), models.cache_folder(), is_forced=force, progress=progress
        )
    console.out(f"{fetched.path}: pose model {fetched.name}, SHA-256 {fetched.sha256}")


@app.command()
def extract(
    source: Annotated[
        str, typer.Argument(help="A video, a folder of images, or a camera (0 or /dev/video0).")
    ],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="The clip; by default named as the source.")
    ] = None,
    fps: Annotated[float, typer.Option(min=1, max=1000, help="Frame rate of the clip.")] = 30.0,
    own_frames: Annotated[
        bool, typer.Option("--own-frames", help="Keep the video's frames; no frame rate then.")
    ] = False,
    source_fps: Annotated[
        float, typer.Option(min=1, max=1000, help="Frame rate of a folder of images.")
    ] = 30.0,
    seconds: Annotated[
        float | None, typer.Option(min=0, help="Stop after as many; needed for a camera.")
    ] = None,
    model: Model = "full",
    pose_model: Annotated[
        Path | None, typer.Option(help="A .task file of yours instead of a fetched model.")
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object instead of a line.")
    ] = False,
) -> None:
    """Turn a video into a clip: (frames, 33, 5), x y z visibility presence, NaN where nobody is.

    Landmarks are put onto a regular grid by the video's own time stamps; a gap stays a gap.

    Example: edgekit pose extract video.mp4 -o clip.npy
    """
    from edgekit import clips
    from edgekit.pose import clip_report, models
    from edgekit.pose.extract import extract as run
    from edgekit.pose.mediapipe_pose import MediaPipePose

    target = clip_report.target_of(source, out)
    chosen = models.choose(model, pose_model, models.cache_folder())
    with console.progress() as progress, MediaPipePose(chosen) as extractor:
        track = run(source, extractor, fps=source_fps, seconds=seconds, progress=progress)
    on_grid = None if own_frames else fps
    clip = (
        track.landmarks if on_grid is None else clips.resample(track.landmarks, track.times_s, fps)
    )
    clips.save_clip(target, clip)
    report = clip_report.describe(source, target, track, clip, on_grid)
    console.out(report.as_json() if json else report.as_line())
