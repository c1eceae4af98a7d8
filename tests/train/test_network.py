"""The network: its shapes, its size, and what each MIL head computes."""

from __future__ import annotations

import math

import pytest
import torch

from edgekit.train.network import MIL_MODES, MilHead, MilMode, Network, NetworkShape

STEP_LOGITS = [0.0, 2.0, -1.0, 1.0, 3.0, -2.0, 0.5, 1.5]


def _head_of(logits: list[float], mode: MilMode) -> tuple[float, list[float]]:
    """Run a head whose step features are the step logits themselves."""
    head = MilHead(1, mode)
    with torch.no_grad():
        head.cls.weight.fill_(1.0)
        head.cls.bias.zero_()
        bag, weights = head(torch.tensor(logits)[None, :, None])
    return float(bag), weights[0].tolist()


@pytest.mark.parametrize("mil", MIL_MODES)
@pytest.mark.parametrize(("c_in", "c_base", "n_frames"), [(14, 4, 16), (5, 6, 61), (14, 8, 150)])
def test_forward_shapes(mil: MilMode, c_in: int, c_base: int, n_frames: int) -> None:
    network = Network(NetworkShape(c_in=c_in, c_base=c_base, mil=mil)).eval()
    with torch.no_grad():
        bag, weights = network(torch.randn(2, c_in, n_frames, 33))
    n_steps = math.ceil(math.ceil(n_frames / 2) / 2)
    assert bag.shape == (2,)
    assert weights.shape == (2, n_steps)
    assert torch.isfinite(bag).all()
    torch.testing.assert_close(weights.sum(dim=1), torch.ones(2))


def test_default_size_is_the_write_ups() -> None:
    network = Network(NetworkShape())
    assert sum(parameter.numel() for parameter in network.parameters()) == 110_594


def test_topk_averages_the_top_quarter() -> None:
    bag, weights = _head_of(STEP_LOGITS, "topk")
    assert bag == pytest.approx((3.0 + 2.0) / 2)
    assert weights == [0.0, 0.5, 0.0, 0.0, 0.5, 0.0, 0.0, 0.0]


def test_topk_of_a_short_clip_takes_one_step() -> None:
    assert _head_of([1.0, -1.0], "topk") == (1.0, [1.0, 0.0])


def test_logsumexp_by_hand() -> None:
    bag, weights = _head_of(STEP_LOGITS, "logsumexp")
    exps = [math.exp(logit) for logit in STEP_LOGITS]
    assert bag == pytest.approx(math.log(sum(exps) / len(exps)), abs=1e-6)
    assert weights == pytest.approx([e / sum(exps) for e in exps], abs=1e-6)


def test_attention_weighs_step_logits() -> None:
    torch.manual_seed(0)
    head = MilHead(3, "attn")
    steps = torch.randn(2, 5, 3)
    with torch.no_grad():
        bag, weights = head(steps)
        logits = head.cls(steps).squeeze(-1)
    assert (weights > 0).all()
    torch.testing.assert_close(weights.sum(dim=1), torch.ones(2))
    torch.testing.assert_close(bag, (weights * logits).sum(dim=1))


def test_a_clip_moves_along_its_edges_only() -> None:
    # One spatial layer sees neighbours alone: the left foot tells the nose nothing.
    network = Network(NetworkShape(c_base=4)).eval()
    layer = network.blocks[0].spatial
    x = torch.randn(1, 4, 2, 33)
    changed = x.clone()
    changed[..., 31] += 1.0
    with torch.no_grad():
        moved = (layer(x) - layer(changed)).abs().amax(dim=(0, 1, 2)) > 1e-6  # type: ignore[operator]
    assert moved.nonzero().flatten().tolist() == [27, 29, 31]


def test_unknown_weights_are_refused() -> None:
    attention, topk = Network(NetworkShape(c_base=4)), Network(NetworkShape(c_base=4, mil="topk"))
    with pytest.raises(RuntimeError, match="attend"):
        topk.load_state_dict(attention.state_dict())
