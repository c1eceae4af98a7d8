"""The cheap dropout drops what it should, repeats itself, and rests in evaluation."""

from __future__ import annotations

import torch

from edgekit.train.dropout import ByteDropout, use_byte_dropout
from edgekit.train.network import Network, NetworkShape


def _dropped(seed: int, layout: torch.memory_format = torch.channels_last) -> torch.Tensor:
    torch.manual_seed(seed)
    x = torch.ones(3, 8, 25, 33).contiguous(memory_format=layout)
    dropped: torch.Tensor = ByteDropout(0.15).train()(x)
    return dropped


def test_drops_its_share_and_keeps_the_mean() -> None:
    dropped = _dropped(0)
    kept = dropped[dropped != 0]
    torch.testing.assert_close(kept, torch.full_like(kept, 256 / (256 - 38)))
    assert abs(float((dropped == 0).float().mean()) - 38 / 256) < 0.01
    assert abs(float(dropped.mean()) - 1.0) < 0.01


def test_depends_on_the_seed_and_not_on_the_layout() -> None:
    assert torch.equal(_dropped(0), _dropped(0))
    assert torch.equal(_dropped(0), _dropped(0, torch.contiguous_format))
    assert not torch.equal(_dropped(0), _dropped(1))


def test_an_odd_number_of_elements_is_no_trouble() -> None:
    assert ByteDropout(0.5).train()(torch.ones(1, 1, 1, 3)).shape == (1, 1, 1, 3)


def test_gradient_passes_where_values_do() -> None:
    x = torch.ones(2, 4, 5, 33, requires_grad=True)
    y = ByteDropout(0.3).train()(x)
    y.sum().backward()
    assert x.grad is not None
    assert torch.equal(x.grad, y.detach())


def test_rests_in_evaluation_and_at_rate_zero() -> None:
    x = torch.randn(2, 3, 4, 5)
    assert ByteDropout(0.5).eval()(x) is x
    assert ByteDropout(0.0).train()(x) is x


def test_a_network_keeps_its_weights_and_its_answers() -> None:
    torch.manual_seed(0)
    network = Network(NetworkShape(c_base=4)).eval()
    x = torch.randn(2, 14, 16, 33)
    names, before = list(network.state_dict()), network(x)[0]
    use_byte_dropout(network)
    assert list(network.state_dict()) == names
    assert torch.equal(network(x)[0], before)
    assert not torch.equal(network.train()(x)[0], network(x)[0])
