"""Winograd's convolution against PyTorch's: values, gradients, and when it is used."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from i2i_core.networks.resnet import ResNet
from i2i_core.networks.winograd import MIN_CHANNELS, Conv3x3, pays
from tests.helpers import noise


@pytest.fixture
def avx2(monkeypatch: pytest.MonkeyPatch) -> None:
    """A processor without AVX-512, whatever this one has."""
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX2")


def by_winograd(y: Tensor) -> bool:
    """Whether `y`, of a convolution without bias, was computed so."""
    return y.grad_fn is not None and "Winograd" in y.grad_fn.name()


def error(found: Tensor, expected: Tensor) -> float:
    """The largest difference in units of the largest value."""
    return float(((found - expected).abs().max() / expected.abs().max()).detach())


@pytest.mark.usefixtures("avx2")
@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("size", [(4, 4), (8, 12), (20, 16)])
@pytest.mark.parametrize("bias", [True, False])
def test_value_and_gradients_are_the_definitions(
    count: int, size: tuple[int, int], bias: bool
) -> None:
    torch.manual_seed(0)
    layer = Conv3x3(MIN_CHANNELS, MIN_CHANNELS + 16, bias)
    height, width = size
    x = noise(count, MIN_CHANNELS, height + 2, width + 2).requires_grad_()
    result = layer(x)
    assert result.shape == (count, MIN_CHANNELS + 16, height, width)
    assert bias or by_winograd(result)
    toward = noise(*result.shape, seed=1)
    gradients = torch.autograd.grad((result * toward).sum(), [x, *layer.parameters()])

    exact = [value.detach().double().requires_grad_() for value in (x, *layer.parameters())]
    expected = F.conv2d(*exact)
    expected_gradients = torch.autograd.grad((expected * toward).sum(), exact)
    assert error(result, expected) < 1e-4
    for found, gradient in zip(gradients, expected_gradients, strict=True):
        assert error(found, gradient) < 1e-4


@pytest.mark.usefixtures("avx2")
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_either_layout_of_the_input_is_taken(layout: torch.memory_format) -> None:
    layer = Conv3x3(MIN_CHANNELS, MIN_CHANNELS, bias=False)
    x = noise(2, MIN_CHANNELS, 10, 14).contiguous(memory_format=layout)
    result = layer(x)
    assert by_winograd(result)
    assert error(result, F.conv2d(x, layer.weight)) < 1e-4


@pytest.mark.usefixtures("avx2")
def test_the_input_may_need_no_gradient() -> None:
    layer = Conv3x3(MIN_CHANNELS, MIN_CHANNELS, bias=False)
    x = noise(1, MIN_CHANNELS, 6, 6)
    layer(x).square().sum().backward()
    (expected,) = torch.autograd.grad(F.conv2d(x, layer.weight).square().sum(), layer.weight)
    assert layer.weight.grad is not None
    assert error(layer.weight.grad, expected) < 1e-4


@pytest.mark.usefixtures("avx2")
def test_what_it_does_not_pay_for_is_left_to_pytorch(monkeypatch: pytest.MonkeyPatch) -> None:
    many = MIN_CHANNELS
    layer = Conv3x3(many, many, bias=False)
    whole = noise(1, many, 10, 10)
    assert by_winograd(layer(whole))
    odd = noise(1, many, 11, 10)  # 9 × 8 pixels are not whole tiles
    assert not by_winograd(layer(odd))
    assert error(layer(odd), F.conv2d(odd, layer.weight)) < 1e-4
    for channels_in, channels_out in ((many, 8), (8, many)):
        few = Conv3x3(channels_in, channels_out, bias=False)
        assert not by_winograd(few(whole[:, :channels_in]))
    with torch.no_grad():
        assert not pays(whole, layer.weight, 8, 8)
        assert error(layer(whole), F.conv2d(whole, layer.weight)) < 1e-5
    doubled = Conv3x3(many, many, bias=False).double()
    assert not by_winograd(doubled(whole.double()))
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX512")
    assert not by_winograd(layer(whole))


@pytest.mark.usefixtures("avx2")
def test_frozen_weights_pass_the_gradient_on() -> None:
    layer = Conv3x3(MIN_CHANNELS, MIN_CHANNELS, bias=False).requires_grad_(False)
    x = noise(1, MIN_CHANNELS, 10, 10).requires_grad_()
    (found,) = torch.autograd.grad(layer(x).square().sum(), x)
    (expected,) = torch.autograd.grad(F.conv2d(x, layer.weight).square().sum(), x)
    assert error(found, expected) < 1e-4


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("antialias", [False, True])
def test_a_whole_resnet_learns_the_same_with_and_without(
    count: int, antialias: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    network = ResNet(width=24, blocks=2, antialias=antialias)  # 96 channels
    x = noise(count, 3, 32, 48)
    results = {}
    for processor in ("AVX2", "AVX512"):
        monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda kind=processor: kind)
        result = network(x)
        loss = (result * noise(*result.shape, seed=1)).sum()
        gradients = torch.autograd.grad(loss, list(network.parameters()))
        # The biases before a norm have no true gradient, only the rounding's.
        results[processor] = [result, *(g for g in gradients if g.ndim == 4)]
    assert results["AVX2"][0].is_contiguous()
    for found, expected in zip(results["AVX2"], results["AVX512"], strict=True):
        assert error(found, expected) < 1e-3
    assert not torch.equal(results["AVX2"][0], results["AVX512"][0])  # two ways indeed


@pytest.mark.usefixtures("avx2")
def test_second_derivatives_are_refused_rather_than_wrong() -> None:
    layer = Conv3x3(MIN_CHANNELS, MIN_CHANNELS, bias=False)
    x = noise(1, MIN_CHANNELS, 6, 6).requires_grad_()
    (slope,) = torch.autograd.grad(layer(x).square().sum(), layer.weight, create_graph=True)
    with pytest.raises(RuntimeError, match="twice"):
        slope.square().sum().backward()
