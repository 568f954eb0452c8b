"""Recoloured and re-made pictures: the right colours on the right things, and outlines in place."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from i2i_core.images.sizes import fit_long_side
from i2i_core.images.tensors import to_tensor
from i2i_core.patches.metrics import (
    boundary_agreement,
    matched_wasserstein,
    self_similarity,
    sliced_wasserstein,
)
from i2i_core.patches.recolouring import recolour
from i2i_core.patches.remaking import SETTLED, remake, remake_settings, remake_task, settled
from i2i_core.patches.structure_guides import candidates
from tests.helpers import picture


def photograph(name: str, side: int = 128) -> torch.Tensor:
    from skimage import data

    pixels = np.asarray(getattr(data, name)())
    return to_tensor(fit_long_side(Image.fromarray(pixels).convert("RGB"), side))


def halves(left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """Two regions, 1 in the left and in the right half."""
    return torch.stack([left, right])[None].float()


@pytest.fixture(scope="module")
def cat_and_cup() -> tuple[torch.Tensor, torch.Tensor]:
    return photograph("chelsea"), photograph("coffee")


def test_colours_come_over_and_the_arrangement_stays(
    cat_and_cup: tuple[torch.Tensor, torch.Tensor],
) -> None:
    cat, cup = cat_and_cup
    result = recolour(cat, cup)
    assert result.shape == cat.shape
    assert 0 <= result.min() <= result.max() <= 1
    assert sliced_wasserstein(result, cup) < 0.5 * sliced_wasserstein(cat, cup)
    assert self_similarity(result, cat) > 0.5
    assert boundary_agreement(result, cat) > 0.6
    assert torch.equal(result, recolour(cat, cup))


def test_each_region_has_the_colours_of_its_own() -> None:
    red, blue = torch.tensor([0.8, 0.1, 0.1]), torch.tensor([0.1, 0.1, 0.8])
    random = torch.Generator().manual_seed(0)
    a = 0.4 + 0.2 * torch.rand(1, 3, 64, 64, generator=random)
    a[..., 32:] += 0.2
    b = torch.cat([x.view(1, 3, 1, 1).expand(1, 3, 64, 32) for x in (red, blue)], 3)
    left = (torch.arange(64) < 32).expand(64, 64)
    both = halves(left, ~left)
    for regions, colours in (((both, both), (red, blue)), ((both, both.flip(1)), (blue, red))):
        result = recolour(a, b, regions)[0]
        assert torch.allclose(result[:, :, 4:24].mean((1, 2)), colours[0], atol=0.06)
        assert torch.allclose(result[:, :, 40:60].mean((1, 2)), colours[1], atol=0.06)


def test_a_smooth_picture_is_not_posterised() -> None:
    ramp = torch.linspace(0.2, 0.8, 96).expand(1, 3, 96, 96)
    result = recolour(ramp, photograph("chelsea"), (torch.ones(1, 1, 8, 8),) * 2)
    steps = result[0].mean(0)[48].diff().abs()
    assert steps.max() < 6 * steps.mean() + 0.01


def test_a_picture_is_remade_along_its_outlines(
    cat_and_cup: tuple[torch.Tensor, torch.Tensor],
) -> None:
    cat, cup = (torch.nn.functional.interpolate(x, scale_factor=0.75) for x in cat_and_cup)
    colours = recolour(cat, cup)
    levels = list(remake(cat, cup, colours, seed=1))
    assert [level.step for level in levels] == list(range(1, levels[-1].total + 1))
    result = levels[-1].picture
    assert result.shape == cat.shape
    assert sliced_wasserstein(result, cup) < 0.6 * sliced_wasserstein(cat, cup)
    assert boundary_agreement(result, cat) > 0.4
    again = list(remake(cat, cup, colours, seed=1))[-1].picture
    assert torch.equal(result, again)


def test_what_the_network_does_not_know_is_guided_by_figures() -> None:
    letter = torch.ones(1, 3, 64, 64)
    letter[..., 20:44, 28:36] = 0
    cup = photograph("coffee", 64)
    assert "semantic" not in candidates(letter, cup)
    known, unknown = remake_task(cup, cup, cup), remake_task(letter, cup, letter)
    assert unknown.target_guide.shape[1] == 2 + 3 + 1  # figures, lightness; Lab; edges
    assert known.target_guide.shape[1] > 20
    assert remake_settings(64).guide_weight[1] > 1


def test_patches_settle_on_colours_and_keep_their_texture() -> None:
    random = torch.Generator().manual_seed(2)
    structure = torch.full((1, 3, 48, 48), 0.5)
    patches = 0.3 + 0.2 * (torch.rand(1, 3, 48, 48, generator=random) - 0.5)
    result = settled(patches, torch.full_like(patches, 0.7), structure)
    assert result.mean() == pytest.approx(0.3 + SETTLED * 0.4, abs=0.02)
    assert result.std() == pytest.approx(float(patches.std()), rel=0.1)


def test_the_score_sees_whether_colours_are_on_the_right_things() -> None:
    cat = to_tensor(picture(64, 64))
    dark = cat * 0.3
    b = torch.cat([cat[..., :32], dark[..., 32:]], 3)
    swapped = torch.cat([dark[..., 32:], cat[..., :32]], 3)
    left = (torch.arange(64) < 32).expand(64, 64)
    regions = halves(left, ~left), halves(left, ~left)
    assert matched_wasserstein(b, b, regions) == 0
    assert matched_wasserstein(swapped, b, regions) > 3 * sliced_wasserstein(swapped, b)
    whole = torch.ones(1, 1, 8, 8), torch.ones(1, 1, 8, 8)
    assert matched_wasserstein(swapped, b, whole) == pytest.approx(
        sliced_wasserstein(swapped, b), rel=0.05
    )
