"""The ResNet generators: layers as published, features on the way, low frequencies apart."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from i2i_core.networks.resnet import LowFrequencyNet, ResNet
from i2i_core.networks.unet import UNet
from tests.core.networks.watching import on_the_way
from tests.helpers import noise


def weights_of(network: nn.Module) -> list[int]:
    """The numbers in `network.model` of the layers with convolutions' weights."""
    names = [name for name, value in network.state_dict().items() if value.ndim == 4]
    return sorted({int(name.split(".")[1]) for name in names})


def test_resnets_number_their_layers_as_the_published_files_do() -> None:
    plain, smooth = ResNet(width=2), ResNet(width=2, antialias=True)
    assert weights_of(plain) == [1, 4, 7, *range(10, 19), 19, 22, 26]
    assert weights_of(smooth) == [1, 4, 8, *range(12, 21), 22, 26, 30]
    for network, first, step in ((plain, 10, 5), (smooth, 12, 5), (None, 10, 6)):
        network = network or ResNet(width=2, dropout=True)
        for block in range(first, first + 9):
            assert f"model.{block}.conv_block.1.weight" in network.state_dict()
            assert f"model.{block}.conv_block.{step}.weight" in network.state_dict()


def test_six_blocks_end_where_the_published_ones_do() -> None:
    assert weights_of(ResNet(width=2, blocks=6)) == [1, 4, 7, *range(10, 16), 16, 19, 23]


def test_transposed_convolutions_hold_their_weights_in_by_out() -> None:
    shapes = {name: tuple(v.shape) for name, v in ResNet(width=2).state_dict().items()}
    assert shapes["model.19.weight"] == (8, 4, 3, 3)
    assert shapes["model.22.weight"] == (4, 2, 3, 3)


def test_convolutions_before_batch_normalisation_have_no_bias() -> None:
    names = set(ResNet(width=2, norm="batch").state_dict())
    assert "model.26.bias" in names  # the last one is not normalised
    before_norms = ("model.1", "model.4", "model.10.conv_block.1", "model.19")
    assert not {f"{layer}.bias" for layer in before_norms} & names
    assert "model.1.bias" in ResNet(width=2).state_dict()
    unet = UNet(width=2, depth=3)
    assert [down.bias is None for down in unet.downs] == [True] * 3
    assert [up.bias is None for up in unet.ups] == [False, True, True]
    assert all(layer.bias is not None for layer in [*UNet(depth=3, norm="instance").downs])


@pytest.mark.parametrize("antialias", [False, True])
@pytest.mark.parametrize("norm", ["batch", "instance", "none"])
def test_a_resnet_keeps_the_size(antialias: bool, norm: str) -> None:
    network = ResNet(1, 2, 2, 1, norm, dropout=True, antialias=antialias)
    with torch.no_grad():
        result = network(noise(2, 1, 16, 28))
    assert result.shape == (2, 2, 16, 28)


@pytest.mark.parametrize(
    ("antialias", "numbers"), [(True, (0, 4, 8, 12, 13)), (False, (0, 4, 7, 10, 11))]
)
@pytest.mark.parametrize("norm", ["instance", "none"])
def test_features_are_what_the_layers_give(
    antialias: bool, numbers: tuple[int, ...], norm: str
) -> None:
    network = ResNet(width=4, blocks=2, norm=norm, antialias=antialias)
    x = noise(2, 3, 16, 20)
    with torch.no_grad():
        whole = on_the_way(network, network.model, x)
        encoded = network.encode(x, numbers)
        result, features = network(x, numbers)
    assert torch.equal(result, whole[-1])
    for number, one, other in zip(numbers, encoded, features, strict=True):
        torch.testing.assert_close(one, whole[number])
        torch.testing.assert_close(other, whole[number])


def test_any_layer_of_the_encoder_can_be_asked_for() -> None:
    network = ResNet(width=4, blocks=2, antialias=True)
    x, numbers = noise(1, 3, 16, 20), range(14)
    with torch.no_grad():
        whole = on_the_way(network, network.model, x)
        for number, feature in zip(numbers, network.encode(x, numbers), strict=True):
            torch.testing.assert_close(feature, whole[number], msg=f"layer {number}")


def test_nothing_is_computed_beyond_the_last_feature() -> None:
    network = ResNet(width=2, blocks=2)
    reached = []
    for number, layer in enumerate(network.model):
        layer.register_forward_hook(lambda *_, number=number: reached.append(number))
    network.encode(noise(1, 3, 16, 16), (0, 4, 7))
    assert reached == list(range(8))


def test_a_generator_begins_at_the_smoothed_picture() -> None:
    """With detail switched off, tones are what is left: the picture without what is smaller."""
    network = ResNet(3, 3, 4, 1, lowpass=8)
    nn.init.zeros_(network.model[-1].weight)
    x = torch.zeros(1, 3, 64, 64)
    x[..., 32:] = 0.6
    fine = 0.3 * torch.tensor([1.0, -1.0]).repeat(32)
    made = network(x + fine)
    assert made.abs().max() < 1
    assert torch.allclose(made[..., :16], torch.zeros(()), atol=0.02)
    assert torch.allclose(made[..., 48:], torch.tensor(0.6), atol=0.02)
    middle = made[0, 0, 32]
    assert (middle.diff() > -0.02).all()  # from dark to light without ringing
    assert (middle.diff() < 0.1).all()


def test_tones_are_translated_by_how_light_they_are() -> None:
    """What instance norms cannot do: a dark and a light picture are told apart."""
    torch.manual_seed(0)
    network = LowFrequencyNet(3, 4, 8)
    nn.init.normal_(network.model[-1].weight, 0, 0.3)
    dark, light = (torch.full((1, 3, 32, 32), value) for value in (-0.8, 0.8))
    change = [network(x).tanh() - x for x in (dark, light)]
    assert (change[0] - change[1]).abs().max() > 0.01
