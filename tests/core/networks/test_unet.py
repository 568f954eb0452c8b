"""The U-Net: any depth, dropout where the paper has it, codes, even doublings."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from i2i_core.networks.unet import UNet, UpConv
from tests.helpers import noise


@pytest.mark.parametrize("depth", [1, 2, 5, 6])
@pytest.mark.parametrize("norm", ["batch", "instance", "none"])
def test_a_unet_of_any_depth_keeps_the_size(depth: int, norm: str) -> None:
    height, width = 2**depth, 3 * 2**depth
    with torch.no_grad():
        result = UNet(1, 2, 2, depth, norm)(noise(2, 1, height, width))
    assert result.shape == (2, 2, height, width)
    assert float(result.abs().max()) <= 1


def test_a_unet_carries_fine_detail_past_its_bottleneck() -> None:
    torch.manual_seed(0)
    network = UNet(1, 1, 4, 4, norm="none", dropout=False)
    for parameter in network.parameters():
        if parameter.ndim == 4:
            nn.init.normal_(parameter, 0.0, 0.3)
    nn.init.zeros_(network.ups[-1].weight)  # nothing comes up from the innermost level
    picture = noise(1, 1, 32, 32)
    with torch.no_grad():
        assert float((network(picture) - network(picture.flip(3))).abs().mean()) > 1e-3


@pytest.mark.parametrize(("depth", "sides"), [(8, [4, 8, 16]), (7, [4, 8]), (6, [4]), (5, [])])
def test_a_unet_drops_out_from_the_fifth_level_on_but_not_at_the_bottleneck(
    depth: int, sides: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    dropped = []

    def record(x: Tensor, share: float, training: bool) -> Tensor:
        assert (share, training) == (0.5, True)
        dropped.append(x.shape[-1])
        return x

    monkeypatch.setattr(F, "dropout", record)
    with torch.no_grad():
        UNet(width=1, depth=depth)(noise(1, 3, 2**depth, 2**depth))
        assert dropped == sides
        UNet(width=1, depth=depth, dropout=False)(noise(1, 3, 2**depth, 2**depth))
        assert dropped == sides


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("size", [(1, 1), (3, 5), (8, 8), (9, 8)])
def test_the_unets_doubling_is_a_transposed_convolution(bias: bool, size: tuple[int, int]) -> None:
    layer = UpConv(6, 4, bias)
    if layer.bias is not None:
        nn.init.normal_(layer.bias)
    x = noise(2, 6, *size)
    results = []
    for way in (layer, lambda y: F.conv_transpose2d(y, layer.weight, layer.bias, 2, 1)):
        given = x.clone().requires_grad_()
        result = way(given)
        gradients = torch.autograd.grad(
            (result * noise(2, 4, 2 * size[0], 2 * size[1], seed=1)).sum(),
            [given, *layer.parameters()],
        )
        results.append((result, *gradients))
    for found, expected in zip(*results, strict=True):
        torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-4)


def alternating(x: Tensor) -> float:
    """How strongly the columns (N, C, H, W) alternate, off the borders."""
    signs = torch.tensor([1.0, -1]).repeat(x.shape[-1] // 2)
    window = torch.hann_window(x.shape[-1], periodic=False)
    return float((x * signs * window).sum(-1).abs().mean() / x.std())


def test_antialias_takes_out_what_alternates_and_adds_no_weights() -> None:
    torch.manual_seed(0)
    plain = UNet(width=4, depth=3, norm="none", dropout=False)
    smooth = UNet(width=4, depth=3, norm="none", dropout=False, antialias=True)
    smooth.load_state_dict(plain.state_dict())
    x = noise(1, 3, 64, 64)
    with torch.no_grad():
        rough, even = (network.features(x)[:, 4:] for network in (plain, smooth))
        assert alternating(even) < 0.1 * alternating(rough)
        features = noise(1, 8, 16, 16)
        assert torch.equal(plain.finish(features), smooth.finish(features))  # the last is not


@pytest.mark.parametrize("depth", [2, 4])
def test_features_are_what_the_last_doubling_is_given(depth: int) -> None:
    network = UNet(1, 2, 3, depth, norm="instance", dropout=False, antialias=True)
    x = noise(2, 1, 2**depth, 3 * 2**depth)
    with torch.no_grad():
        features = network.features(x)
        assert features.shape == (2, 6, 2**depth // 2, 3 * 2**depth // 2)
        assert torch.equal(network.finish(features).tanh(), network(x))


def test_a_code_scales_and_shifts_channels() -> None:
    network = UNet(width=2, depth=3, norm="none", dropout=False, code=2)
    plain = UNet(width=2, depth=3, norm="none", dropout=False)
    plain.load_state_dict({k: v for k, v in network.state_dict().items() if "styles" not in k})
    x = noise(2, 3, 16, 16)
    with torch.no_grad():
        # Untrained, a code of zeros says nothing, as does none.
        torch.testing.assert_close(network(x, torch.zeros(2, 2)), plain(x))
        assert torch.equal(network(x), plain(x))
        # Each picture by its own: scaled by 1 + (−1, 2), shifted by (5, 7) times the first number.
        style = network.styles[0]
        assert isinstance(style, nn.Linear)
        style.weight.zero_()
        style.weight[:, 0] = torch.tensor([-1.0, 2, 5, 7])
        for later in network.styles[1:]:
            later.weight.zero_()
        before = plain.features(x)
        found = network.features(x, torch.tensor([[1.0, 9], [0, 9]]))
    assert torch.equal(found[0, 2], torch.full((8, 8), 5.0))
    torch.testing.assert_close(found[0, 3], 3 * before[0, 3] + 7)
    torch.testing.assert_close(found[1], before[1])
    assert torch.equal(found[:, :2], before[:, :2])  # what skips is left alone


def test_the_plain_unet_is_as_before_and_a_code_changes_its_picture() -> None:
    plain = {name for name, _ in UNet(width=4, depth=4).named_parameters()}
    torch.manual_seed(0)
    coded = UNet(width=4, depth=4, dropout=False, code=3)
    extra = {name for name, _ in coded.named_parameters()} - plain
    assert extra == {f"styles.{i}.{kind}" for i in range(3) for kind in ("weight", "bias")}
    x = torch.rand(1, 3, 16, 16)
    with torch.no_grad():
        one, two = coded(x, torch.ones(1, 3) * 20), coded(x, -torch.ones(1, 3) * 20)
        assert (one - two).abs().mean() > 1e-4
        finished = coded.finish(coded.features(x, torch.zeros(1, 3))).tanh()
        assert torch.allclose(finished, coded(x, torch.zeros(1, 3)))
