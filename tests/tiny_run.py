"""A finished run with random weights on made-up clips: all that an export needs, in a second."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from tiny_bundle import clip

from edgekit import files, runs
from edgekit.clips import save_clip
from edgekit.cohort import CHILD_PATTERN, Cohort, load_cohort
from edgekit.features import extract
from edgekit.metrics import write_metrics
from edgekit.scoring import score
from edgekit.train.checkpoint import FoldNotes, save_weights
from edgekit.train.network import MilMode, Network, NetworkShape

N_FRAMES = 32
N_FOLDS = 3
N_CHILDREN = 6
CLIPS_EACH = 6


def tiny_cohort(folder: Path) -> Cohort:
    """Write clips of six children, half of them lively and labelled 1, and return the cohort.

    Even a network of random weights tells lively clips from quiet ones, one way or the other.
    """
    rng = np.random.default_rng(0)
    rows = ["segment_name,label"]
    for child in range(1, N_CHILDREN + 1):
        for number in range(1, CLIPS_EACH + 1):
            name = f"child_{child}_{number}.npy"
            label = number % 2
            save_clip(folder / name, clip(N_FRAMES, rng, step=0.06 if label else 0.002))
            rows.append(f"{name},{label}")
    files.write_text(folder / "train_data.csv", "\n".join(rows) + "\n")
    return load_cohort(folder)


def tiny_run(
    folder: Path,
    cohort: Cohort,
    *,
    c_base: int = 4,
    mil: MilMode = "attn",
    change: Callable[[Network], None] | None = None,
) -> runs.Run:
    """Write a run of three folds; `change` may spoil each network before it is saved."""
    settings = runs.TrainingSettings(n_frames=N_FRAMES, n_folds=N_FOLDS, c_base=c_base, mil=mil)
    record = runs.RunRecord(
        edgekit_version="0",
        created_utc="2026-11-01T00:00:00+00:00",
        data_folder=str(cohort.folder),
        child_pattern=CHILD_PATTERN,
        clips_sha256=runs.digest_of(cohort),
        dataset=cohort.dataset,
        fold_of_child={str(child): child % N_FOLDS for child in range(1, N_CHILDREN + 1)},
        settings=settings,
        versions={},
        device="cpu",
        finished=True,
    )
    run = runs.Run(folder, record)
    networks = [
        random_network(NetworkShape(c_base=c_base, mil=mil), fold) for fold in range(N_FOLDS)
    ]
    for fold, network in enumerate(networks):
        if change is not None:
            change(network)
        save_weights(run.weights(fold), network, FoldNotes(fold=fold))
    oof = _oof(run, cohort, networks)
    runs.write_oof(folder / runs.OOF_FILE, oof)
    write_metrics(folder / runs.METRICS_FILE, score(oof, policy="youden", n_bootstrap=20))
    runs.save_record(run)
    return run


def random_network(shape: NetworkShape, seed: int) -> Network:
    """Return a network whose BatchNorm statistics are not the neutral ones."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = Network(shape)
        for module in network.modules():
            if isinstance(module, torch.nn.BatchNorm2d) and module.running_mean is not None:
                module.running_mean.normal_(0, 0.1)
                module.running_var.uniform_(0.5, 1.5)  # type: ignore[union-attr]
                module.weight.data.uniform_(0.5, 1.5)
                module.bias.data.normal_(0, 0.3)
        # Spread the answers, so that a threshold has something to part.
        network.head.cls.weight.data *= 4
        return network.eval()


def _oof(run: runs.Run, cohort: Cohort, networks: list[Network]) -> runs.OofPredictions:
    folds = [run.record.fold_of_child[segment.child_id] for segment in cohort.segments]
    probabilities = []
    for segment, fold in zip(cohort.segments, folds, strict=True):
        features = torch.from_numpy(extract(segment.load()))[None]
        with torch.inference_mode():
            probabilities.append(float(networks[fold](features)[0].sigmoid()))
    return runs.OofPredictions(
        segment_names=tuple(segment.name for segment in cohort.segments),
        child_ids=tuple(segment.child_id for segment in cohort.segments),
        folds=np.array(folds),
        labels=np.array([segment.label for segment in cohort.segments]),
        probabilities=np.array(probabilities),
    )
