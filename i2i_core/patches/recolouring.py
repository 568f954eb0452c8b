"""A picture in the colours of another, thing by thing: sky like sky, fur like fur."""

import torch
from torch import Tensor

from i2i_core.images.filters import resize
from i2i_core.images.guided_filter import guided_filter
from i2i_core.patches.colour_transport import transport_colours
from i2i_core.patches.matched_regions import RegionPair, matched_regions, outlined
from i2i_core.patches.semantic_guides import semantic_features

SIDE = 128  # pixels of the longer side at which colours are carried over
RADIUS, EPSILON = 6, 0.002  # of the guided filter at that size; a variance of colours in [0, 1]


@torch.no_grad()
def recolour(a: Tensor, b: Tensor, regions: RegionPair | None = None) -> Tensor:
    """`a` (1, 3, H, W) with the colours of `b` (1, 3, H', W'), both in [0, 1]: as large as `a`, and
    in [0, 1]. `regions`: those of `matched_regions` of both, if they are known already.

    For each region the colours of `a` are carried over to those of `b` (`transport_colours`), which
    are blended by the memberships and made locally affine in the colours of `a`: what is smooth
    stays smooth, and outlines stay where they are."""
    if regions is None:
        regions = matched_regions(semantic_features(a), semantic_features(b))
    small_a, small_b = _shrunk(a), _shrunk(b)
    members_a = outlined(regions[0], small_a)[0].flatten(1)
    members_b = outlined(regions[1], small_b)[0].flatten(1)
    colours_a, colours_b = (x[0].flatten(1).T for x in (small_a, small_b))
    moved = torch.zeros_like(colours_a)
    for inside_a, inside_b in zip(members_a, members_b, strict=True):
        region = transport_colours(colours_a, colours_b, inside_a, inside_b)
        moved += inside_a[:, None] * region
    return guided_filter(a, moved.T.reshape(small_a.shape), RADIUS, EPSILON).clamp(0, 1)


def _shrunk(picture: Tensor) -> Tensor:
    """The picture with a longer side of at most SIDE pixels."""
    scale = min(1.0, SIDE / max(picture.shape[-2:]))
    height, width = (max(8, round(side * scale)) for side in picture.shape[-2:])
    return resize(picture, (height, width)).clamp(0, 1)
