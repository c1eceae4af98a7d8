"""Training on scaled features and folding the scale into the weights changes no answer."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from toy_cohort import toy_clip

from edgekit.clips import Clip
from edgekit.features import CHANNELS, extract
from edgekit.train.network import Network, NetworkShape
from edgekit.train.scale import channel_spread, for_raw_features


@pytest.fixture
def clips() -> list[Clip]:
    rng = np.random.default_rng(0)
    return [toy_clip(rng, label, n_frames) for label, n_frames in ((0, 16), (1, 30), (1, 16))]


def test_spread_is_the_root_mean_square_of_each_moving_channel(clips: list[Clip]) -> None:
    spread = channel_spread(clips)
    assert spread.shape == (14, 1, 1)
    assert spread.dtype == np.float32
    together = np.concatenate([extract(clip) for clip in clips], axis=1)
    expected = np.sqrt((together.astype(np.float64) ** 2).mean(axis=(1, 2)))
    np.testing.assert_allclose(spread[:10, 0, 0], expected[:10], rtol=1e-6)


def test_shares_from_0_to_1_stay_as_they_are(clips: list[Clip]) -> None:
    spread = channel_spread(clips)[:, 0, 0]
    names = ("joint_valid", "visibility", "presence", "frame_valid_frac")
    assert {CHANNELS[i] for i in np.flatnonzero(spread == 1.0)} == set(names)


@pytest.mark.parametrize("value", [np.nan, 0.5])
def test_a_channel_that_never_varies_is_left_alone(value: float) -> None:
    np.testing.assert_array_equal(channel_spread([np.full((20, 33, 5), value)]), 1.0)


def test_the_written_weights_do_on_raw_features_what_was_trained_on_scaled_ones(
    clips: list[Clip],
) -> None:
    torch.manual_seed(0)
    spread = channel_spread(clips)
    network = Network(NetworkShape(c_base=8)).eval()
    for clip in clips:
        raw = torch.from_numpy(extract(clip))[None]
        folded = Network(network.shape).eval()
        folded.load_state_dict(network.state_dict())
        for_raw_features(folded, spread)
        with torch.inference_mode():
            scaled_bag, scaled_weights = network(raw / torch.from_numpy(spread))
            raw_bag, raw_weights = folded(raw)
        torch.testing.assert_close(raw_bag, scaled_bag, atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(raw_weights, scaled_weights, atol=1e-5, rtol=1e-5)
    assert not torch.equal(folded.stem[0].weight, network.stem[0].weight)  # type: ignore[arg-type]
