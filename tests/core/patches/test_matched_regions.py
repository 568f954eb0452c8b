"""Regions that match: shared by both pictures, along the outlines, found by no chance."""

from __future__ import annotations

import torch

from i2i_core.patches.matched_regions import LEAST_SHARE, matched_regions, outlined


def features(*kinds: int) -> torch.Tensor:
    """Features (1, 16, 8, 4 × kinds) of stripes, each of a kind with a direction of its own."""
    random = torch.Generator().manual_seed(1)
    directions = torch.nn.functional.normalize(torch.randn(6, 16, generator=random), dim=1)
    stripes = torch.cat(
        [directions[kind].view(1, 16, 1, 1).expand(1, 16, 8, 4) for kind in kinds], 3
    )
    return stripes + 0.02 * torch.randn(stripes.shape, generator=random)


def test_the_same_kind_of_thing_has_one_region_in_both() -> None:
    one, other = matched_regions(features(0, 1, 2), features(2, 0, 1, 1), count=3, softness=0)
    assert one.shape == (1, 3, 8, 12)
    assert other.shape == (1, 3, 8, 16)
    a, b = one[0].argmax(0), other[0].argmax(0)
    for x, y in ((0, 4), (4, 8), (8, 0)):  # where kinds 0, 1 and 2 begin
        assert len({*a[:, x : x + 4].flatten().tolist(), *b[:, y : y + 4].flatten().tolist()}) == 1
    assert len(set(a[0].tolist())) == 3


def test_memberships_are_shares_and_soft() -> None:
    pair = matched_regions(features(0, 1), features(1, 0))
    for memberships in pair:
        assert torch.allclose(memberships.sum(1), torch.ones_like(memberships[:, 0]), atol=1e-5)
        assert memberships.min() >= 0
    again = matched_regions(features(0, 1), features(1, 0))
    assert all(torch.equal(x, y) for x, y in zip(pair, again, strict=True))


def test_what_one_picture_lacks_is_no_region() -> None:
    one, other = matched_regions(features(0, 1, 3), features(0, 1, 1), count=5, softness=0)
    for memberships in (one, other):
        assert memberships.mean((0, 2, 3)).min() >= LEAST_SHARE
    one, other = matched_regions(features(0), features(4), count=5)
    assert one.shape[1] == other.shape[1] == 1


def test_a_region_follows_the_outlines_of_its_picture() -> None:
    picture = torch.zeros(1, 3, 64, 64)
    picture[..., 29:] = 1
    coarse = torch.zeros(1, 2, 8, 8)
    coarse[:, 0, :, :4], coarse[:, 1, :, 4:] = 1, 1
    regions = outlined(coarse, picture)
    assert regions.shape == (1, 2, 64, 64)
    assert torch.allclose(regions.sum(1), torch.ones(1, 64, 64), atol=1e-5)
    assert regions[0, 0, :, 24:28].mean() > 0.8
    assert regions[0, 1, :, 29:33].mean() > 0.6  # where the coarse ones have 0 to 0.5
