"""Descriptions of whole pictures by which one finds the collection that they belong to."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE, CELLS, DIRECTIONS, TILES = 64, 4, 8, 4
SIZE = CELLS * CELLS * DIRECTIONS + 3 * TILES * TILES  # numbers in an arrangement


def arrangement(picture: Image.Image) -> NDArray[np.float32]:
    """Where the middle square of `picture` has edges of which direction (histograms of oriented
    gradients, Dalal & Triggs 2005, CELLS² of them, normalised together), and what colours (Lab,
    TILES² means), as SIZE numbers of about the same weight."""
    from skimage.color import rgb2lab
    from skimage.feature import hog

    side = min(picture.size)
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    square = picture.convert("RGB").crop((left, top, left + side, top + side))
    small = square.resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    edges = hog(
        np.asarray(small.convert("L"), np.float64) / 255,
        orientations=DIRECTIONS,
        pixels_per_cell=(SIDE // CELLS, SIDE // CELLS),
        cells_per_block=(CELLS, CELLS),
    )
    lab = rgb2lab(np.asarray(square.resize((TILES, TILES), Image.Resampling.BOX)))
    colours = lab / np.array([100, 50, 50])
    return np.concatenate([10 * edges, colours.reshape(-1)]).astype(np.float32)
