"""The swapping autoencoder's networks: codes, modulation, patches, recoloured pictures."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F

from i2i_core.data.augmentation import random_crops, recolour
from i2i_core.networks.statistics import COUNT, Directions, principal_directions
from i2i_core.networks.stylegan2 import ScaledConv, blur
from i2i_core.networks.swapping import (
    Autoencoder,
    Encoder,
    Generator,
    ModulatedConv,
    PatchDiscriminator,
    StyledConv,
    unit,
)
from i2i_core.networks.swapping_rosinality import RosinalityEncoder, RosinalityGenerator
from tests.helpers import noise


def small() -> Autoencoder:
    torch.manual_seed(0)
    return Autoencoder(
        Encoder((4, 6, 8), (10,), 3, 12), Generator(3, 12, (6,), (8, 4), noise=False)
    )


@pytest.mark.parametrize("kind", [Encoder, RosinalityEncoder])
@pytest.mark.parametrize("size", [(64, 64), (67, 93)])
def test_an_encoder_gives_a_place_for_every_few_pixels_and_one_texture(
    kind: type, size: tuple[int, int]
) -> None:
    torch.manual_seed(0)
    encoder = kind((4, 6, 8), (10, 12), 3, 16)
    with torch.no_grad():
        structure, texture = encoder(noise(2, 3, *size))
        assert structure.shape == (2, 3, size[0] // 4, size[1] // 4)
        assert texture.shape == (2, 16)
        assert torch.equal(encoder.structure(noise(2, 3, *size)), structure)
        assert torch.equal(encoder.texture(noise(2, 3, *size)), texture)
        if kind is Encoder:
            for code in (structure, texture):
                assert torch.allclose(code.square().sum(1), torch.ones(()), atol=1e-2)


def test_a_texture_is_the_same_wherever_things_are() -> None:
    encoder = small().encoder
    with torch.no_grad():
        tile = noise(1, 3, 32, 32)
        once, four = (
            encoder.texture(tile.repeat(1, 1, 2, 2)),
            encoder.texture(tile.repeat(1, 1, 4, 4)),
        )
    assert float((once * four).sum()) > 0.97  # borders apart


@pytest.mark.parametrize("kind", [Generator, RosinalityGenerator])
def test_a_generator_makes_pictures_of_any_size(kind: type) -> None:
    generator = kind(3, 12, (6, 8), (8, 6, 4))
    with torch.no_grad():
        made = generator(noise(2, 3, 5, 7), noise(2, 12))
    assert made.shape == (2, 3, 40, 56)


def test_the_length_of_codes_does_not_matter_and_their_direction_does() -> None:
    generator = small().generator
    s, t = noise(1, 3, 4, 4), noise(1, 12)
    with torch.no_grad():
        made = generator(s, t)
        assert torch.allclose(generator(3 * s, 0.5 * t), made, atol=1e-4)
        assert not torch.allclose(generator(s, noise(1, 12, seed=1)), made, atol=1e-2)
        assert not torch.allclose(generator(noise(1, 3, 4, 4, seed=1), t), made, atol=1e-2)


def test_a_bounded_generator_stays_in_the_range_of_pictures() -> None:
    generator = Generator(3, 12, (6,), (8, 4), bounded=True)
    with torch.no_grad():
        generator.bias.fill_(5)
        assert float(generator(noise(1, 3, 4, 4), noise(1, 12)).max()) <= 1


def test_noise_has_no_effect_until_its_strength_is_learnt() -> None:
    layer = StyledConv(3, 4, 5)
    x, style = noise(1, 3, 6, 6), noise(1, 5)
    assert torch.equal(layer(x, style), layer(x, style))
    assert layer.noise is not None
    torch.nn.init.constant_(layer.noise, 0.5)
    assert not torch.equal(layer(x, style), layer(x, style))
    assert StyledConv(3, 4, 5, noise=False).noise is None


@pytest.mark.parametrize("up", [False, True])
def test_joint_demodulation_is_a_convolution_with_weights_of_its_own(up: bool) -> None:
    """Karras et al. 2020, eq. 1 and 3, picture by picture, against one convolution for all."""
    torch.manual_seed(0)
    layer = ModulatedConv(3, 4, 3, 5, up=up, joint=True)
    x, texture = noise(2, 3, 6, 6), noise(2, 5)
    with torch.no_grad():
        made = layer(x, texture)
        for number in range(2):
            style = layer.modulation(texture[number : number + 1])[0]
            weight = layer.weight / math.sqrt(27) * style.view(1, -1, 1, 1)
            weight = weight / (weight.square().sum((1, 2, 3), keepdim=True) + 1e-8).sqrt()
            one = x[number : number + 1]
            if up:
                expected = F.conv_transpose2d(one, weight.transpose(0, 1), stride=2)
                expected = blur(expected, (1, 1), gain=4.0)
            else:
                expected = F.conv2d(one, weight, padding=1)
            torch.testing.assert_close(made[number : number + 1], expected, atol=1e-4, rtol=1e-4)


def test_demodulation_takes_the_size_of_weights_and_style_away() -> None:
    torch.manual_seed(0)
    layer = ModulatedConv(3, 4, 3, 5, gain=math.sqrt(2))
    x, texture = noise(1, 3, 6, 6), noise(1, 5)
    with torch.no_grad():
        before = layer(x, texture)
        layer.weight.mul_(3)
        layer.modulation.weight.mul_(2)
        layer.modulation.bias.mul_(2)
        torch.testing.assert_close(layer(x, texture), before, atol=1e-4, rtol=1e-4)


def test_a_gain_on_weights_is_a_gain_on_what_is_activated() -> None:
    torch.manual_seed(0)
    layer = ScaledConv(3, 4, 3, padding="reflect")
    torch.nn.init.normal_(layer.bias)
    x = noise(1, 3, 8, 8)
    plain = F.conv2d(F.pad(x, (1, 1, 1, 1), mode="reflect"), layer.weight / math.sqrt(27))
    expected = F.leaky_relu(plain + layer.bias.view(1, -1, 1, 1), 0.2) * math.sqrt(2)
    torch.testing.assert_close(layer(x), expected)


def test_a_swap_has_the_structure_of_the_other_and_the_own_texture() -> None:
    networks, pictures = small(), noise(4, 3, 32, 32)
    with torch.no_grad():
        structure, texture = networks.encoder(pictures)
        rebuilt, swapped = networks(pictures)
        assert torch.allclose(rebuilt, networks.generator(structure, texture))
        order = torch.tensor([2, 3, 0, 1])
        assert torch.allclose(swapped, networks.generator(structure[order], texture), atol=1e-5)
        # Textures may be read from other pictures than structures are.
        again, _ = networks(pictures, pictures[order])
        assert torch.allclose(again, networks.generator(structure, texture[order]), atol=1e-5)


def test_patches_are_judged_beside_the_mean_of_others() -> None:
    torch.manual_seed(0)
    judge = PatchDiscriminator(16, 4, 8, 8)
    reference, crops = noise(2, 5, 3, 16, 16), noise(2, 5, 3, 16, 16, seed=1)
    with torch.no_grad():
        logits = judge(reference, crops)
        assert logits.shape == (10, 1)
        # Their order makes no difference: only the mean counts.
        assert torch.allclose(judge(reference.flip(1), crops), logits, atol=1e-5)
        assert not torch.allclose(judge(crops, crops), logits, atol=1e-5)


def test_crops_are_shares_of_the_picture_and_half_of_them_mirrored() -> None:
    torch.manual_seed(0)
    ramp = torch.linspace(0, 1, 64).expand(1, 1, 64, 64)
    pictures = torch.cat([ramp, ramp.transpose(2, 3), torch.zeros_like(ramp)], 1)
    crops = random_crops(pictures, 200, 8, 0.25, 0.5)
    assert crops.shape == (1, 200, 3, 8, 8)
    width = crops[0, :, 0].amax((1, 2)) - crops[0, :, 0].amin((1, 2))
    height = crops[0, :, 1].amax((1, 2)) - crops[0, :, 1].amin((1, 2))
    for side in (width, height):  # from the middle of the first to that of the last pixel
        assert 0.25 * 7 / 8 - 0.02 < float(side.min()) < float(side.max()) < 0.5 * 7 / 8 + 0.02
    mirrored = crops[0, :, 0, 0, 0] > crops[0, :, 0, 0, -1]
    assert 60 < int(mirrored.sum()) < 140
    assert bool((crops[0, :, 1, 0] <= crops[0, :, 1, -1]).all())  # never upside down


def test_recoloured_pictures_keep_what_is_lighter_than_what() -> None:
    torch.manual_seed(0)
    steps = torch.linspace(-0.9, 0.9, 7).view(1, 1, 1, 7)
    greys = steps.expand(50, 3, 1, 7)
    made = recolour(greys)
    assert float(made.min()) >= -1
    assert float(made.max()) <= 1
    assert bool((made.mean(1).diff(dim=-1) >= 0).all())
    assert float((made - greys).abs().mean()) > 0.1
    assert float((made - made.mean(1, keepdim=True)).abs().max()) < 1e-5  # grey stays grey


def test_recolouring_turns_hues_all_the_way() -> None:
    torch.manual_seed(0)
    red = torch.tensor([0.4, -0.4, -0.4]).view(1, 3, 1, 1).expand(300, 3, 1, 1)
    strongest = recolour(red).flatten(1).argmax(1).bincount(minlength=3)
    assert int(strongest.min()) > 60


def test_principal_directions_are_the_widest_and_as_long_as_the_spread() -> None:
    axes = torch.linalg.qr(noise(6, 6))[0]
    spreads = torch.tensor([5.0, 3, 1, 0.2, 0.1, 0.05])
    codes = noise(4000, 6, seed=1) * spreads @ axes + 7
    found = principal_directions(codes)
    for number in range(3):
        along = float(found[number] @ axes[number])
        assert abs(along) == pytest.approx(float(spreads[number]), rel=0.1)
        assert float(found[number].norm()) == pytest.approx(abs(along), rel=0.05)
    assert torch.equal(principal_directions(codes), found)


def test_directions_of_few_pictures_leave_the_rest_empty() -> None:
    directions = Directions(3, 12)
    assert not directions.fitted
    directions.fit(noise(40, 3), noise(4, 12))
    assert directions.fitted
    # Four points differ in three directions.
    assert directions.texture[:3].abs().sum(1).min() > 0.1
    assert directions.texture[3:].abs().max() < 1e-5
    assert directions.texture.shape == (COUNT, 12)


def test_codes_have_length_one() -> None:
    assert torch.allclose(unit(noise(2, 5, 3, 3)).square().sum(1), torch.ones(2, 3, 3), atol=1e-5)
