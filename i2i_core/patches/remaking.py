"""A picture re-made of patches of another, each put where the same kind of thing is, along the
picture's own outlines."""

from collections.abc import Iterator
from dataclasses import replace

import torch
from torch import Tensor

from i2i_core.images.filters import rgb_to_lab
from i2i_core.images.guided_filter import guided_filter
from i2i_core.patches.semantic_guides import SEMANTIC_SETTINGS, semantic_guides
from i2i_core.patches.structure_guides import (
    EDGE_WEIGHT,
    GuidePair,
    candidates,
    edge_strength,
    figures_and_lightness,
)
from i2i_core.patches.synthesis import Level, synthesize
from i2i_core.patches.task import Settings, Task, settings_for

COLOUR_WEIGHT = 0.02  # of the recoloured picture's Lab: 50 units of L are one of the guide
GUIDE_WEIGHT = (4.0, 1.5)  # coarse and fine: to the end outlines are followed to the pixel
SETTLED = 0.7  # of the way from the patches' colours to those of the recoloured picture
RADIUS, EPSILON = 8, 0.002  # of the guided filter of that difference


def remake(a: Tensor, b: Tensor, recoloured: Tensor, seed: int = 0) -> Iterator[Level]:
    """`a` (1, 3, H, W) made of patches of `b` (1, 3, H', W'), coarse to fine; the last level's
    picture is the result, of the size of `a`. All in [0, 1], `recoloured` (1, 3, H, W) too."""
    task, settings = remake_task(a, b, recoloured), remake_settings(max(a.shape[-2:]), seed)
    for level in synthesize(task, settings):
        if level.step < level.total:
            yield level
        else:
            yield replace(level, picture=settled(level.picture, recoloured, a))


def remake_task(a: Tensor, b: Tensor, recoloured: Tensor) -> Task:
    """What to synthesize. The guides of both say what a place shows, what colours it is to have
    (of `a`: those of `recoloured`, so that they are looked for in B as they are) and how strong its
    edges are."""
    target, source = (
        torch.cat([guide, COLOUR_WEIGHT * rgb_to_lab(colours), EDGE_WEIGHT * edge_strength(x)], 1)
        for guide, colours, x in zip(_shown(a, b), (recoloured, b), (a, b), strict=True)
    )
    return Task(b, source, target)


def remake_settings(long_side: int, seed: int = 0) -> Settings:
    """Settings for a result of `long_side` pixels."""
    changes = {"guide_weight": GUIDE_WEIGHT, "blurred_rounds": 1, "seed": seed}
    return settings_for(long_side, **changes, **SEMANTIC_SETTINGS)


def settled(patches: Tensor, recoloured: Tensor, a: Tensor) -> Tensor:
    """A picture of patches brought nearer to the `recoloured` one by what within each window is an
    affine function of `a`, all (1, 3, H, W) in [0, 1]: their colours and the outlines that they
    missed, not their texture."""
    difference = guided_filter(a, recoloured - patches, RADIUS, EPSILON)
    return (patches + SETTLED * difference).clamp(0, 1)


def _shown(a: Tensor, b: Tensor) -> GuidePair:
    """What each place shows: what the network sees, or in lettering, drawings and mere textures,
    of which it knows nothing, figures."""
    if candidates(a, b) == ["semantic"]:
        return semantic_guides(a, b)
    return figures_and_lightness(a), figures_and_lightness(b)
