"""The training loop of one fold: a fixed number of epochs, each from a seed of its own.

Every epoch draws its batches, augmentation and dropout from (seed, fold, epoch) alone. So a run
continued after a kill computes what it would have computed, to the bit on a CPU.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.random import Generator, Philox, SeedSequence
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from edgekit.clips import Clip
from edgekit.errors import DataError
from edgekit.features import extract
from edgekit.progress import SILENT, Progress
from edgekit.runs import TrainingSettings
from edgekit.train.augment import augment
from edgekit.train.checkpoint import FoldNotes, load_checkpoint, save_checkpoint
from edgekit.train.device import Device
from edgekit.train.dropout import use_byte_dropout
from edgekit.train.network import Network, NetworkShape
from edgekit.train.scale import channel_spread, for_raw_features

_ORDER, _AUGMENT, _TORCH = range(3)
"""What a stream of random numbers is for, so that no two purposes share one."""


@dataclass(frozen=True)
class LabelledClips:
    """Clips in memory, with their labels."""

    clips: Sequence[Clip]
    """N clips, float (T, V, 5)."""
    labels: NDArray[np.int64]
    """1 = spasm, 0 = none; (N,)."""


@dataclass(frozen=True)
class TrainedFold:
    """A network after its last epoch."""

    network: Network
    """In evaluation mode, on the CPU."""
    losses: tuple[float, ...]
    """Mean training loss of each epoch."""


def train_fold(
    fold: int,
    data: LabelledClips,
    settings: TrainingSettings,
    *,
    device: Device,
    checkpoint: Path,
    progress: Progress = SILENT,
) -> TrainedFold:
    """Train fold `fold` on its training part, going on from `checkpoint` where that exists.

    Args:
        fold: Its number, from 0.
        data: The training part, both classes in it.
        settings: Of the run.
        device: Where to compute; `repeatable` must be in force for a repeatable result.
        checkpoint: Written after each epoch.
        progress: Hears of each batch.

    Raises:
        DataError: The loss or a weight is no longer finite.
        IntegrityError: The checkpoint is damaged or of another fold.
        OutputError: The checkpoint cannot be written.
    """
    trainer = _Trainer(fold, data, settings, device)
    trainer.restore(checkpoint)
    for epoch in range(len(trainer.losses), settings.epochs):
        trainer.run_epoch(epoch, progress)
        trainer.save(checkpoint)
    for_raw_features(trainer.network, trainer.spread)
    return TrainedFold(trainer.network.cpu().eval(), tuple(trainer.losses))


def predict(network: Network, clips: Iterable[Clip]) -> NDArray[np.float64]:
    """Return the spasm probability of each clip, float64 (N,), computed in float32.

    One clip at a time, as on the device: the result of a clip hangs on no other.
    """
    with torch.inference_mode():
        logits = [network(_features([extract(clip)]))[0] for clip in clips]
    return np.asarray(torch.cat(logits).double().sigmoid())


def network_shape(settings: TrainingSettings) -> NetworkShape:
    """Return the shape of the network that `settings` trains."""
    return NetworkShape(c_base=settings.c_base, mil=settings.mil)


def memory_layout(c_base: int) -> torch.memory_format:
    """Return how tensors lie in memory: channels last where that is faster and safe.

    torch 2.13.0 on the CPU corrupts its heap in the backward pass of narrow channels-last
    convolutions: seen at widths 4 and 8, never at multiples of 16.
    """
    return torch.channels_last if c_base % 16 == 0 else torch.contiguous_format


def positive_weight(labels: NDArray[np.int64]) -> float:
    """Return how much each spasm clip counts so that both classes weigh alike; labels are (N,)."""
    n_positives = int(labels.sum())
    return (len(labels) - n_positives) / n_positives


def learning_rate(step: int, n_steps: int, n_warmup: int, peak: float) -> float:
    """Return the learning rate of step `step` of `n_steps`: a linear rise, then half a cosine.

    The rise takes `n_warmup` steps, at most all but one; the last step is just above 0.
    """
    n_warmup = min(n_warmup, n_steps - 1)
    if step < n_warmup:
        return peak * (step + 1) / n_warmup
    done = (step - n_warmup) / (n_steps - n_warmup)
    return peak * 0.5 * (1.0 + math.cos(math.pi * done))


def split_batches(order: NDArray[np.int64], batch_size: int) -> list[NDArray[np.int64]]:
    """Split clip indices (N,) into batches of nearly equal size, none of them a single clip.

    Batch normalisation learns little from one clip; so no batch is smaller than two, and where
    three clips are left for batches of two, one batch has three.
    """
    n_batches = min(math.ceil(len(order) / batch_size), len(order) // 2)
    return np.array_split(order, max(n_batches, 1))


class _Trainer:
    """A network and its optimiser on their way through the epochs of one fold."""

    def __init__(
        self, fold: int, data: LabelledClips, settings: TrainingSettings, device: Device
    ) -> None:
        self.fold, self.data, self.settings, self.device = fold, data, settings, device
        _seed_torch(settings.seed, fold, epoch=0)
        self.layout = memory_layout(settings.c_base)
        network = Network(network_shape(settings)).to(  # type: ignore[call-overload]  # its stub
            memory_format=self.layout
        )
        if device.torch_device.type == "cpu":
            use_byte_dropout(network)
        self.network = network.to(device.torch_device)
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), weight_decay=settings.weight_decay
        )
        self.scaler = device.scaler()
        self.losses: list[float] = []
        self.spread = channel_spread(data.clips)
        self.positive_weight = torch.tensor(
            positive_weight(data.labels), device=device.torch_device
        )
        self.n_batches = len(split_batches(np.arange(len(data.labels)), settings.batch_size))

    def restore(self, checkpoint: Path) -> None:
        if checkpoint.exists():
            notes = load_checkpoint(checkpoint, self.network, self.optimiser, fold=self.fold)
            self.losses = list(notes.losses)
            self.scaler.load_state_dict(notes.scaler)

    def save(self, checkpoint: Path) -> None:
        notes = FoldNotes(
            fold=self.fold, losses=tuple(self.losses), scaler=self.scaler.state_dict()
        )
        save_checkpoint(checkpoint, self.network, self.optimiser, notes)

    def run_epoch(self, epoch: int, progress: Progress) -> None:
        _seed_torch(self.settings.seed, self.fold, epoch + 1)
        self.network.train()
        task, n_steps = f"fold {self.fold}", self.settings.epochs * self.n_batches
        total = torch.zeros((), device=self.device.torch_device)
        for number, (features, labels) in enumerate(self._batches(epoch)):
            step = epoch * self.n_batches + number
            self._set_learning_rate(step, n_steps)
            total += self._step(features, labels) * len(labels)
            progress.step(task, step + 1, n_steps)
        loss = float(total) / len(self.data.labels)
        self._check_finite(epoch, loss)
        self.losses.append(loss)

    def _batches(self, epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
        order = Generator(Philox(_stream(self.settings.seed, _ORDER, self.fold, epoch)))
        indices = order.permutation(len(self.data.labels))
        for batch in split_batches(indices, self.settings.batch_size):
            features = _features([self._example(epoch, index) for index in batch.tolist()])
            labels = torch.from_numpy(self.data.labels[batch]).float()
            features = features.contiguous(memory_format=self.layout)
            yield features.to(self.device.torch_device), labels.to(self.device.torch_device)

    def _example(self, epoch: int, index: int) -> NDArray[np.float32]:
        clip = self.data.clips[index]
        if self.settings.augment:
            stream = _stream(self.settings.seed, _AUGMENT, self.fold, epoch, index)
            clip = augment(clip, Generator(Philox(stream)))
        return extract(clip) / self.spread

    def _step(self, features: Tensor, labels: Tensor) -> Tensor:
        with self.device.autocast():
            logits, _ = self.network(features)  # (N,)
        loss = functional.binary_cross_entropy_with_logits(
            logits.float(), labels, pos_weight=self.positive_weight
        )
        self.optimiser.zero_grad()
        self.scaler.scale(loss).backward()  # type: ignore[no-untyped-call]  # torch's stub
        self.scaler.unscale_(self.optimiser)
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.settings.gradient_norm)
        self.scaler.step(self.optimiser)
        self.scaler.update()
        return loss.detach()

    def _set_learning_rate(self, step: int, n_steps: int) -> None:
        n_warmup = round(self.settings.warmup_epochs * self.n_batches)
        rate = learning_rate(step, n_steps, n_warmup, self.settings.learning_rate)
        for group in self.optimiser.param_groups:
            group["lr"] = rate

    def _check_finite(self, epoch: int, loss: float) -> None:
        parameters = self.network.state_dict().values()
        if math.isfinite(loss) and all(bool(torch.isfinite(p).all()) for p in parameters):
            return
        raise DataError(
            f"fold {self.fold}, epoch {epoch + 1}: the training loss is no longer finite; "
            f"lower --lr (now {self.settings.learning_rate:g}), or look for clips with absurd "
            "coordinates"
        )


def _features(examples: Sequence[NDArray[np.float32]]) -> Tensor:
    return torch.from_numpy(np.stack(examples))  # (N, C, T, V)


def _stream(seed: int, purpose: int, fold: int, epoch: int, index: int = 0) -> SeedSequence:
    # Always five numbers: SeedSequence takes (1, 2) and (1, 2, 0) for the same.
    return SeedSequence((seed, purpose, fold, epoch, index))


def _seed_torch(seed: int, fold: int, epoch: int) -> None:
    stream = _stream(seed, _TORCH, fold, epoch)
    torch.manual_seed(int(stream.generate_state(1, np.uint64)[0]))
