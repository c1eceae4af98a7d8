"""The loop of one fold: it learns, it repeats itself, it stops when the numbers go bad."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from toy_cohort import toy_clip, toy_settings

from edgekit.clips import Clip
from edgekit.errors import DataError
from edgekit.runs import TrainingSettings
from edgekit.train.device import Device, choose_device, repeatable
from edgekit.train.loop import (
    LabelledClips,
    TrainedFold,
    learning_rate,
    positive_weight,
    predict,
    split_batches,
    train_fold,
)
from edgekit.train.network import MIL_MODES, MilMode

CPU = choose_device("cpu")


def _data(n_clips: int = 12, seed: int = 0) -> LabelledClips:
    rng = np.random.default_rng(seed)
    labels = np.arange(n_clips) % 2
    return LabelledClips([toy_clip(rng, int(label)) for label in labels], labels)


def _train(
    folder: Path,
    data: LabelledClips | None = None,
    settings: TrainingSettings | None = None,
    device: Device = CPU,
    fold: int = 0,
) -> TrainedFold:
    with repeatable(CPU, 1):
        return train_fold(
            fold,
            data or _data(),
            settings or toy_settings(),
            device=device,
            checkpoint=folder / "checkpoint.safetensors",
        )


def _same(first: TrainedFold, second: TrainedFold) -> bool:
    pairs = zip(
        first.network.state_dict().values(), second.network.state_dict().values(), strict=True
    )
    return first.losses == second.losses and all(torch.equal(*pair) for pair in pairs)


@pytest.mark.parametrize("mil", MIL_MODES)
def test_learns_what_is_plain_to_see(tmp_path: Path, mil: MilMode) -> None:
    settings = toy_settings(mil=mil, epochs=20, learning_rate=2e-2, augment=False)
    trained = _train(tmp_path, _data(24), settings)
    unseen = _data(20, seed=1)
    probabilities = predict(trained.network, unseen.clips)
    assert trained.losses[-1] < trained.losses[0] / 2
    assert ((probabilities > 0.5) == (unseen.labels == 1)).all()


def test_repeats_itself_to_the_bit(tmp_path: Path) -> None:
    assert _same(_train(tmp_path / "a"), _train(tmp_path / "b"))


@pytest.mark.parametrize("change", [{"seed": 1}, {"augment": False}])
def test_seed_and_augmentation_matter(tmp_path: Path, change: dict[str, object]) -> None:
    other = _train(tmp_path / "b", settings=toy_settings(**change))
    assert not _same(_train(tmp_path / "a"), other)


def test_folds_draw_different_numbers(tmp_path: Path) -> None:
    assert not _same(_train(tmp_path / "a"), _train(tmp_path / "b", fold=1))


def test_goes_on_from_a_checkpoint_as_if_never_stopped(tmp_path: Path) -> None:
    whole = _train(tmp_path / "a")
    checkpoint = tmp_path / "b" / "checkpoint.safetensors"

    class Stop(Exception):  # noqa: N818 -- no error, a way out
        pass

    class StopInEpochTwo:
        def step(self, task: str, done: int, total: int) -> None:
            if done == 5:  # of three batches an epoch
                raise Stop

        def say(self, line: str) -> None: ...

    with pytest.raises(Stop), repeatable(CPU, 1):
        train_fold(
            0,
            _data(),
            toy_settings(),
            device=CPU,
            checkpoint=checkpoint,
            progress=StopInEpochTwo(),
        )
    assert checkpoint.exists()
    torch.manual_seed(99)
    assert _same(whole, _train(tmp_path / "b"))


def test_float16_training_scales_its_loss_and_learns(tmp_path: Path) -> None:
    device = Device(torch.device("cpu"), "a stand-in", torch.float16)
    settings = toy_settings(epochs=8, learning_rate=1e-2, augment=False)
    trained = _train(tmp_path, _data(), settings, device)
    assert trained.losses[-1] < trained.losses[0]
    assert next(trained.network.parameters()).dtype == torch.float32


def test_a_loss_that_diverges_names_fold_and_epoch(tmp_path: Path) -> None:
    settings = toy_settings(learning_rate=1e30, warmup_epochs=0.0)
    with pytest.raises(
        DataError, match=r"fold 0, epoch 1: .*no longer finite.*--lr \(now 1e\+30\)"
    ):
        _train(tmp_path, settings=settings)
    assert list(tmp_path.iterdir()) == []


def test_absurd_coordinates_stop_training(tmp_path: Path) -> None:
    data = _data()
    clips: list[Clip] = [clip.copy() for clip in data.clips]
    clips[3][4:8, 15, 0] = 1e200
    with (
        pytest.raises(DataError, match=r"fold 0, epoch 1: .*absurd coordinates"),
        np.errstate(all="ignore"),
    ):
        _train(tmp_path, LabelledClips(clips, data.labels))


def test_a_prediction_hangs_on_no_other_clip(tmp_path: Path) -> None:
    network, clips = _train(tmp_path).network, _data(5).clips
    together = predict(network, clips)
    assert together.dtype == np.float64
    alone = [predict(network, [clip])[0] for clip in clips]
    np.testing.assert_array_equal(together, alone)


@given(n_clips=st.integers(2, 70), batch_size=st.integers(2, 20))
def test_batches_hold_every_clip_once_and_never_one_alone(n_clips: int, batch_size: int) -> None:
    order = np.random.default_rng(0).permutation(n_clips)
    batches = split_batches(order, batch_size)
    np.testing.assert_array_equal(np.concatenate(batches), order)
    sizes = [len(batch) for batch in batches]
    assert min(sizes) >= 2
    assert max(sizes) <= batch_size + 1
    assert max(sizes) - min(sizes) <= 1


def test_the_rarer_class_counts_for_more() -> None:
    assert positive_weight(np.array([0, 0, 1, 0])) == 3.0


def test_learning_rate_rises_then_falls_along_a_cosine() -> None:
    rates = [learning_rate(step, 10, 4, 2.0) for step in range(10)]
    assert rates[:5] == [0.5, 1.0, 1.5, 2.0, 2.0]
    assert rates[7] == pytest.approx(1.0)  # half-way down
    assert 0 < rates[9] < rates[8] < rates[7]


@pytest.mark.parametrize("n_warmup", [0, 1, 5])
def test_learning_rate_of_a_single_step_is_the_peak(n_warmup: int) -> None:
    assert learning_rate(0, 1, n_warmup, 0.1) == 0.1
