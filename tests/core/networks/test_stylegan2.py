"""SinCUT's networks: sizes, noise, demodulation, blurs."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from i2i_core.networks.stylegan2 import DemodulatedUp, SinCUTGenerator, StyleGAN2Discriminator, blur
from tests.core.networks.watching import on_the_way
from tests.helpers import noise


def test_stylegans_blur_keeps_flat_areas_and_size() -> None:
    flat = torch.full((1, 2, 9, 9), 3.0)
    found = blur(flat, (2, 1))
    assert found.shape == flat.shape
    torch.testing.assert_close(found[:, :, 2:-2, 2:-2], flat[:, :, 2:-2, 2:-2])
    dot = torch.zeros(1, 1, 7, 7)
    dot[0, 0, 3, 3] = 1
    line = torch.tensor([1.0, 3, 3, 1]) / 8
    torch.testing.assert_close(blur(dot, (2, 1))[0, 0, 2:6, 2:6], torch.outer(line, line))


@pytest.mark.parametrize("size", [(34, 50), (64, 18), (16, 16)])
def test_sincut_keeps_the_size(size: tuple[int, int]) -> None:
    with torch.no_grad():
        assert SinCUTGenerator(4, 3)(noise(2, 3, *size)).shape == (2, 3, *size)


@pytest.mark.parametrize("size", [16, 64])
def test_sincut_judges_a_crop_as_a_whole(size: int) -> None:
    with torch.no_grad():
        assert StyleGAN2Discriminator(size, 4)(noise(3, 3, size, size)).shape == (3, 1)


def test_sincuts_features_count_from_the_picture_itself() -> None:
    network = SinCUTGenerator(4, 6)
    x, numbers = noise(1, 3, 16, 12), (0, 1, 2, 5)
    with torch.no_grad():
        whole = on_the_way(network, network.encoder, x)
        encoded = network.encode(x, numbers)
        result, features = network(x, numbers)
        assert torch.equal(result, network(x))
    assert torch.equal(encoded[0], x)
    shapes = [tuple(feature.shape[1:]) for feature in encoded]
    assert shapes == [(3, 16, 12), (4, 16, 12), (8, 8, 6), (8, 8, 6)]
    for number, one, other in zip(numbers, encoded, features, strict=True):
        assert torch.equal(one, whole[number])
        assert torch.equal(other, whole[number])


def test_sincuts_noise_has_no_effect_until_its_strength_is_learnt() -> None:
    network = SinCUTGenerator(4, 2)
    x = noise(1, 3, 16, 16)
    assert torch.equal(network(x), network(x))
    for layer in network.modules():
        if isinstance(layer, DemodulatedUp):
            nn.init.constant_(layer.noise, 0.5)
    assert not torch.equal(network(x), network(x))


def test_demodulation_takes_the_size_of_the_weights_away() -> None:
    torch.manual_seed(0)
    layer = DemodulatedUp(6, 4)
    x = noise(1, 6, 32, 32)
    with torch.no_grad():
        before = layer(x)
        layer.weight.mul_(3)
        torch.testing.assert_close(layer(x), before, atol=1e-4, rtol=1e-4)
    assert before.shape == (1, 4, 64, 64)


def test_doubling_is_a_transposed_convolution_a_blur_and_an_activation() -> None:
    torch.manual_seed(0)
    layer = DemodulatedUp(3, 2)
    nn.init.normal_(layer.bias)
    x = noise(1, 3, 5, 6)
    weight = layer.weight / layer.weight.square().sum((1, 2, 3), keepdim=True).sqrt()
    line = torch.tensor([1.0, 3, 3, 1])
    kernel = (torch.outer(line, line) / 16).expand(2, 1, 4, 4)  # of four pixels three are new
    up = F.conv_transpose2d(x, weight.transpose(0, 1), stride=2)
    expected = F.conv2d(up, kernel, layer.bias, padding=1, groups=2)
    expected = F.leaky_relu(expected, 0.2) * math.sqrt(2)
    torch.testing.assert_close(layer(x), expected)


def test_sincuts_layers_keep_the_spread_of_what_goes_in() -> None:
    torch.manual_seed(0)
    network = SinCUTGenerator(32, 4)
    with torch.no_grad():
        x = noise(1, 3, 32, 32)
        spreads = [float(f.square().mean().sqrt()) for f in network.encode(x, (1, 2, 3, 4))]
    assert all(0.5 < spread < 2 for spread in spreads)
