"""Layers that networks share, against plain PyTorch: norms, resampling, noise."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from i2i_core.networks.layers import (
    BatchNorm,
    BlurDown,
    InstanceNorm,
    Noise,
    initialise,
)
from i2i_core.networks.layers import blur as blur_pixels
from i2i_core.networks.resnet import ResNet
from i2i_core.networks.unet import UNet
from tests.helpers import noise


def test_scales_of_batch_normalisation_begin_around_one() -> None:
    torch.manual_seed(0)
    norm = BatchNorm(20_000)
    initialise(norm)
    assert float(norm.weight.detach().mean()) == pytest.approx(1, abs=1e-3)
    assert float(norm.weight.detach().std()) == pytest.approx(0.02, rel=0.03)
    assert not norm.bias.any()


def test_looking_does_not_move_the_statistics_but_training_does() -> None:
    norm, reference = BatchNorm(3), nn.BatchNorm2d(3)
    x = 2 * noise(2, 3, 6, 6) + 1
    before = {name: value.clone() for name, value in norm.state_dict().items()}
    with torch.no_grad():
        looked = norm(x)
    assert all(torch.equal(before[name], value) for name, value in norm.state_dict().items())
    trained = norm(x)
    expected = reference(x)
    torch.testing.assert_close(looked, expected)
    torch.testing.assert_close(trained, expected)
    assert not torch.equal(before["running_mean"], norm.running_mean)
    torch.testing.assert_close(norm.running_mean, reference.running_mean)
    torch.testing.assert_close(norm.running_var, reference.running_var)
    with torch.no_grad():  # outside of training the gathered statistics are used
        torch.testing.assert_close(norm.eval()(x), reference.eval()(x))


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_instance_norm_is_pytorchs(count: int, layout: torch.memory_format) -> None:
    x = (3 * noise(count, 5, 6, 7) - 1).contiguous(memory_format=layout)
    one, other = x.clone().requires_grad_(), x.clone().requires_grad_()
    found, expected = InstanceNorm(5)(one), nn.InstanceNorm2d(5)(other)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-4)
    toward = noise(*x.shape, seed=1)
    (found * toward).sum().backward()
    (expected * toward).sum().backward()
    torch.testing.assert_close(one.grad, other.grad, atol=1e-5, rtol=1e-4)
    assert found.is_contiguous(memory_format=layout)
    assert not list(InstanceNorm(5).state_dict())


@pytest.mark.parametrize("size", [(8, 8), (7, 9), (6, 5), (2, 3)])
def test_blur_down_is_a_strided_convolution_with_reflected_borders(size: tuple[int, int]) -> None:
    line = torch.tensor([1.0, 2, 1])
    kernel = (torch.outer(line, line) / 16).expand(3, 1, 3, 3)
    x = noise(2, 3, *size)
    expected = F.conv2d(F.pad(x, (1, 1, 1, 1), mode="reflect"), kernel, stride=2, groups=3)
    found = BlurDown()(x)
    assert found.shape[-2:] == ((size[0] + 1) // 2, (size[1] + 1) // 2)
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("size", [(8, 8), (7, 9), (1, 4)])
def test_blur_up_is_a_transposed_convolution_with_replicated_borders(size: tuple[int, int]) -> None:
    line = torch.tensor([1.0, 3, 3, 1])
    kernel = (4 * torch.outer(line, line) / 64).expand(3, 1, 4, 4)
    x = noise(2, 3, *size)
    padded = F.pad(x, (1, 1, 1, 1), mode="replicate")
    # As in the paper's code, which cuts a pixel off each side.
    whole = F.conv_transpose2d(padded, kernel, stride=2, padding=2, groups=3)
    layers = ResNet(width=2, blocks=1, antialias=True).model
    double = next(layer for layer in layers if isinstance(layer, nn.Upsample))
    found = double(x)
    assert found.shape[-2:] == (2 * size[0], 2 * size[1])
    torch.testing.assert_close(found, whole[:, :, 1:-1, 1:-1])


def test_a_blur_by_hand_keeps_brightness_up_to_the_border() -> None:
    line = torch.tensor([1.0, 2, 1]) / 4
    dot = torch.zeros(1, 2, 5, 5)
    dot[0, 1, 2, 2] = 1
    found = blur_pixels(dot)
    torch.testing.assert_close(found[0, 1, 1:4, 1:4], torch.outer(line, line))
    assert not found[0, 0].any()  # channels do not mix
    corner = torch.zeros(1, 1, 4, 4)
    corner[0, 0, 0, 0] = 16
    # Replicated, three of its four neighbours in a row are the corner itself: 1/4 + 1/2.
    assert blur_pixels(corner)[0, 0, :2, :2].tolist() == [[9, 3], [3, 1]]


def test_blurred_doublings_leave_no_period_of_two() -> None:
    """What alternates from pixel to pixel is what a transposed convolution leaves of one value."""
    torch.manual_seed(0)
    x = torch.randn(1, 3, 8, 8)
    board = torch.zeros(1, 3, 8, 8)
    board[:, :, ::2, ::2] = board[:, :, 1::2, 1::2] = 1
    assert blur_pixels(board)[..., 1:-1, 1:-1].var() < 1e-10
    assert torch.allclose(blur_pixels(torch.ones(1, 2, 5, 5)), torch.ones(1, 2, 5, 5))
    assert blur_pixels(x).shape == x.shape


def test_noise_is_the_same_in_all_channels_and_as_strong_as_learnt() -> None:
    layer = Noise(3)
    x = noise(2, 3, 50, 50)
    assert torch.equal(layer(x), x)
    with torch.no_grad():
        layer.strength.copy_(torch.tensor([0.0, 1, 2]).view(3, 1, 1))
    torch.manual_seed(4)
    added = (layer(x) - x).detach()
    assert not added[:, 0].any()
    torch.testing.assert_close(added[:, 2], 2 * added[:, 1])
    assert float((added[0, 1] - added[1, 1]).std()) > 1  # every picture gets its own
    assert float(added[:, 1].std()) == pytest.approx(1, rel=0.05)
    network = UNet(width=2, depth=3, dropout=False, noise=True)
    picture = noise(1, 3, 16, 16)
    assert torch.equal(network(picture), network(picture))
    for module in network.modules():
        if isinstance(module, Noise):
            nn.init.ones_(module.strength)
    assert not torch.equal(network(picture), network(picture))
