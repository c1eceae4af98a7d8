"""A synthetic cohort in the challenge's own format: children, clips, labels.

Every child and every clip has a random stream of its own, so that a larger cohort begins with
the clips of a smaller one. The clips mean nothing medically, and neither does a model that was
trained on them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from edgekit.errors import UsageError
from edgekit.synth.body import Floats
from edgekit.synth.child import Child, draw_child, vary
from edgekit.synth.gesture import ORDINARY_KINDS, SPASM_KINDS, Gesture, Kind
from edgekit.synth.ordinary import draw_ordinary
from edgekit.synth.scene import Act, Scene, film
from edgekit.synth.sight import draw_sight
from edgekit.synth.spasms import draw_spasm

DECK = 12
"""Kinds are dealt from shuffled decks of this many clips, so that each child has both labels."""

MIN_CLIP_S = 1.0
"""A spasm needs about this long to be seen as one."""

ORDINARY_BESIDE = 0.3
"""Share of the clips with a spasm that show a hard negative too."""

_CHILD, _DEAL, _CLIP, RECORDING = range(4)
"""What a random stream is for."""


@dataclass(frozen=True)
class CohortPlan:
    """What fixes a cohort; the same plan gives the same clips."""

    n_children: int = 20
    n_clips: int = 24
    """Of each child."""
    n_frames: int = 150
    fps: float = 30.0
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be made."""
        limits = {
            "children": (self.n_children, 1, 10_000),
            "clips": (self.n_clips, 1, 100_000),
            "frames": (self.n_frames, 16, 100_000),
            "fps": (self.fps, 5.0, 240.0),
            "seed": (self.seed, 0, 2**63 - 1),
        }
        for name, (value, low, high) in limits.items():
            if not low <= value <= high:
                raise UsageError(f"--{name} {value}: it is between {low} and {high}")
        length_s = self.n_frames / self.fps
        if length_s < MIN_CLIP_S:
            raise UsageError(
                f"--frames {self.n_frames} at --fps {self.fps:g}: {length_s:.2f} s is "
                f"too short to show a spasm; a clip lasts at least {MIN_CLIP_S:g} s"
            )


@dataclass(frozen=True)
class SyntheticClip:
    """One labelled clip."""

    name: str
    """`child_{id}_{segment}.npy`."""
    landmarks: Floats
    """float64 (T, 33, 5), as `edgekit.clips` describes it."""
    label: int
    """1 when there is a spasm in it."""
    kind: Kind
    """What it shows; a clip with a spasm may show something ordinary beside it."""


def make_cohort(plan: CohortPlan) -> Iterator[SyntheticClip]:
    """Yield the clips of a cohort, child by child; see the README of this package."""
    for child_id in range(1, plan.n_children + 1):
        child = child_of(plan.seed, child_id)
        for segment, kind in enumerate(_deal(plan, child_id), start=1):
            rng = stream(plan.seed, child_id, _CLIP, segment)
            landmarks = film(rng, draw_scene(rng, child, kind, plan.n_frames, plan.fps))
            label = int(kind in SPASM_KINDS)
            yield SyntheticClip(f"child_{child_id}_{segment}.npy", landmarks, label, kind)


def stream(seed: int, *path: int) -> np.random.Generator:
    """Return the random stream of one thing, independent of all others."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=path)))


def child_of(seed: int, child_id: int) -> Child:
    """Return the child with this number."""
    return draw_child(stream(seed, child_id, _CHILD))


def draw_scene(
    rng: np.random.Generator, child: Child, kind: Kind, n_frames: int, fps: float
) -> Scene:
    """Draw a clip's scene of a kind: around which pose, how lively, what happens when."""
    duration_s = n_frames / fps
    gestures = draw_gestures(rng, child, kind)
    acts = [place_act(rng, gesture, duration_s) for gesture in gestures]
    return Scene(
        child=child,
        fps=fps,
        pose=np.broadcast_to(vary(rng, child.rest), (n_frames, child.rest.size)),
        drive=draw_drive(rng),
        acts=acts,
        sight=draw_sight(rng, child.quality),
    )


def draw_drive(rng: np.random.Generator) -> float:
    """Draw how lively a child is for a while, from 0.4 in a drowsy one to 2 in an excited one."""
    return float(np.exp(rng.uniform(-0.9, 0.7)))


def draw_gestures(rng: np.random.Generator, child: Child, kind: Kind) -> list[Gesture]:
    """Draw what makes a clip one of `kind`, as this child does it; nothing when it is quiet."""
    match kind:
        case "quiet":
            return []
        case "flexor_spasm" | "extensor_spasm" | "mixed_spasm":
            spasm = draw_spasm(rng, child.spasms, kind)
            if rng.random() > ORDINARY_BESIDE:
                return [spasm]
            other = ORDINARY_KINDS[rng.integers(len(ORDINARY_KINDS))]
            return [spasm, draw_ordinary(rng, other)]
        case _:
            return [draw_ordinary(rng, kind)]


def place_act(rng: np.random.Generator, gesture: Gesture, duration_s: float) -> Act:
    """Put a gesture somewhere in a clip so that its beginning is in it, and most of the rest."""
    latest = max(duration_s - min(gesture.duration_s, 0.6 * duration_s), 0.0)
    return Act(rng.uniform(min(0.05 * duration_s, latest), latest), gesture)


def _deal(plan: CohortPlan, child_id: int) -> Iterator[Kind]:
    """Yield the kinds of a child's clips: of each dozen, 4 to 6 spasms and 2 or 3 quiet ones."""
    rng = stream(plan.seed, child_id, _DEAL)
    shares = child_of(plan.seed, child_id).spasms.kind_shares
    n_spasms = int(rng.integers(4, 7))
    ordinary = list(ORDINARY_KINDS)
    dealt = 0
    while True:
        n_quiet = int(rng.integers(2, 4))
        kinds: list[Kind] = ["quiet"] * n_quiet
        kinds += [SPASM_KINDS[i] for i in rng.choice(len(SPASM_KINDS), n_spasms, p=shares)]
        kinds += [ordinary[i] for i in rng.choice(len(ordinary), DECK - len(kinds), replace=False)]
        for card in rng.permutation(DECK):
            if dealt == plan.n_clips:
                return
            dealt += 1
            yield kinds[card]
