"""All of the papers' networks: as many weights as published, how they begin, how far they go."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import nn

from i2i_core.networks.patchgan import PatchGAN
from i2i_core.networks.projection import PatchProjection
from i2i_core.networks.resnet import ResNet
from i2i_core.networks.stylegan2 import SinCUTGenerator, StyleGAN2Discriminator
from i2i_core.networks.unet import UNet
from tests.helpers import noise


@pytest.mark.parametrize(
    ("make", "millions", "digits"),
    [
        (lambda: UNet(), 54.41, 2),
        (lambda: UNet(depth=7), 41.83, 2),
        (lambda: ResNet(), 11.378, 3),
        (lambda: ResNet(dropout=True), 11.378, 3),
        (lambda: ResNet(antialias=True), 11.378, 3),
        (lambda: PatchGAN(6, norm="batch"), 2.77, 2),
        (lambda: PatchGAN(3), 2.765, 3),
        (lambda: PatchGAN(3, antialias=True), 2.765, 3),
        (lambda: PatchProjection((3, 128, 256, 256, 256)), 0.56, 2),
        (lambda: SinCUTGenerator(), 3.07, 2),
        (lambda: StyleGAN2Discriminator(), 5.89, 2),
    ],
)
def test_networks_have_as_many_weights_as_the_published_ones(
    make: Callable[[], nn.Module], millions: float, digits: int
) -> None:
    with torch.device("meta"):
        assert round(sum(p.numel() for p in make().parameters()) / 1e6, digits) == millions


@pytest.mark.parametrize("network", [UNet(width=2, depth=3), ResNet(width=2, blocks=1)])
def test_results_stay_between_minus_one_and_one(network: nn.Module) -> None:
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.mul_(300)
        result = network(3 * noise(1, 3, 32, 32))
    assert 0.9 < float(result.abs().max()) <= 1


@pytest.mark.parametrize(
    "make",
    [
        lambda dropout: UNet(width=2, depth=6, norm="instance", dropout=dropout),
        lambda dropout: ResNet(width=2, blocks=1, dropout=dropout),
    ],
)
def test_dropout_is_at_work_in_training_alone(make: Callable[[bool], nn.Module]) -> None:
    picture = noise(1, 3, 64, 64)
    cases = ((True, True, True), (True, False, False), (False, True, False))
    for dropout, training, differs in cases:
        torch.manual_seed(0)
        network = make(dropout).train(training)
        for parameter in network.parameters():
            if parameter.ndim == 4:
                nn.init.normal_(parameter, 0.0, 0.2)
        with torch.no_grad():
            assert torch.equal(network(picture), network(picture)) != differs


def test_weights_begin_normal_with_spread_0_02() -> None:
    torch.manual_seed(0)
    for network in (UNet(width=16, depth=5), ResNet(width=16, blocks=2), PatchGAN(3, 16)):
        weights = [value.detach().flatten() for value in network.parameters() if value.ndim == 4]
        every = torch.cat(weights)
        assert float(every.mean()) == pytest.approx(0, abs=3e-4)
        assert float(every.std()) == pytest.approx(0.02, rel=0.02)
        biases = [v for n, v in network.named_parameters() if n.endswith("bias")]
        assert biases
        assert all(not bias.any() for bias in biases)


@pytest.mark.parametrize("network", [ResNet(width=16, blocks=1, init="xavier")])
def test_xavier_spreads_weights_by_the_number_of_inputs_and_outputs(network: nn.Module) -> None:
    state = network.state_dict()
    for name, fan in (("model.7", 9 * (32 + 64)), ("model.10.conv_block.1", 9 * (64 + 64))):
        spread = float(state[f"{name}.weight"].std())
        assert spread == pytest.approx(0.02 * math.sqrt(2 / fan), rel=0.03)
    head = PatchProjection([64]).heads[0]
    assert isinstance(head, nn.Sequential)
    first = head[0].weight
    assert float(first.detach().std()) == pytest.approx(0.02 * math.sqrt(2 / (64 + 256)), rel=0.03)
    assert not head[0].bias.any()
