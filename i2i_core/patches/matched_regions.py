"""Regions of two pictures that show the same kind of thing: their semantic features, clustered
together."""

import torch
import torch.nn.functional as F
from torch import Tensor

from i2i_core.images.filters import resize
from i2i_core.images.guided_filter import guided_filter
from i2i_core.patches.semantic_guides import joint_components

REGIONS = 6  # at most
LEAST_SHARE = 0.05  # of either picture: a region that one of them hardly has matches nothing
ROUNDS = 8  # of k-means
SOFTNESS = 1.5  # of memberships, in mean squared distances to the nearest centre
OUTLINE_RADIUS, OUTLINE_EPSILON = 8, 1e-3  # pixels; squared grey levels of [0, 1]
RegionPair = tuple[Tensor, Tensor]


def matched_regions(
    a: Tensor, b: Tensor, count: int = REGIONS, softness: float = SOFTNESS
) -> RegionPair:
    """Memberships (1, K, H, W) of `semantic_features` `a` and `b` (1, C, H, W each, sizes may
    differ), in [0, 1] and 1 in sum at each place, in K ≤ `count` regions that both pictures have.

    k-means of their joint components, both pictures of equal weight; a centre which LEAST_SHARE of
    either picture is not near is left out and its places go to the next. Memberships are those of
    equal Gaussians about the centres; of `softness` 0, 1 for the nearest."""
    pair = joint_components([a, b])
    places = [x[0].flatten(1).T for x in pair]
    points = torch.cat(places)
    weights = torch.cat([torch.full_like(p[:, 0], 1 / len(p)) for p in places])
    centres = _spread_centres(points, weights, min(count, len(points)))
    while True:
        nearest, centres = _k_means(points, weights, centres)
        shares = [x.mean(0) for x in nearest.split([len(p) for p in places])]
        share = torch.minimum(*shares)
        if len(centres) == 1 or float(share.min()) >= LEAST_SHARE:
            break
        centres = centres[torch.arange(len(centres)) != int(share.argmin())]
    memberships = nearest
    if softness > 0:
        distance = torch.cdist(points, centres).square()
        scale = softness * (distance.amin(1) * weights).sum() / weights.sum()
        memberships = torch.softmax(-distance / scale.clamp_min(1e-9), 1)
    parts = memberships.split([len(p) for p in places])
    one, other = (m.T.reshape(1, -1, *x.shape[-2:]) for m, x in zip(parts, pair, strict=True))
    return one, other


def outlined(regions: Tensor, picture: Tensor) -> Tensor:
    """Memberships (1, K, h, w) at the size of `picture` (1, 3, H, W) and along its outlines, which
    features of every eighth pixel miss (He et al. 2013, section 4: guided feathering)."""
    regions = resize(regions, picture.shape[-2:])
    regions = guided_filter(picture, regions, OUTLINE_RADIUS, OUTLINE_EPSILON).clamp(1e-4, 1)
    return regions / regions.sum(1, keepdim=True)


def _spread_centres(points: Tensor, weights: Tensor, count: int) -> Tensor:
    """`count` of the points (N, D), each the farthest from those before; the first is the one
    nearest to the mean. Drawn by no chance: equal pictures have equal regions."""
    mean = (points * weights[:, None]).sum(0) / weights.sum()
    chosen = [int((points - mean).square().sum(1).argmin())]
    distance = (points - points[chosen[0]]).square().sum(1)
    while len(chosen) < count:
        chosen.append(int(distance.argmax()))
        distance = torch.minimum(distance, (points - points[chosen[-1]]).square().sum(1))
    return points[chosen]


def _k_means(points: Tensor, weights: Tensor, centres: Tensor) -> tuple[Tensor, Tensor]:
    """Which centre each point is nearest to (N, K), 1 for it and else 0, and the centres (K, D)."""
    for _ in range(ROUNDS):
        nearest = F.one_hot(torch.cdist(points, centres).argmin(1), len(centres)).to(points)
        weighted = nearest * weights[:, None]
        mass = weighted.sum(0)[:, None]
        centres = torch.where(mass > 0, weighted.T @ points / mass.clamp_min(1e-9), centres)
    return nearest, centres
