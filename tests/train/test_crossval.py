"""A whole run: what it writes, that it repeats itself, and what it refuses before work starts."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from toy_cohort import N_FRAMES, toy_clip, toy_cohort, toy_settings

from edgekit.clips import save_clip
from edgekit.cohort import Cohort, load_cohort
from edgekit.errors import DataError, IntegrityError, OutputError, UsageError
from edgekit.features import extract
from edgekit.folds import fold_handles
from edgekit.runs import Run, digest_of, newest_run, open_run
from edgekit.scoring import read_metrics
from edgekit.train.checkpoint import load_network, read_notes
from edgekit.train.crossval import train
from edgekit.train.loop import network_shape


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Cohort:
    return toy_cohort(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def run(cohort: Cohort, tmp_path_factory: pytest.TempPathFactory) -> Run:
    settings = toy_settings(epochs=25, learning_rate=2e-2, augment=False)
    return train(cohort, settings, runs_folder=tmp_path_factory.mktemp("runs"), n_threads=1)


def test_writes_a_finished_run_and_nothing_else(run: Run, cohort: Cohort) -> None:
    assert {path.name for path in run.folder.iterdir()} == {
        "run.json",
        "fold_0.safetensors",
        "fold_1.safetensors",
        "oof.csv",
        "metrics.json",
        "report.html",
    }
    assert newest_run(run.folder.parent) == run
    record = run.record
    assert record.finished
    assert record.clips_sha256 == digest_of(cohort)
    assert record.label_file == str(cohort.folder / "train_data.csv")
    assert set(record.versions) == {"python", "torch", "numpy", "scikit-learn", "safetensors"}
    assert [len(losses) for losses in record.training_loss] == [25, 25]
    assert record.training_loss[1] == read_notes(run.weights(1)).losses


def test_predictions_are_out_of_fold_and_come_from_the_written_weights(
    run: Run, cohort: Cohort
) -> None:
    oof = run.oof()
    assert oof.segment_names == tuple(segment.name for segment in cohort.segments)
    assert oof.labels.tolist() == [segment.label for segment in cohort.segments]
    assert oof.folds.tolist() == [run.record.fold_of_child[child] for child in oof.child_ids]
    for handle in fold_handles(cohort, run.record.fold_of_child):
        network = load_network(run.weights(handle.fold), network_shape(run.record.settings))
        for segment in handle.held_out.segments:
            with torch.inference_mode():
                logit = network(torch.from_numpy(extract(segment.load()))[None])[0]
            stored = oof.probabilities[oof.segment_names.index(segment.name)]
            assert float(logit.sigmoid()) == pytest.approx(stored, abs=1e-5)


def test_a_fold_never_learns_from_the_children_it_holds_out(tmp_path: Path) -> None:
    settings = toy_settings(epochs=1)
    cohort = toy_cohort(tmp_path / "data")
    before = train(cohort, settings, runs_folder=tmp_path / "runs", n_threads=1)
    held_out = fold_handles(cohort, before.record.fold_of_child)[0].held_out.segments
    for number, segment in enumerate(held_out):
        save_clip(segment.path, toy_clip(np.random.default_rng(99 + number), segment.label))
    after = train(cohort, settings, runs_folder=tmp_path / "other", n_threads=1)
    assert after.weights(0).read_bytes() == before.weights(0).read_bytes()
    assert after.weights(1).read_bytes() != before.weights(1).read_bytes()


def test_learns_what_is_plain_to_see_in_children_it_never_saw(run: Run) -> None:
    metrics = read_metrics(run.folder / "metrics.json")
    assert metrics.n_clips == 24
    assert metrics.auroc.value is not None
    assert metrics.auroc.value > 0.95
    assert metrics.threshold.policy == "f1"
    assert "<html" in (run.folder / "report.html").read_text()


def test_the_same_seed_gives_the_same_bytes(cohort: Cohort, tmp_path: Path) -> None:
    runs = [
        train(cohort, toy_settings(), runs_folder=tmp_path, name=name, n_threads=1)
        for name in ("a", "b")
    ]
    other = train(cohort, toy_settings(seed=1), runs_folder=tmp_path, name="c", n_threads=1)
    files = [run.folder / "oof.csv" for run in (*runs, other)]
    assert files[0].read_bytes() == files[1].read_bytes()
    assert files[0].read_bytes() != files[2].read_bytes()
    assert runs[0].weights(1).read_bytes() == runs[1].weights(1).read_bytes()


def test_the_global_random_state_is_left_alone(cohort: Cohort, tmp_path: Path) -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    train(cohort, toy_settings(epochs=1), runs_folder=tmp_path, n_threads=1)
    assert torch.equal(torch.rand(3), expected)


def test_five_folds_by_group_and_another_policy(tmp_path: Path) -> None:
    cohort = toy_cohort(tmp_path / "data", n_children=5, clips_each=2)
    settings = toy_settings(
        n_folds=5, fold_policy="group", epochs=1, mil="topk", threshold_policy="sensitivity=0.5"
    )
    run = train(cohort, settings, runs_folder=tmp_path / "runs", n_threads=1)
    assert sorted(run.record.fold_of_child.values()) == [0, 1, 2, 3, 4]
    assert read_metrics(run.folder / "metrics.json").threshold.policy == "sensitivity=0.5"


def _refused(cohort: Cohort, folder: Path, **changes: object) -> None:
    """Train and see that nothing was begun."""
    try:
        train(cohort, toy_settings(**changes), runs_folder=folder)
    finally:
        assert not folder.exists()


def test_clips_of_another_length_are_refused_before_work_starts(
    cohort: Cohort, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=r"child_1_1\.npy: 16 frames where 60 .*--frames 16"):
        _refused(cohort, tmp_path / "runs", n_frames=60)


def test_one_bad_clip_among_good_ones_is_named(tmp_path: Path) -> None:
    cohort = toy_cohort(tmp_path / "data")
    save_clip(cohort.segments[-1].path, toy_clip(np.random.default_rng(0), 0, N_FRAMES + 1))
    with pytest.raises(DataError, match=r"child_4_6\.npy: 17 frames"):
        _refused(cohort, tmp_path / "runs")
    cohort.segments[2].path.write_bytes(b"\x93NUMPY")
    with pytest.raises(DataError, match=r"child_1_3\.npy: not a readable \.npy"):
        _refused(cohort, tmp_path / "runs")


def test_a_coordinate_beyond_float32_is_no_unobserved_one(tmp_path: Path) -> None:
    cohort = toy_cohort(tmp_path / "data")
    clip = cohort.segments[4].load()
    clip[3, 7, 1] = 1e300
    np.save(cohort.segments[4].path, clip)
    with pytest.raises(DataError, match=r"child_1_5\.npy: value 1e\+300 in frame 3, landmark 7"):
        _refused(cohort, tmp_path / "runs")


def test_fewer_children_than_folds_are_refused(cohort: Cohort, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="4 children cannot fill 5 folds; use --folds 4"):
        _refused(cohort, tmp_path / "runs", n_folds=5)


def test_an_unknown_threshold_policy_is_refused_before_work_starts(
    cohort: Cohort, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="threshold policy 'best'"):
        _refused(cohort, tmp_path / "runs", threshold_policy="best")


def test_a_finished_name_is_not_trained_over(run: Run, cohort: Cohort) -> None:
    before = run.weights(0).read_bytes()
    with pytest.raises(UsageError, match="a finished run"):
        train(cohort, toy_settings(), runs_folder=run.folder.parent, name=run.folder.name)
    assert run.weights(0).read_bytes() == before


def test_a_place_without_permission_is_an_output_error(cohort: Cohort, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="a part of the path is a file"):
        train(cohort, toy_settings(), runs_folder=tmp_path / "file")


def test_divergence_leaves_an_unfinished_run(cohort: Cohort, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="fold 0, epoch 1"):
        train(
            cohort,
            toy_settings(learning_rate=1e30, warmup_epochs=0.0),
            runs_folder=tmp_path,
            name="a",
        )
    assert not open_run(tmp_path / "a").record.finished
    with pytest.raises(UsageError, match="no finished run"):
        newest_run(tmp_path)


def test_spoilt_weights_of_an_earlier_process_are_refused(cohort: Cohort, tmp_path: Path) -> None:
    first = train(cohort, toy_settings(epochs=1), runs_folder=tmp_path, name="a", n_threads=1)
    record = json.loads((first.folder / "run.json").read_text())
    (first.folder / "run.json").write_text(json.dumps(record | {"finished": False}))
    first.weights(1).write_bytes(first.weights(1).read_bytes()[:-40])
    with pytest.raises(IntegrityError, match=r"fold_1\.safetensors: damaged"):
        train(cohort, toy_settings(epochs=1), runs_folder=tmp_path, name="a", n_threads=1)


def test_changed_clips_are_not_mixed_into_an_interrupted_run(tmp_path: Path) -> None:
    cohort = toy_cohort(tmp_path / "data")
    with pytest.raises(DataError):
        train(cohort, toy_settings(learning_rate=1e30), runs_folder=tmp_path / "runs", name="a")
    save_clip(cohort.segments[0].path, toy_clip(np.random.default_rng(99), 1))
    with pytest.raises(UsageError, match="its clips or labels are not these"):
        train(
            load_cohort(cohort.folder),
            toy_settings(learning_rate=1e30),
            runs_folder=tmp_path / "runs",
            name="a",
        )
