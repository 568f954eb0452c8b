"""The moving average of weights: how fast it follows, and what it is loaded with."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from i2i_core.networks.layers import BatchNorm
from i2i_core.training.ema import EMA
from tests.helpers import noise


def line(weight: float, bias: float) -> nn.Linear:
    layer = nn.Linear(1, 1)
    nn.init.constant_(layer.weight, weight)
    nn.init.constant_(layer.bias, bias)
    return layer


@pytest.mark.parametrize(
    ("step", "decay", "kept"),
    [
        (0, 0.9, 1 / 10),  # at first faster than `decay`
        (5, 0.9, 6 / 15),
        (80, 0.9, 81 / 90),
        (81, 0.9, 0.9),
        (10_000, 0.5, 0.5),
    ],
)
def test_the_average_follows_by_its_decay(step: int, decay: float, kept: float) -> None:
    network = line(1, 10)
    ema = EMA(network, decay)
    network.load_state_dict(line(3, -10).state_dict())
    ema.update(step)
    assert ema.average is not None
    assert float(ema.average.weight) == pytest.approx(kept * 1 + (1 - kept) * 3)
    assert float(ema.average.bias) == pytest.approx(kept * 10 - (1 - kept) * 10)
    assert float(network.weight.detach()) == 3
    assert ema.network is ema.average


def test_the_average_takes_over_statistics_as_they_are() -> None:
    network = BatchNorm(3)
    ema = EMA(network, 0.999)
    network(noise(2, 3, 5, 5) + 4)
    ema.update(10_000)
    assert torch.equal(ema.network.running_mean, network.running_mean)
    assert torch.equal(ema.network.running_var, network.running_var)
    assert int(ema.network.num_batches_tracked) == 1


def test_without_a_decay_the_network_itself_translates() -> None:
    network = line(1, 2)
    ema = EMA(network, 0.0)
    assert ema.network is network
    assert ema.average is None
    ema.update(3)
    assert not ema.state_dict()
    assert not list(ema.parameters())


def test_an_average_is_not_learnt_and_holds_its_network_only_once() -> None:
    network = line(1, 2)
    ema = EMA(network, 0.9)
    assert set(ema.state_dict()) == {"average.weight", "average.bias"}
    assert not any(weight.requires_grad for weight in ema.parameters())
    assert all(weight.requires_grad for weight in network.parameters())


@pytest.mark.parametrize("decay", [0.0, 0.9])
def test_network_and_average_are_loaded_alike(decay: float) -> None:
    network = line(1, 2)
    ema = EMA(network, decay)
    ema.load_weights(line(5, 6).state_dict())
    for part in (network, ema.network):
        assert float(part.weight.detach()) == 5
        assert float(part.bias.detach()) == 6
    with pytest.raises(RuntimeError):
        ema.load_weights(nn.Linear(2, 2).state_dict())
