"""Which proposals are objects: a small network scores each, first alone, then among the others."""

from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from i2i_core.errors import InputError
from i2i_core.patches.object_features import Matrix
from i2i_core.patches.object_proposals import Sets
from i2i_core.patches.object_superpixels import Array

WEIGHTS = Path(__file__).parents[2] / "weights" / "objects.safetensors"
KEPT = 300  # of the proposals, for the second look
FEW = 20  # proposals, as of a flat drawing, are not judged by what else there is
MIN_SCORE = 0.4
LAST_RESORT = 0.2  # the best is an object from here on where none is from MIN_SCORE on
MAX_OVERLAP = 0.3  # of the smaller one of two objects


def choose(sets: Sets, measures: Matrix, area: Array) -> tuple[NDArray[np.intp], Array]:
    """Numbers of the objects among `sets` (P, N) with these `measures` (P, F), best first, and
    their scores in [0, 1]. `area`: (N,) of the superpixels."""
    first = score(measures, "alone")
    kept = np.argsort(-first, kind="stable")[:KEPT]
    second = first[kept]
    if len(kept) >= FEW:
        table = np.concatenate([measures[kept], context(sets[kept], second, area)], 1)
        second = score(table, "among others")
    least = MIN_SCORE
    if LAST_RESORT <= second.max(initial=0) < MIN_SCORE:
        least = float(second.max())  # the one that is most like an object
    chosen = suppress(sets[kept], second, area, least)
    return kept[chosen], second[chosen]


def context(sets: Sets, scores: Array, area: Array) -> Matrix:
    """What else there is: (P, 8) of `sets` (P, N) that scored `scores` (P,). This score; the best
    of what contains the set, and its size; the best of what lies within, and how much that covers;
    how many sets are nearly the same; how many others have its size; the picture's best score."""
    member = sets.astype(np.float32)
    common = (member * area.astype(np.float32)) @ member.T
    size = sets @ area
    inside = (common > 0.9 * size[:, None]) & (size > 1.25 * size[:, None])  # i in j
    whole = np.where(inside, scores, 0)
    best = whole.max(1)
    ratio = np.where(best > 0, np.log(size[whole.argmax(1)] / size), 0)
    parts = (common > 0.9 * size) & (size < 0.8 * size[:, None])  # j in i
    covered = np.zeros(len(sets))
    for i, row in enumerate(parts):
        if row.any():
            covered[i] = (scores[row, None] * sets[row]).max(0) @ (area * sets[i]) / size[i]
    same = common / (size[:, None] + size - common) > 0.8
    apart = (common < 0.05 * np.minimum(size[:, None], size)) & (
        np.abs(np.log(size[:, None] / size)) < 0.5
    )
    columns = [
        scores,
        best,
        ratio,
        np.where(parts, scores, 0).max(1),
        covered,
        np.log1p((same * scores).sum(1)),
        np.log1p((apart * scores).sum(1)),
        np.full(len(sets), scores.max(initial=0)),
    ]
    return np.stack(columns, 1).astype(np.float32)


def suppress(sets: Sets, scores: Array, area: Array, least: float = MIN_SCORE) -> NDArray[np.intp]:
    """Numbers of the sets with the best scores that overlap no better one: non-maximum suppression
    by the share of the smaller set, so that neither parts nor groups of objects stay."""
    size = sets @ area
    chosen: list[int] = []
    for i in np.argsort(-scores, kind="stable"):
        if scores[i] < least:
            break
        common = (sets[chosen] & sets[i]) @ area
        if (common <= MAX_OVERLAP * np.minimum(size[chosen], size[i])).all():
            chosen.append(int(i))
    return np.array(chosen, np.intp)


def score(table: Matrix, name: str) -> Array:
    """The network `name`, a perceptron with two hidden layers, of the rows of `table` (P, F): (P,)
    in [0, 1]."""
    weights = _weights()
    x = (table - weights[f"{name}.mean"]) / weights[f"{name}.scale"]
    x = x.clip(-3, 3)
    for layer in (0, 2, 4):
        x = x @ weights[f"{name}.{layer}.weight"].T + weights[f"{name}.{layer}.bias"]
        if layer < 4:
            x = x / (1 + np.exp(-x))  # SiLU
    return np.asarray(1 / (1 + np.exp(-x[:, 0].astype(float))))


@lru_cache(maxsize=1)
def _weights() -> dict[str, NDArray[np.float32]]:
    from safetensors.numpy import load_file

    if not WEIGHTS.is_file():
        raise InputError(
            f"The weights {WEIGHTS.name} are not in {WEIGHTS.parent}. Get the project whole, with "
            "its folder weights/; weights/README.md says how they are made."
        )
    return dict(load_file(WEIGHTS))
