"""pix2pixHD's generator in two stages, and its code of colours."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from i2i_core.networks.pix2pixhd import ColourCode, Pix2PixHDGenerator
from tests.helpers import noise


def test_a_generator_gives_sizes_of_both_stages() -> None:
    network = Pix2PixHDGenerator(1, 3, width=4, depth=3, fine_width=4, code=2, noise=True)
    x, code = torch.rand(2, 1, 32, 48) * 2 - 1, torch.randn(2, 2)
    assert network(x, code).shape == (2, 3, 32, 48)
    assert network(x, code, coarse=True).shape == (2, 3, 16, 24)
    assert network(x, code).abs().max() <= 1


def test_an_untrained_enhancer_adds_little() -> None:
    """Its training starts from the enlarged coarse picture."""
    torch.manual_seed(0)
    network = Pix2PixHDGenerator(3, 3, width=8, depth=3, fine_width=8)
    x = torch.rand(1, 3, 32, 32) * 2 - 1
    small_one, large = network(x, coarse=True), network(x)
    difference = torch.nn.functional.avg_pool2d(large, 2) - small_one
    assert difference.abs().mean() < 0.1


def test_the_enhancer_adds_to_the_enlarged_coarse_picture() -> None:
    torch.manual_seed(0)
    network = Pix2PixHDGenerator(1, 3, 4, 3, 5)  # an odd width as well
    nn.init.zeros_(network.last.weight)
    with torch.no_grad():
        nn.init.constant_(network.coarse.ups[0].weight, 0.0)
        network.coarse.ups[0].bias.copy_(torch.tensor([0.5, -0.5, 0]))
        network.last.bias.copy_(torch.tensor([0.25, 0, 1]))
        x = noise(1, 1, 32, 16)
        coarse, whole = network(x, coarse=True), network(x)
    assert (coarse.shape, whole.shape) == ((1, 3, 16, 8), (1, 3, 32, 16))
    for found, wanted in ((coarse, [0.5, -0.5, 0]), (whole, [0.75, -0.5, 1])):
        flat = torch.tensor(wanted).tanh().view(1, 3, 1, 1).expand_as(found)
        torch.testing.assert_close(found, flat)


def test_the_coarse_stage_teaches_the_coarse_network_alone() -> None:
    network = Pix2PixHDGenerator(3, 3, 4, 3, 4, code=2, noise=True)
    for coarse in (True, False):
        network.zero_grad()
        network(noise(2, 3, 32, 32), noise(2, 2), coarse=coarse).square().sum().backward()
        taught = {n.split(".")[0] for n, p in network.named_parameters() if p.grad is not None}
        enhancer = {"widen", "refine", "enlarge", "whole", "last", "noises"}
        assert taught == ({"coarse"} if coarse else {"coarse", *enhancer})


def test_a_code_is_carried_from_the_coarse_picture_into_the_fine_one() -> None:
    torch.manual_seed(0)
    network = Pix2PixHDGenerator(3, 3, 8, 3, 8, code=2)
    x = noise(1, 3, 32, 32)
    for coarse in (True, False):
        with torch.no_grad():
            results = [network(x, code * torch.ones(1, 2), coarse) for code in (0, 0, 30)]
        assert torch.equal(results[0], results[1])
        assert not torch.allclose(results[0], results[2], atol=1e-4)


def test_a_colour_code_by_hand() -> None:
    """Two even greys lie 0.5 from their mean in 48 values: a deviation of √(2 · 48 · 0.5²) = √24.
    Along the direction of ones, 1/√48 each, a grey of 0.5 is at 0.5 · √48, which is √½ of them."""
    code = ColourCode(3)
    code.measure([torch.full((1, 3, 8, 8), 0.5), torch.full((1, 3, 20, 12), -0.5)])
    assert not code.mean.any()
    found = code(torch.full((2, 3, 16, 16), 0.5))
    assert found.shape == (2, 3)
    assert found[0].abs().tolist() == pytest.approx([0.5**0.5, 0, 0], abs=1e-5)
    assert torch.equal(found[0], found[1])
    torch.testing.assert_close(code(torch.full((1, 3, 4, 4), -0.25)), -found[:1] / 2)


def test_a_colour_code_knows_where_a_colour_is_but_not_its_detail() -> None:
    left, right = torch.zeros(1, 3, 16, 16), torch.zeros(1, 3, 16, 16)
    left[..., :8] = right[..., 8:] = 1
    code = ColourCode(2)
    code.measure([left, right, torch.ones(1, 3, 16, 16), torch.zeros(1, 3, 16, 16)])
    assert float((code(left) - code(right)).norm()) > 1
    stripes = torch.zeros(1, 3, 16, 16)
    stripes[..., ::2, :] = 1
    torch.testing.assert_close(code(stripes), code(torch.full((1, 3, 16, 16), 0.5)))


@pytest.mark.parametrize("count", [1, 2, 5])
def test_what_few_pictures_do_not_differ_in_is_not_blown_up(count: int) -> None:
    """Crops of one photograph differ from it; divided by a spread of nothing they were hundreds."""
    pictures = [0.8 * noise(1, 3, 36, 36, seed=seed).clamp(-1, 1) for seed in range(count)]
    code = ColourCode(8)
    code.measure(pictures)
    crops = torch.cat([picture[..., :32, 4:] for picture in pictures])
    assert float(code(crops).abs().max()) < 10
    assert int((code.basis.norm(dim=0) > 0).sum()) == count - 1
    code.measure(pictures[:1] * 5)
    assert not code(crops).any()


def test_a_colour_code_of_grey_pictures_and_of_none() -> None:
    grey = [torch.full((1, 1, 8, 8), value) for value in (-0.5, 0.5)]
    one, other = ColourCode(2), ColourCode(2)
    one.measure(grey)
    other.measure([picture.expand(-1, 3, -1, -1) for picture in grey])
    torch.testing.assert_close(one(grey[1]), other(grey[1].expand(-1, 3, -1, -1)))
    before = one.basis.clone()
    one.measure([])
    assert torch.equal(one.basis, before)


def test_drawn_codes_depend_on_the_seed_alone() -> None:
    code = ColourCode(40)
    torch.manual_seed(1)
    first = code.draw(2**32)
    torch.manual_seed(2)
    assert torch.equal(first, code.draw(2**32))
    drawn = torch.cat([code.draw(seed) for seed in range(1, 60)])
    assert drawn.shape == (59, 40)
    assert len(drawn.unique(dim=0)) == 59
    assert float(drawn.abs().max()) == 1.5
    assert float(drawn.mean()) == pytest.approx(0, abs=0.05)
    assert 0.7 < float(drawn.std()) < 1  # cut off
    assert torch.equal(code.draw(0), torch.zeros(1, 40))


def test_a_colour_code_is_white_and_tells_pictures_apart() -> None:
    random = torch.Generator().manual_seed(0)
    tints = torch.rand(60, 3, 1, 1, generator=random) * 2 - 1
    pictures = [tint.expand(1, 3, 20, 28) * 0.8 for tint in tints]
    code = ColourCode(3)
    code.measure(pictures)
    codes = torch.cat([code(picture) for picture in pictures])
    assert torch.allclose(codes.mean(0), torch.zeros(3), atol=1e-4)
    assert torch.allclose(codes.T @ codes / 59, torch.eye(3), atol=1e-2)
    assert code.draw(0).abs().max() == 0
    assert torch.equal(code.draw(5), code.draw(5))
    assert not torch.equal(code.draw(5), code.draw(6))
    assert code.draw(7).abs().max() <= 1.5


def test_fewer_pictures_than_numbers_leave_the_rest_unused() -> None:
    code = ColourCode(8)
    code.measure([torch.zeros(1, 3, 8, 8), torch.ones(1, 3, 8, 8)])
    assert torch.isfinite(code.basis).all()
    assert torch.isfinite(code(torch.rand(1, 3, 8, 8))).all()
