"""Descriptions of whole pictures: their layout, and qualities that have names."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

THUMBNAIL_SIDE, CELLS, DIRECTIONS, TILES = 64, 4, 8, 4
LAYOUT_SIZE = CELLS * CELLS * DIRECTIONS + 3 * TILES * TILES  # numbers in a descriptor


def layout_descriptor(picture: Image.Image) -> NDArray[np.float32]:
    """The layout of the middle square of `picture` as LAYOUT_SIZE numbers of about the same weight:
    CELLS² histograms of oriented gradients (Dalal & Triggs 2005) and TILES² mean colours (Lab)."""
    from skimage.color import rgb2lab
    from skimage.feature import hog

    side = min(picture.size)
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    square = picture.convert("RGB").crop((left, top, left + side, top + side))
    small = square.resize((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.LANCZOS)
    grey = np.asarray(small.convert("L"), np.float64) / 255
    cell = (THUMBNAIL_SIDE // CELLS, THUMBNAIL_SIDE // CELLS)
    edges = hog(grey, DIRECTIONS, pixels_per_cell=cell, cells_per_block=(CELLS, CELLS))
    lab = rgb2lab(np.asarray(square.resize((TILES, TILES), Image.Resampling.BOX)))
    colours = lab / np.array([100, 50, 50])
    return np.concatenate([10 * edges, colours.reshape(-1)]).astype(np.float32)


# What `qualities` measures: the words for less and for more of each.
QUALITIES = (
    ("darker", "lighter"),
    ("softer", "harder"),
    ("greyer", "more colourful"),
    ("cooler", "warmer"),
    ("smoother", "rougher"),
)


def qualities(picture: Image.Image) -> NDArray[np.float32]:
    """Lightness, contrast, colourfulness, warmth and roughness of a picture, in units of Lab."""
    from skimage.color import rgb2lab

    lab = rgb2lab(np.asarray(picture.convert("RGB")))
    light, red, yellow = lab[..., 0], lab[..., 1], lab[..., 2]
    slope = np.abs(np.diff(light, axis=0)).mean() + np.abs(np.diff(light, axis=1)).mean()
    colour, warmth = np.hypot(red, yellow).mean(), yellow.mean() + red.mean()
    return np.array([light.mean(), light.std(), colour, warmth, slope], np.float32)
