"""Discriminators of patches and pixels: what each logit sees, and features on the way."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from i2i_core.networks.patchgan import PatchGAN, PixelGAN
from tests.core.networks.watching import on_the_way
from tests.helpers import noise


def weights_of(network: nn.Module) -> list[int]:
    """The numbers in `network.model` of the layers with convolutions' weights."""
    names = [name for name, value in network.state_dict().items() if value.ndim == 4]
    return sorted({int(name.split(".")[1]) for name in names})


@pytest.mark.parametrize("norm", ["batch", "instance"])
def test_discriminators_number_their_layers_as_the_published_files_do(norm: str) -> None:
    assert weights_of(PatchGAN(3, 2, norm=norm)) == [0, 2, 5, 8, 11]
    assert weights_of(PatchGAN(3, 2, norm=norm, antialias=True)) == [0, 3, 7, 11, 14]


@pytest.mark.parametrize("antialias", [False, True])
def test_256_pixels_give_30_by_30_logits(antialias: bool) -> None:
    logits = PatchGAN(6, 2, norm="batch", antialias=antialias)(noise(1, 6, 256, 256))
    assert logits.shape == (1, 1, 30, 30)


@pytest.mark.parametrize(("layers", "pixels"), [(1, 16), (2, 34), (3, 70), (4, 142)])
def test_a_logit_judges_a_patch_of_the_published_size(layers: int, pixels: int) -> None:
    network = PatchGAN(1, 2, layers, norm="none")
    for parameter in network.parameters():
        nn.init.constant_(parameter, 0.1)
    picture = torch.ones(1, 1, 224, 224, requires_grad=True)
    logits = network(picture)
    middle = logits.shape[-1] // 2
    logits[0, 0, middle, middle].backward()
    assert picture.grad is not None
    seen = picture.grad[0, 0] != 0
    assert int(seen.any(0).sum()) == int(seen.any(1).sum()) == pixels
    assert int(seen.sum()) == pixels**2


def test_pixelgan_judges_every_pixel_alone() -> None:
    network = PixelGAN(3, 4, norm="none")
    picture = noise(2, 3, 9, 7).requires_grad_()
    logits = network(picture)
    assert logits.shape == (2, 1, 9, 7)
    logits[1, 0, 4, 2].backward()
    assert picture.grad is not None
    assert picture.grad.abs().sum(1).nonzero().tolist() == [[1, 4, 2]]


@pytest.mark.parametrize("antialias", [False, True])
@pytest.mark.parametrize("norm", ["instance", "none"])
def test_a_discriminators_features_are_what_its_activations_give(
    antialias: bool, norm: str
) -> None:
    judge = PatchGAN(2, 3, 2, norm=norm, antialias=antialias)
    x = noise(2, 2, 32, 24)
    activations = nn.Sequential(*(m for m in judge.model if isinstance(m, nn.LeakyReLU)))
    with torch.no_grad():
        expected = [*on_the_way(judge, activations, x), judge(x)]
        found = judge.features(x)
    assert [f.shape[1] for f in found] == [3, 6, 12, 1]
    for one, other in zip(found, expected, strict=True):
        assert torch.equal(one, other)


def test_features_end_with_the_logits() -> None:
    judge = PatchGAN(6, 4, 2)
    x = torch.rand(1, 6, 32, 32)
    found = judge.features(x)
    assert [f.shape[1] for f in found] == [4, 8, 16, 1]
    assert torch.equal(found[-1], judge(x))


def test_a_discriminator_of_tones_sees_how_light_a_picture_is() -> None:
    torch.manual_seed(0)
    network = PatchGAN(3, 4, 3, lowpass=8)
    x = torch.rand(1, 3, 128, 128) * 0.5
    before, after = network(x), network(x + 0.4)
    assert before.shape == (1, 2, 14, 14)
    assert (before[0, 1:] - after[0, 1:]).abs().max() > 3e-3
    assert torch.equal(network.model(x), before[:, :1])
    assert PatchGAN(3, 4, 3)(x).shape == (1, 1, 14, 14)
