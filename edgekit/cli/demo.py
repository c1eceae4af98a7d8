"""`edgekit demo`: the whole way, from made-up clips to a decision on a real photograph."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edgekit.cli import console, export, pose, predict, synth, train, verify

CHILDREN, CLIPS, WIDTH, EPOCHS = 12, 20, 32, 8


def demo(
    folder: Annotated[
        Path, typer.Argument(help="Everything is written here; it must be new or a demo's.")
    ] = Path("demo"),
    *,
    photograph: Annotated[
        bool,
        typer.Option(
            "--photograph/--no-photograph",
            help="End with landmarks from a real photograph; fetches the pose model once.",
        ),
    ] = True,
) -> None:
    """Run the main job in a few minutes: synthesise, train, export, verify, predict.

    Each step prints the command that does the same. The cohort is synthetic and the network
    smaller than the default: the figures mean nothing clinically.

    Example: edgekit demo
    """
    data, runs, bundle = folder / "data", folder / "runs", folder / "bundle"
    _show("synth", f"{data} --children {CHILDREN} --clips {CLIPS} --recordings 1 --minutes 2")
    synth.synth(data, children=CHILDREN, clips=CLIPS, recordings=1, minutes=2.0, force=True)

    _show("train", f"{data} --width {WIDTH} --epochs {EPOCHS} --runs {runs} --name demo")
    train.train(data, width=WIDTH, epochs=EPOCHS, runs=runs, name="demo")

    _show("export", f"{runs / 'demo'} --quantize int8 --out {bundle}")
    export.export(runs / "demo", out=bundle)

    _show("verify", f"{bundle}")
    verify.verify(bundle)

    recording = sorted((data / "recordings").glob("*.npy"))[0]
    decisions = folder / "recording.csv"
    _show("predict", f"{recording} --bundle {bundle} --out {decisions}")
    predict.predict([recording], bundle=bundle, out=decisions)

    if photograph:
        _judge_photograph(folder, bundle)
    console.out()
    console.out(f"look at {runs / 'demo' / 'report.html'} and {bundle / 'gate.md'}")
    console.out("synthetic: no medical meaning; a model trained on it is no medical device")


def _judge_photograph(folder: Path, bundle: Path) -> None:
    """Move a real photograph of a person through the frame, and judge what is seen of it."""
    from edgekit import clips
    from edgekit.pose import models
    from edgekit.pose.extract import extract
    from edgekit.pose.mediapipe_pose import MediaPipePose
    from edgekit.pose.photograph import photograph_walk

    _show("pose", "fetch")
    pose.fetch()
    console.out()
    console.out("a real photograph, moved through the frame for 5 s, instead of a video:")
    model = models.choose(models.DEFAULT_MODEL, None, models.cache_folder())
    with console.progress() as progress, MediaPipePose(model) as extractor:
        track = extract(photograph_walk(), extractor, progress=progress)
    clip = folder / "photograph.npy"
    clips.save_clip(clip, clips.resample(track.landmarks, track.times_s, 30.0))
    n_found = len(track.times_s) - track.n_missing
    console.out(f"wrote {clip}: a person in {n_found} of {len(track.times_s)} frames")

    _show("predict", f"{clip} --bundle {bundle}")
    predict.predict([clip], bundle=bundle)


def _show(command: str, arguments: str) -> None:
    console.out()
    console.out(f"$ edgekit {command} {arguments}")
