"""Tiles of large pictures fit together as if there were none."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from PIL import Image
from torch import Tensor

from i2i_core.methods.cut import CUT, CUTConfig
from i2i_core.methods.cyclegan import CycleGAN, CycleGANConfig
from i2i_core.networks import tiling
from i2i_core.networks.layers import BatchNorm, InstanceNorm, SharedStatistics
from i2i_core.networks.resnet import ResNet
from i2i_core.progress import Progress


def network(antialias: bool, lowpass: int, norm: str = "instance") -> ResNet:
    """Weights far from zero, so that everything reaches everywhere; batch norms look at the picture
    at hand, as methods that translate in training mode have it."""
    torch.manual_seed(0)
    resnet = ResNet(3, 3, 4, 2, norm, antialias=antialias, lowpass=lowpass)
    for parameter in resnet.parameters():
        torch.nn.init.normal_(parameter, 0, 0.3)
    return resnet.train(norm == "batch")


def tiled(resnet: ResNet, x: Tensor, tile: int, reach: int | None = None) -> Tensor:
    with torch.no_grad():
        *_, (done, total, result) = tiling.in_tiles(
            resnet, x, resnet.reach if reach is None else reach, tile, thumbnail=64
        )
    assert done == total
    return result


@pytest.mark.parametrize(
    ("antialias", "lowpass", "norm"),
    [(False, 0, "instance"), (True, 0, "instance"), (True, 8, "instance"), (True, 0, "batch")],
)
@pytest.mark.parametrize("size", [(160, 228), (100, 64)])
def test_how_a_picture_is_cut_does_not_matter(
    antialias: bool, lowpass: int, norm: str, size: tuple[int, int]
) -> None:
    resnet, x = network(antialias, lowpass, norm), torch.rand(1, 3, *size) * 2 - 1
    whole, *cut = (tiled(resnet, x, tile) for tile in (256, 128, 64, 32))
    for result in cut:
        assert result.shape == x.shape
        assert torch.allclose(result, whole, atol=1e-3)


def test_the_reach_is_not_more_than_is_needed() -> None:
    """With a third of the overlap seams would show."""
    resnet, x = network(True, 0), torch.rand(1, 3, 160, 160) * 2 - 1
    whole = tiled(resnet, x, 256)
    assert not torch.allclose(tiled(resnet, x, 64, resnet.reach // 3), whole, atol=1e-2)


@pytest.mark.parametrize("norm", ["instance", "batch"])
def test_a_picture_in_one_tile_has_the_statistics_of_its_thumbnail(norm: str) -> None:
    """At its own size these are its own: then tiling changes nothing."""
    resnet, x = network(True, 8, norm), torch.rand(1, 3, 64, 64) * 2 - 1
    with torch.no_grad():
        assert torch.allclose(tiled(resnet, x, 64), resnet(x), atol=1e-4)


@pytest.mark.parametrize("kind", [InstanceNorm, BatchNorm])
@torch.no_grad()
def test_shared_statistics_are_the_first_pictures_and_end_with_the_block(
    kind: type[InstanceNorm] | type[BatchNorm],
) -> None:
    norm, x = kind(3), torch.rand(1, 3, 8, 8)
    other = 5 + 2 * torch.rand(1, 3, 8, 8)
    alone = norm(other)
    with SharedStatistics() as shared:
        assert torch.allclose(norm(x), kind(3)(x), atol=1e-5)
        assert norm(other).mean() > 5
        with ThreadPoolExecutor(1) as pool:  # another thread has its own
            assert torch.equal(pool.submit(torch.no_grad()(norm), other).result(), alone)
    assert torch.equal(norm(other), alone)
    with shared:
        assert norm(other).mean() > 5


@torch.no_grad()
def test_gathered_statistics_are_shared_already() -> None:
    norm, x = BatchNorm(3).eval(), 5 + 2 * torch.rand(1, 3, 8, 8)
    with SharedStatistics():
        norm(torch.rand(1, 3, 8, 8))
        assert torch.equal(norm(x), BatchNorm(3).eval()(x))


def test_no_frame_is_painted() -> None:
    """Convolutions padded with zeros darken a border; what is mirrored beyond it looks like more
    of the same."""
    conv = torch.nn.Conv2d(1, 1, 9, padding=4, bias=False)
    torch.nn.init.constant_(conv.weight, 1 / 81)
    x = torch.ones(1, 1, 24, 20)
    assert conv(x).min() < 0.5
    made = tiling.beyond_borders(conv, x, 8)
    assert made.shape == x.shape
    assert torch.allclose(made, x, atol=1e-5)
    assert torch.equal(tiling.beyond_borders(conv, x, 0), conv(x))
    assert tiling.beyond_borders(conv, x, 20).shape == x.shape


@pytest.mark.parametrize(
    "method",
    [
        CycleGAN(CycleGANConfig(width=4, blocks=1, discriminator_width=4)),
        CUT(CUTConfig(width=4, blocks=1, discriminator_width=4, nce_layers=(0, 4))),
    ],
    ids=["cyclegan", "cut"],
)
def test_large_pictures_come_tile_by_tile(
    method: CycleGAN | CUT, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tiling, "LARGEST", 100 * 100)
    monkeypatch.setattr(tiling.in_tiles, "__defaults__", (64, 64))
    method.fitted = True
    records: list[Progress] = list(method.render(Image.effect_noise((150, 90), 60).convert("RGB")))
    assert [record.step for record in records] == [0, 1, 2, 3, 4, 5, 6]
    assert {record.total for record in records} == {6}
    pictures = [record.picture for record in records]
    assert {picture.size for picture in pictures if picture} == {(150, 90)}
    assert len({picture.tobytes() for picture in pictures if picture}) == 7
    assert len(list(method.render(Image.new("RGB", (100, 100))))) == 1
