"""Guides for semantic analogy: a pixel's label, and where in the label's region it lies."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

# Measured: the place in the label's own region helps most, and height, for scenes lie in layers.
RELATIVE_WEIGHTS = (0.7, 0.4)  # of y, of x
POSITION_WEIGHT = 0.15


def label_guide(ids: NDArray[np.uint8], count: int, reach: float) -> Tensor:
    """Guide channels (1, count + 4, H, W) of a label map `ids` (H, W) in 0 to count − 1, `count`
    being that of source and target together, so that both get the same channels. `reach`: pixels
    over which the distance to a label's border counts; 10 at 256 pixels."""
    places = POSITION_WEIGHT * position(*ids.shape)
    weights = torch.tensor(RELATIVE_WEIGHTS).view(1, 2, 1, 1)
    relative = weights * relative_coordinates(ids, count)
    return torch.cat([signed_distances(ids, count, reach), places, relative], 1)


def signed_distances(ids: NDArray[np.uint8], count: int, reach: float) -> Tensor:
    """For each label the distance to its border, positive inside, clipped at `reach` pixels and
    divided by it: (1, count, H, W) in [−1, 1]."""
    from scipy.ndimage import distance_transform_edt

    channels = []
    for label in range(count):
        inside = ids == label
        signed = np.full(ids.shape, reach if inside.any() else -reach)
        if inside.any() and not inside.all():
            signed = distance_transform_edt(inside) - distance_transform_edt(~inside)
        channels.append(np.clip(signed / reach, -1, 1))
    return torch.from_numpy(np.stack(channels)).float()[None]


def relative_coordinates(ids: NDArray[np.uint8], count: int) -> Tensor:
    """Rank of y and of x within the pixel's own label: (1, 2, H, W) in [−1, 1]. The top of a taller
    mountain is then still the top of the mountain."""
    out = np.zeros((2, *ids.shape), np.float32)
    for label in range(count):
        inside = ids == label
        for axis, values in enumerate(np.nonzero(inside)):
            # Cumulative histogram: the middle of the ranks of all pixels on the same line.
            histogram = np.bincount(values, minlength=ids.shape[axis])
            middle = np.cumsum(histogram) - histogram / 2
            out[axis][inside] = (middle[values] / len(values)) * 2 - 1
    return torch.from_numpy(out)[None]


def position(height: int, width: int) -> Tensor:
    """Plain y and x over the whole picture: (1, 2, H, W) in [−1, 1]."""
    y, x = torch.linspace(-1, 1, height), torch.linspace(-1, 1, width)
    return torch.stack(torch.meshgrid(y, x, indexing="ij"))[None]
