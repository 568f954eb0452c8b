"""Masks: which part of a picture is painted, whatever the values, palette or layer it is in."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from i2i_core.errors import InputError
from i2i_core.images.bit_depths import DEEP_MODES

Mask = NDArray[np.bool_]

SAMPLE_SIDE = 512  # pixels; enough to see whether a picture is a mask
MAX_COLOURS = 16  # of what is painted on a transparent layer; a photograph has more
MAX_ID = 31  # greys up to here are numbers of objects, too dark to be painted
NEAR = 20.0  # RGB distance from a mask's two colours that JPEG keeps inside them
NEAR_WHITE = 240  # of a white that was saved as JPEG
MIN_SHARE = 0.8  # of a mask's pixels that are near its two colours


def read_mask(mask: Image.Image, size: tuple[int, int]) -> Mask:
    """What is painted in `mask`, (H, W) at `size` (width, height).

    - On a transparent layer, what is opaque; of a photograph with a transparent hole, the hole.
    - Of two values the one that is not black, or else the rarer; soft edges and JPEG's noise go to
      the nearer. Greys up to 31 are numbers of objects, and 0 is none.
    - A photograph whose hole is painted white: the hole, where that is the one white region.

    Raises InputError for any other picture of many values, which is no mask."""
    if mask.mode in DEEP_MODES:  # or 16-bit white would not be white
        mask = _stretched(mask)
    if mask.mode == "P" and "transparency" not in mask.info:
        colours = mask.convert("RGB").getcolors(2)
        indices = mask.getcolors(2)
        if colours is not None and len(colours) == 1 and indices is not None and len(indices) == 2:
            mask = mask.point([0] + [255] * 255, "L")  # the palette shows both in one colour
    mask = mask.convert("RGBA")
    layer = mask.getchannel("A")
    if np.asarray(layer).min() < 128:
        painted = np.asarray(layer.resize(size, Image.Resampling.NEAREST)) >= 128
        return ~painted if _is_photograph(mask) else painted
    mask = mask.convert("RGB")
    return _painted(mask, np.asarray(mask.resize(size, Image.Resampling.NEAREST)))


def _stretched(mask: Image.Image) -> Image.Image:
    """Deep greys from black to white, however far apart they are."""
    values = np.nan_to_num(np.asarray(mask).astype(np.float64), posinf=1, neginf=0)
    low = min(0.0, float(values.min()))
    shares = (values - low) / (float(values.max()) - low or 1)
    return Image.fromarray((shares * 255).round().astype(np.uint8))


def _is_photograph(layer: Image.Image) -> bool:
    """Whether what is opaque in `layer` (RGBA) has the many colours of a photograph."""
    values = np.asarray(_sample(layer))
    opaque = values[values[..., 3] >= 250][:, :3].astype(np.int32) // 8
    return np.unique(opaque @ np.array([1024, 32, 1])).size > MAX_COLOURS


def _painted(mask: Image.Image, values: NDArray[np.uint8]) -> Mask:
    """The painted part of `values` (H, W, 3), which are `mask` (RGB, all of it opaque) resized."""
    counts = mask.getcolors(2)
    if counts is None:
        sample = np.asarray(_sample(mask)).astype(np.float32)
        if sample.max() <= MAX_ID and np.ptp(sample, axis=-1).max() == 0:
            return np.asarray(values.max(-1) > 0)
        counts = _two_colours(sample)
    if counts is None:
        return _white_hole(values)
    if len(counts) == 1:
        return np.asarray(values.mean(-1) >= 128)
    (ground, hole) = _ground_and_hole(*counts)
    pixels = values.astype(np.float32)
    distance = [
        ((pixels - np.asarray(colour, np.float32)) ** 2).sum(-1) for colour in (ground, hole)
    ]
    return np.asarray(distance[1] <= distance[0])


def _sample(mask: Image.Image) -> Image.Image:
    scale = min(1.0, SAMPLE_SIDE / max(mask.size))
    width, height = (max(1, round(side * scale)) for side in mask.size)
    return mask.resize((width, height), Image.Resampling.NEAREST)


_Count = tuple[int, tuple[int, ...]]


def _ground_and_hole(one: _Count, other: _Count) -> tuple[tuple[int, ...], tuple[int, ...]]:
    darker, lighter = sorted((one, other), key=lambda count: sum(count[1]))
    if max(darker[1]) <= MAX_ID:
        return darker[1], lighter[1]
    rarer, commoner = sorted((one, other))
    return commoner[1], rarer[1]


def _two_colours(sample: NDArray[np.float32]) -> list[_Count] | None:
    """How often the two colours of a mask occur, and which they are; None for other pictures."""
    pixels = sample.reshape(-1, 3)
    counts: list[_Count] = []
    rest = np.ones(len(pixels), np.bool_)
    for _ in range(2):
        bins = (pixels[rest] // 16).astype(np.intp) @ np.array([256, 16, 1])
        if not bins.size:
            return None
        fullest = bins == np.bincount(bins).argmax()
        colour = np.median(pixels[rest][fullest], axis=0)
        near = rest & (np.linalg.norm(pixels - colour, axis=1) <= NEAR)
        counts.append((int(near.sum()), tuple(int(v) for v in colour)))
        rest &= ~near
    return counts if rest.mean() <= 1 - MIN_SHARE else None


def _white_hole(values: NDArray[np.uint8]) -> Mask:
    """The one region painted white in a photograph (H, W, 3)."""
    from scipy.ndimage import binary_opening, label

    white = (values >= NEAR_WHITE).all(-1)
    regions, _ = label(white)
    sizes = np.bincount(regions.ravel())[1:]
    region = regions == (sizes.argmax() + 1 if sizes.size else 1)
    plain = region.sum() >= 0.8 * white.sum() and binary_opening(region, np.ones((5, 5))).any()
    if not plain or white.mean() > 0.8:
        advice = "Paint what should go white on black, or on a transparent layer"
        raise InputError(f"The mask has the many values of a photograph. {advice}.")
    return np.asarray(region)
