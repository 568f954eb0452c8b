"""Hypotheses of structural analogy: comparable for any two pictures, and true to their names."""

import numpy as np
import pytest
import torch
from PIL import Image
from skimage import data

from i2i_core.images.filters import correlation
from i2i_core.images.tensors import to_tensor
from i2i_core.patches.structure_guides import (
    CORRESPONDENCES,
    candidates,
    component_guide,
    edge_strength,
    structure_guides,
    two_tones,
)


def flat(value: float, height: int = 30, width: int = 40) -> torch.Tensor:
    return torch.full((1, 3, height, width), float(value))


def disc(size: int = 64, radius: int = 16, ground: float = 1.0) -> torch.Tensor:
    y, x = np.indices((size, size)) - size / 2 + 0.5
    inside = torch.from_numpy(y**2 + x**2 < radius**2)
    return torch.where(inside, 1 - ground, ground).float().expand(1, 3, size, size).contiguous()


@pytest.fixture(scope="module")
def photo() -> torch.Tensor:
    return to_tensor(Image.fromarray(data.coffee()).resize((90, 60)))


# Those that need nothing downloaded; tests/test_deep_features.py has the other.
@pytest.mark.filterwarnings("ignore:One of the clusters is empty", "ignore:invalid value")
@pytest.mark.parametrize("name", [name for name in CORRESPONDENCES if name != "deep features"])
@pytest.mark.parametrize(
    "other", [flat(0), flat(0.5), flat(1), flat(0.3, 8, 8), disc()], ids=lambda x: tuple(x.shape)
)
def test_guides_of_any_two_pictures_are_finite_and_comparable(name, other, photo):
    for a, b in ((photo, other), (other, photo), (other, other)):
        guide_a, guide_b = structure_guides(name, a, b)
        assert guide_a.shape[-2:] == a.shape[-2:]
        assert guide_b.shape[-2:] == b.shape[-2:]
        assert guide_a.shape[1] == guide_b.shape[1] >= 2
        for guide in (guide_a, guide_b):
            assert guide.isfinite().all()
            assert guide.abs().max() <= 2


def test_lightness_knows_light_from_dark_and_nothing_of_exposure(photo):
    bright, inverse = CORRESPONDENCES["lightness"], CORRESPONDENCES["inverted lightness"]
    guide, darker = bright(photo, 0.5 * photo)
    assert correlation(guide, darker) > 0.99
    turned, same = inverse(photo, photo)
    assert correlation(turned, same) < -0.99


def test_local_lightness_drops_a_slope(photo):
    slope = torch.linspace(0.2, 1, photo.shape[-1])
    plain, _ = CORRESPONDENCES["local lightness"](photo, photo)
    sloped, _ = CORRESPONDENCES["local lightness"](photo * slope, photo)
    assert correlation(plain, sloped) > 0.85


def test_strokes_are_only_tried_on_two_pictures_of_two_tones(photo):
    assert "strokes" in candidates(disc(), disc(48, 10, ground=0.0))
    for a, b in ((photo, disc()), (disc(), photo), (photo, photo), (flat(0), disc())):
        assert "strokes" not in candidates(a, b)
    assert set(candidates(photo, disc())) <= set(CORRESPONDENCES)


@pytest.mark.parametrize("ground", [0.0, 1.0])
def test_two_tones_finds_the_disc_whatever_its_polarity(ground):
    inside, share = two_tones(disc(ground=ground))
    assert share == pytest.approx(1, abs=1e-4)
    assert inside[32, 32]
    assert not inside[0].any()
    assert inside.sum() == (disc(ground=1.0)[0, 0] == 0).sum()
    inside, share = two_tones(flat(0.4))
    assert share == 0
    assert not inside.any()


@pytest.mark.parametrize("ground", [0.0, 1.0])
def test_strokes_measure_depth_in_stroke_widths(ground):
    guide, _ = CORRESPONDENCES["strokes"](disc(ground=ground), disc())
    assert float(guide[0, 0, 32, 32]) == 1
    assert float(guide[0, 0, 0, 0]) < -1
    assert guide[0, 0, 32].tolist() == pytest.approx(guide[0, 0, :, 32].tolist())


def test_edges_are_where_the_picture_changes():
    strength = edge_strength(disc())[0, 0]
    assert strength[32, 16] > 1
    assert strength[32, 32] < 0.2
    assert not edge_strength(flat(0.5)).any()


def test_component_guide_by_hand():
    ids = np.zeros((4, 6), np.int32)
    ids[1:3, 0:4] = 1
    ids[3, 5] = 3  # numbers may be left out
    figure, y, x = component_guide(ids)[0]
    assert torch.equal(figure, torch.from_numpy(ids > 0).float())
    assert y[1:3, 0].tolist() == [-0.25, 0.25]
    assert x[1, :4].tolist() == [-0.375, -0.125, 0.125, 0.375]
    assert (float(y[3, 5]), float(x[3, 5])) == (0, 0)
    assert not y[ids == 0].any()


def test_the_place_within_an_object_does_not_depend_on_the_picture_s_size():
    small, large = (CORRESPONDENCES["objects"](disc(n, n // 4), disc())[0] for n in (64, 128))
    halved = torch.nn.functional.avg_pool2d(large, 2)
    assert (small - halved).abs().mean() < 0.03
