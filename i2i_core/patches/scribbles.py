"""From a few strokes to a full label map: random walks on the picture's own edges."""

import numpy as np
from torch import Tensor

from i2i_core.images.filters import resize_long_side, rgb_to_lab
from i2i_core.labels.colours import Ids

SIDE = 128


def spread_scribbles(picture: Tensor, strokes: Ids, unlabelled: int = 255) -> Ids:
    """The label of the stroke that a random walker from each pixel would meet first (Grady 2006),
    at no more than SIDE pixels a side. `picture` (1, 3, H, W) in [0, 1]; `strokes` (h, w) of the
    same shape at any scale, ids with `unlabelled` where nothing is drawn."""
    from skimage.segmentation import random_walker

    small = resize_long_side(picture, min(SIDE, max(picture.shape[-2:])), least=8)
    lab = rgb_to_lab(small)[0].permute(1, 2, 0).cpu().numpy().astype(np.float64)
    height, width = lab.shape[:2]
    lab[0, 0] += 1e-3  # the walker divides by the spread, which a flat picture lacks
    seeds = np.zeros((height, width), np.int64)
    rows, columns = np.nonzero(strokes != unlabelled)
    places = rows * height // strokes.shape[0], columns * width // strokes.shape[1]
    seeds[places] = strokes[rows, columns].astype(np.int64) + 1
    labels = np.unique(seeds[seeds > 0])
    # random_walker wants 1, 2, 3, ...
    compact = np.where(seeds > 0, np.searchsorted(labels, seeds) + 1, 0)
    walk = random_walker(lab, compact, beta=90, mode="bf", channel_axis=-1)
    return np.asarray(labels[np.clip(walk, 1, len(labels)) - 1] - 1, np.uint8)
