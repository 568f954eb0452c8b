"""A picture re-made of patches of another, each put where the same kind of thing is, along the
picture's own outlines."""

from collections.abc import Iterator
from dataclasses import replace

import torch
from torch import Tensor

from i2i_core.images.filters import rgb_to_lab
from i2i_core.patches.semantic_guides import semantic_guides
from i2i_core.patches.structure_guides import EDGE_WEIGHT, edge_strength
from i2i_core.patches.synthesis import Level, synthesize
from i2i_core.patches.task import Settings, Task, settings_for

COLOUR_WEIGHT = 0.01  # of the recoloured picture's Lab: 100 units of L are a unit of the guide
GUIDE_WEIGHT = (4.0, 1.5)  # coarse and fine: to the end outlines are followed to the pixel
GUIDE_COMPONENTS = 24


def remake(a: Tensor, b: Tensor, recoloured: Tensor, seed: int = 0) -> Iterator[Level]:
    """`a` (1, 3, H, W) made of patches of `b` (1, 3, H', W'), coarse to fine; the last level's
    picture is the result, of the size of `a`. All in [0, 1], `recoloured` (1, 3, H, W) too."""
    return synthesize(remake_task(a, b, recoloured), remake_settings(max(a.shape[-2:]), seed))


def remake_task(a: Tensor, b: Tensor, recoloured: Tensor) -> Task:
    """What to synthesize. The guides of both say what a place shows (`semantic_guides`), what
    colours it is to have (of `a`: those of `recoloured`, for which B's need no guessing) and how
    strong its edges are."""
    guides = semantic_guides(a, b)
    target, source = (
        torch.cat([guide, COLOUR_WEIGHT * rgb_to_lab(colours), EDGE_WEIGHT * edge_strength(x)], 1)
        for guide, colours, x in zip(guides, (recoloured, b), (a, b), strict=True)
    )
    return Task(b, source, target)


def remake_settings(long_side: int, seed: int = 0) -> Settings:
    """Settings for a result of `long_side` pixels."""
    settings = settings_for(long_side, guide_weight=GUIDE_WEIGHT, blurred_rounds=1, seed=seed)
    return replace(settings, guide_components=GUIDE_COMPONENTS)
