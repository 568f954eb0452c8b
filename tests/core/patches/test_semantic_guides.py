"""Semantic guides: a cat's eye answers to a cat's eye, and walls are textures."""

import pytest
import torch
import torch.nn.functional as F
from skimage import data
from torch import Tensor

from i2i_core.images.filters import correlation, resize_long_side
from i2i_core.patches.semantic_guides import (
    CELLS,
    COMPONENTS,
    LAYER_WEIGHTS,
    SPREAD,
    anchored_places,
    feature_self_similarity,
    is_texture,
    joint_components,
    semantic_correspondence,
    semantic_features,
    semantic_guides,
)
from i2i_core.patches.structure_guides import candidates


def shown(name: str) -> Tensor:
    pixels = torch.from_numpy(getattr(data, name)().copy())
    pixels = pixels.permute(2, 0, 1)[None] if pixels.dim() == 3 else pixels.expand(1, 3, -1, -1)
    return resize_long_side(pixels.float() / 255, 192, 16)


@pytest.fixture(scope="module")
def cat() -> Tensor:
    return shown("chelsea")


def test_features_are_cosines_a_layer(cat):
    features = semantic_features(cat)
    assert features.shape == (1, 40 + 112 + 320, 36, 56)
    lengths = features[:, :40].norm(dim=1)
    assert float((lengths - LAYER_WEIGHTS[0]).abs().max()) < 1e-3


def test_places_of_a_mirrored_darker_cat_answer_to_those_of_the_cat(cat):
    mirrored = (cat.flip(3) ** 1.5 * 0.7)[..., 8:, :]
    ours, theirs = (
        F.adaptive_avg_pool2d(x, 12)[0].flatten(1).T for x in semantic_guides(cat, mirrored)
    )
    nearest = torch.cdist(ours, theirs).argmin(1)
    places = torch.arange(144)
    ways = (11 - places % 12 - nearest % 12).abs(), (places // 12 - nearest // 12).abs()
    right = (ways[0] <= 1) & (ways[1] <= 1)
    assert float(right.float().mean()) > 0.6  # by chance 0.06


def test_components_are_joint_and_have_the_spread_of_ranks(cat):
    features = [semantic_features(cat), semantic_features(shown("coffee"))]
    guides = joint_components(features, 5)
    assert [guide.shape[1] for guide in guides] == [5, 5]
    values = torch.cat([guide[0].flatten(1) for guide in guides], 1)
    assert float(values[0].std()) == pytest.approx(SPREAD, rel=0.01)
    assert float(values.mean(1).abs().max()) < 1e-3
    spread = values.std(1).tolist()
    assert spread == sorted(spread, reverse=True)


def test_a_picture_is_anchored_to_itself_and_a_moved_one_to_where_it_went(cat):
    features = semantic_features(cat)
    places, own = anchored_places(features, features)
    assert torch.allclose(places, own, atol=0.01)
    moved = torch.roll(features, 8, 3)  # a seventh of the width to the right
    way = (anchored_places(features, moved)[0] - own)[:, 1, 4:-4, 4:-8]
    assert float(way.mean()) == pytest.approx(8 / features.shape[3], abs=0.04)


def test_the_correspondence_has_the_pictures_sizes(cat):
    ours, theirs = semantic_correspondence(cat, shown("coffee")[..., :90])
    assert ours.shape == (1, COMPONENTS + 3, *cat.shape[-2:])
    assert theirs.shape[2:] == (128, 90)
    assert bool(ours.isfinite().all())


@pytest.mark.parametrize("name", ["brick", "grass", "gravel", "page"])
def test_walls_and_pebbles_are_textures(name):
    assert is_texture(shown(name))


@pytest.mark.parametrize("name", ["chelsea", "coffee", "rocket", "astronaut"])
def test_cats_and_cups_are_none(name):
    assert not is_texture(shown(name))


def test_meaning_decides_between_pictures_and_others_where_there_is_none(cat):
    assert candidates(cat, shown("coffee")) == ["semantic"]
    assert candidates(shown("gravel"), cat) == ["semantic"]
    assert "semantic" not in candidates(cat, shown("gravel"))
    drawing = (shown("coffee").mean(1, keepdim=True) > 0.5).float().expand(-1, 3, -1, -1)
    assert "semantic" not in candidates(drawing, cat)
    assert "strokes" in candidates(drawing, drawing.flip(3))


def test_self_similarity_follows_things_and_not_their_colours(cat):
    kept = feature_self_similarity(cat)
    assert kept.dim() == 1
    assert len(kept) < CELLS**4
    recoloured = correlation(feature_self_similarity(cat[:, [2, 0, 1]]), kept)
    moved = correlation(feature_self_similarity(cat.flip(2)), kept)
    assert recoloured > 0.95 > moved + 0.15
