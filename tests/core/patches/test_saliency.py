"""What stands out: drawn objects on drawn grounds are found, counted and told from the ground."""

import numpy as np
import pytest
import torch

from i2i_core.patches.saliency import SIDE, colour_contrast, objects, unusualness


def disc(y: float, x: float, radius: float) -> np.ndarray:
    rows, columns = np.indices((SIDE, SIDE))
    return (rows - y) ** 2 + (columns - x) ** 2 < radius**2


def painted(mask: np.ndarray, colour=(0.9, 0.2, 0.1), ground=(0.3, 0.5, 0.3)) -> torch.Tensor:
    """The mask in one colour on a ground of another, both with grain: (1, 3, SIDE, SIDE)."""
    inside = torch.from_numpy(mask).float()
    one, other = (torch.tensor(c).view(3, 1, 1) for c in (colour, ground))
    grain = torch.randn(3, *mask.shape, generator=torch.Generator().manual_seed(0))
    return (one * inside + other * (1 - inside) + 0.08 * grain).clamp(0, 1)[None]


def found(picture: torch.Tensor) -> list[np.ndarray]:
    ids = objects(picture)
    assert ids.shape == (SIDE, SIDE)
    return [ids == i for i in np.unique(ids[ids > 0])]


def overlap(one: np.ndarray, other: np.ndarray) -> float:
    return float((one & other).sum() / (one | other).sum())


@pytest.mark.parametrize("place", [(48, 48, 20), (30, 60, 12), (70, 25, 9)])
def test_a_disc_is_one_object(place):
    mask = disc(*place)
    (only,) = found(painted(mask))
    assert overlap(only, mask) > 0.9


def test_the_size_of_the_picture_does_not_matter():
    mask = disc(48, 48, 20)
    picture = painted(mask)
    for size in ((40, 40), (300, 200)):
        resized = torch.nn.functional.interpolate(picture, size=size, mode="bilinear")
        (only,) = found(resized)
        assert overlap(only, mask) > 0.85


@pytest.mark.parametrize("gap", [0, 12])
def test_two_discs_are_two_objects_even_when_they_touch(gap):
    left, right = disc(48, 31 - gap // 2, 17), disc(48, 63 + gap // 2, 17)
    one, other = found(painted(left | right))
    assert min(max(overlap(one, side), overlap(other, side)) for side in (left, right)) > 0.85


def test_the_hole_of_a_ring_is_ground_and_a_badge_belongs_to_its_ball():
    ring = disc(48, 48, 30) & ~disc(48, 48, 18)
    (only,) = found(painted(ring))
    assert overlap(only, ring) > 0.9
    badge = disc(48, 48, 24) & ~disc(48, 48, 4)
    assert objects(painted(badge))[disc(48, 48, 3)].all()


def test_a_patch_of_rougher_stuff_stands_out_without_colour():
    mask = disc(45, 50, 18)
    grain = torch.randn(1, 1, SIDE, SIDE, generator=torch.Generator().manual_seed(0))
    picture = 0.5 + grain * torch.from_numpy(np.where(mask, 0.2, 0.02)).float()
    rarity = unusualness(picture.expand(1, 3, -1, -1).clamp(0, 1))[0, 0].numpy()
    assert rarity[mask].mean() > rarity[~mask].mean() + 0.4


@pytest.mark.filterwarnings("ignore:One of the clusters is empty", "ignore:invalid value")
@pytest.mark.parametrize("value", [0.0, 0.3, 0.5, 1.0])
@pytest.mark.parametrize("size", [(64, 64), (100, 80), (256, 256)])
def test_nothing_stands_out_of_a_flat_picture(value, size):
    assert not objects(torch.full((1, 3, *size), value)).any()


@pytest.mark.parametrize("saliency", [colour_contrast, unusualness])
def test_saliency_is_a_map_in_the_unit_range_and_repeatable(saliency):
    picture = painted(disc(40, 50, 15))
    one = saliency(picture)
    assert one.shape == (1, 1, SIDE, SIDE)
    assert (float(one.min()), float(one.max())) == (0, pytest.approx(1, abs=1e-5))
    assert torch.equal(one, saliency(picture))
    mask = disc(40, 50, 15)
    assert one[0, 0].numpy()[mask].mean() > one[0, 0].numpy()[~mask].mean() + 0.3
