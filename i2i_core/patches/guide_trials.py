"""Which correspondence fits a pair: each is tried at a small size and scored."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from i2i_core.images.filters import correlation, resize, resize_long_side
from i2i_core.patches.metrics import coherence, completeness, self_similarity
from i2i_core.patches.saliency import objects
from i2i_core.patches.semantic_guides import feature_self_similarity
from i2i_core.patches.structure_guides import structure_guides
from i2i_core.patches.synthesis import synthesize
from i2i_core.patches.task import Settings, Task

TRIAL_SIDE = 64
SAMPLES = 1200
TRIAL_SETTINGS = Settings(
    5, 16, guide_components=8, coarsest=18, guide_weight=(4.0, 0.4), rounds=(3, 2)
)


@dataclass(frozen=True)
class Trial:
    """A correspondence that was tried, one of `total`: its small picture (1, 3, h, w) and score."""

    name: str
    score: float
    picture: Tensor
    total: int


def try_correspondences(
    structure: Tensor, appearance: Tensor, names: Sequence[str], seed: int = 0
) -> Iterator[Trial]:
    """Try the correspondences `names` for the pair (1, 3, H, W each) at TRIAL_SIDE pixels. The
    score is how well layout (self-similarity of colours, and of features where "semantic" is among
    `names`) and objects are preserved, minus how far patches are spoilt or unused (coherence and
    completeness, relative to those of the two pictures themselves)."""
    small_a, small_b = (resize_long_side(x, TRIAL_SIDE, least=20) for x in (structure, appearance))
    settings = replace(TRIAL_SETTINGS, seed=seed)
    far = _patch_errors(small_a, small_b)
    structure_objects = objects(structure)
    # Of textures and drawings features say nothing.
    things = feature_self_similarity(small_a) if "semantic" in names else None
    for name in names:
        guide_a, guide_b = structure_guides(name, structure, appearance)
        guide_a, guide_b = resize(guide_a, small_a.shape[-2:]), resize(guide_b, small_b.shape[-2:])
        task = Task(small_b, source_guide=guide_b, target_guide=guide_a)
        *_, level = synthesize(task, settings)
        score = (
            self_similarity(level.picture, small_a, cells=14)
            + objects_kept(structure_objects, objects(level.picture))
            - _patch_errors(level.picture, small_b) / max(far, 1e-6)
        )
        if things is not None:
            score += correlation(feature_self_similarity(level.picture), things)
        yield Trial(name, score, level.picture, len(names))


def objects_kept(structure: NDArray[np.int32], result: NDArray[np.int32]) -> float:
    """Whether objects, ids (H, W) with 0 for the ground, lie where objects were, in [0, 1]: the
    symmetric best Dice coefficient (Scharr et al. 2016), so that merged and lost objects count as
    well as ghosts. 0 when the structure has none, or so many that they are a texture."""
    count = len(np.unique(structure[structure > 0]))
    if not 1 <= count <= 20 or (structure == 0).mean() < 0.3:
        return 0.0
    return min(_best_dice(structure, result), _best_dice(result, structure))


def _best_dice(ones: NDArray[np.int32], others: NDArray[np.int32]) -> float:
    """Mean over the objects of `ones` of the Dice coefficient with the best of `others`."""
    table = np.zeros((ones.max() + 1, others.max() + 1))
    np.add.at(table, (ones.ravel(), others.ravel()), 1)
    if 1 in table.shape:
        return 0.0
    sizes, other_sizes = table.sum(1)[1:], table.sum(0)[1:]
    dice = 2 * table[1:, 1:] / np.maximum(sizes[:, None] + other_sizes, 1)
    present = sizes > 0
    return float(dice[present].max(1).mean()) if present.any() else 0.0


def _patch_errors(result: Tensor, source: Tensor) -> float:
    return coherence(result, source, 1, SAMPLES) + completeness(result, source, 1, SAMPLES)
