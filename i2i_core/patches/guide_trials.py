"""Which correspondence fits a pair: each is tried at a small size and scored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from i2i_core.images.filters import resize
from i2i_core.patches.metrics import coherence, completeness, self_similarity
from i2i_core.patches.saliency import objects
from i2i_core.patches.structure_guides import candidates, structure_guides
from i2i_core.patches.synthesis import synthesize
from i2i_core.patches.task import Settings, Task

TRIAL_SIDE = 64
SAMPLES = 1200


@dataclass(frozen=True)
class Trial:
    """A correspondence that was tried, one of `total`: its small picture (1, 3, h, w) and score."""

    name: str
    score: float
    picture: Tensor
    total: int


def try_correspondences(structure: Tensor, appearance: Tensor, seed: int = 0) -> Iterator[Trial]:
    """Try the `candidates` for the pair (1, 3, H, W each) at TRIAL_SIDE pixels.

    The score is how well the layout (self-similarity) and the objects are preserved, minus how much
    patches are spoilt or unused (coherence and completeness, relative to those of the two pictures
    themselves).
    """
    small_a, small_b = _shrink(structure), _shrink(appearance)
    settings = Settings(
        coarsest=18,
        rounds=(3, 2),
        patch_size=5,
        components=16,
        guide_components=8,
        guide_weight=(4.0, 0.4),
        seed=seed,
    )
    far = _patch_errors(small_a, small_b)
    structure_objects = objects(structure)
    names = candidates(structure, appearance)
    for name in names:
        guide_a, guide_b = structure_guides(name, structure, appearance)
        size_a, size_b = small_a.shape[-2:], small_b.shape[-2:]
        task = Task(
            small_b,
            resize(guide_b, (size_b[0], size_b[1])),
            resize(guide_a, (size_a[0], size_a[1])),
        )
        *_, level = synthesize(task, settings)
        score = (
            self_similarity(level.picture, small_a, cells=14)
            + objects_kept(structure_objects, objects(level.picture))
            - _patch_errors(level.picture, small_b) / max(far, 1e-6)
        )
        yield Trial(name, score, level.picture, len(names))


def objects_kept(structure: NDArray[np.int32], result: NDArray[np.int32]) -> float:
    """Whether objects lie where objects were, in [0, 1]: the symmetric best Dice coefficient of
    instance segmentation (Scharr et al. 2016), so that objects that merge or vanish count as
    well as ghosts. Both are ids (H, W), 0 for the ground.

    0 when the structure has no objects, or so many that they are a texture.
    """
    count = len(np.unique(structure[structure > 0]))
    if not 1 <= count <= 20 or (structure == 0).mean() < 0.3:
        return 0.0
    return min(_best_dice(structure, result), _best_dice(result, structure))


def _best_dice(ones: NDArray[np.int32], others: NDArray[np.int32]) -> float:
    """Mean over the objects of `ones` of the Dice coefficient with the best of `others`."""
    table = np.zeros((ones.max() + 1, others.max() + 1))
    np.add.at(table, (ones.ravel(), others.ravel()), 1)
    sizes_ones, sizes_others = table.sum(1), table.sum(0)
    if table.shape[1] == 1 or table.shape[0] == 1:
        return 0.0
    both = sizes_ones[1:, None] + sizes_others[None, 1:]
    dice = 2 * table[1:, 1:] / np.maximum(both, 1)
    present = sizes_ones[1:] > 0
    return float(dice[present].max(1).mean()) if present.any() else 0.0


def _patch_errors(result: Tensor, source: Tensor) -> float:
    return coherence(result, source, 1, SAMPLES) + completeness(result, source, 1, SAMPLES)


def _shrink(picture: Tensor) -> Tensor:
    scale = TRIAL_SIDE / max(picture.shape[-2:])
    height, width = (max(20, round(side * scale)) for side in picture.shape[-2:])
    return torch.clamp(resize(picture, (height, width)), 0, 1)
