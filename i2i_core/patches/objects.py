"""Objects of a photograph without their shadows: masks, shadows of their own, and which is where.

Proposals come from component trees of colour, chromaticity, roughness and features of a frozen
network; a small network that was taught on composed scenes scores them; the best that do not
overlap stay, and a random walker draws their outlines."""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from i2i_core.images.filters import resize, rgb_to_lab
from i2i_core.patches.object_features import features
from i2i_core.patches.object_outlines import refine
from i2i_core.patches.object_proposals import Sets, proposals
from i2i_core.patches.object_scores import choose
from i2i_core.patches.object_shadows import shadows
from i2i_core.patches.object_superpixels import Superpixels, superpixels

WORKING_SIDE = 256  # pixels of the longer side that objects are sought at
LEAST_SIDE = 16


@dataclass(frozen=True)
class Objects:
    """The K objects of a picture, best first."""

    labels: NDArray[np.int32]  # (H, W): 0 for the ground, else the number of the object, from 1
    shadows: NDArray[np.int32]  # (H, W): the number of the object whose shadow lies there, or 0
    scores: NDArray[np.float64]  # (K,) in [0, 1]

    @property
    def masks(self) -> NDArray[np.bool_]:
        """Where each object is: (K, H, W)."""
        return np.asarray(self.labels == np.arange(1, len(self.scores) + 1)[:, None, None])

    @property
    def shadow(self) -> NDArray[np.bool_]:
        """Where any shadow is: (H, W)."""
        return np.asarray(self.shadows > 0)


def find_objects(picture: Tensor) -> Objects:
    """The objects that stand out of `picture` (1, 3, H, W) in [0, 1], of any size; labels and
    shadows have its size. Half a second on one core, whatever the size.

    Raises InputError where the weights are not beside the code."""
    size = (int(picture.shape[-2]), int(picture.shape[-1]))
    scale = WORKING_SIDE / max(size)
    small = tuple(max(LEAST_SIDE, round(side * scale)) for side in size)
    working = resize(picture, small).clamp(0, 1)
    regions = superpixels(working)
    objects, scores = _select(regions)
    objects, cast = shadows(regions, objects)
    left = objects.any(1)
    objects, cast, scores = objects[left], cast[left], scores[left]
    labels = refine(_paint(regions, objects), rgb_to_lab(working)[0].cpu().numpy())
    shade = np.where(labels > 0, 0, _paint(regions, cast))
    return Objects(_sized(labels, size), _sized(shade, size), scores)


def object_at(objects: Objects, x: float, y: float) -> NDArray[np.bool_] | None:
    """Mask (H, W) of the object under the point `x`, `y` in pixels from the upper left corner, or
    of the object nearest to it within a fiftieth of the longer side; None where there is none."""
    height, width = objects.labels.shape
    column, row = (int(np.clip(v, 0, n - 1)) for v, n in ((x, width), (y, height)))
    number = int(objects.labels[row, column])
    if not number:
        reach = max(1, max(height, width) // 50)
        rows, columns = np.nonzero(objects.labels)
        gaps = (rows - row) ** 2 + (columns - column) ** 2
        if not len(gaps) or gaps.min() > reach**2:
            return None
        nearest = int(gaps.argmin())
        number = int(objects.labels[rows[nearest], columns[nearest]])
    return np.asarray(objects.labels == number)


def _select(regions: Superpixels) -> tuple[Sets, NDArray[np.float64]]:
    sets = proposals(regions)
    if not len(sets):
        return sets, np.zeros(0)
    chosen, scores = choose(sets, features(regions, sets), regions.area)
    return sets[chosen], scores


def _paint(regions: Superpixels, sets: Sets) -> NDArray[np.int32]:
    """Numbers, from 1, of the first of `sets` (K, N) that each pixel is of: (H, W)."""
    if not len(sets):
        return np.zeros(regions.labels.shape, np.int32)
    number = np.where(sets.any(0), sets.argmax(0) + 1, 0)
    return number[regions.labels].astype(np.int32)


def _sized(labels: NDArray[np.int32], size: tuple[int, int]) -> NDArray[np.int32]:
    """`labels` at `size`: the label that covers most of each pixel, as nearly as smooth outlines
    need it."""
    if labels.shape == size:
        return labels
    tensor = torch.from_numpy(labels.astype(np.float32))[None, None]
    if size[0] < labels.shape[0]:
        return F.interpolate(tensor, size=size, mode="nearest-exact")[0, 0].numpy().astype(np.int32)
    best = np.full(size, 0.5, np.float32)
    result = np.zeros(size, np.int32)
    for number in range(1, int(labels.max(initial=0)) + 1):
        soft = F.interpolate((tensor == number).float(), size=size, mode="bilinear")[0, 0].numpy()
        wins = soft >= best
        result[wins], best[wins] = number, soft[wins]
    return result
