"""Segmentation by what photographs show: superpixels are merged by colour, texture and the features
of EfficientNet-Lite0, within one photograph, or in two together."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from i2i_core.devices import best_device
from i2i_core.errors import InputError
from i2i_core.images.filters import resize_long_side
from i2i_core.images.tensors import to_tensor
from i2i_core.labels.maps import Ids
from i2i_core.labels.merging import Costs, block_diagonal, merge, squared_distances
from i2i_core.labels.segmentation import by_falling_area, label_map
from i2i_core.labels.superpixels import Superpixels, pooled, shrunk, superpixels
from i2i_core.networks.efficientnet import REDUCTIONS, efficientnet_lite0

_Array = NDArray[np.float64]
LAYERS = (2, 3, 4)  # strides 8, 16 and 32: parts, things, and what they are
# The weights below were chosen by random search for pixel accuracy and mean IoU on 3 labelled
# scenes and 12 photographs of COCO-Stuff; benchmarks/README.md says what they are worth elsewhere.
# Pixels of the longer side that the network sees -> weights of the layers' cosine distances: what
# all of it is about is seen best from afar, parts from near.
MEANING_WEIGHTS = {320: (0, 0, 205), 448: (0, 265, 0), 640: (250, 50, 19)}
MEANING_OF_TOUCHING = 1.14  # how much more meaning counts between patches that touch
LAB_WEIGHTS = (0.85, 1.1, 1.1)  # of squared differences; lightness varies most within one thing
TEXTURE_WEIGHT = 60.0
HEIGHT_WEIGHT = 205.0  # between patches that do not touch: it must not cut what does, as a lawn
BOUNDARY_SHARE = 0.903  # how much of looks is the contrast along the common boundary
APART_PENALTY = 1.155  # patches that do not touch must be this much more alike
SIZE_POWER = 0.397
# Between two photographs: alike must be merged before each photograph's own regions are.
ACROSS = 0.6  # of costs between patches of two photographs, beside APART_PENALTY within one
LOOKS_ACROSS = 0.3  # of looks there: it may be day in the one and night in the other
LOOKS_SPREAD = (20.0, 12.0, 12.0, 0.5)  # deviations of Lab and texture that both are brought to


def segment(photo: Image.Image, classes: int = 5) -> Ids:
    """Cut a photograph into `classes` (2 to 8) kinds of region; ids (H, W) uint8 by falling area.

    A label may cover several patches that look alike. A picture of very few pixels, or whose
    regions turn out to be specks, gets fewer labels. Raises InputError for `classes` out of range.

    Superpixels are merged two by two, the cheapest pair first (Ward, JASA 1963), by colour,
    texture, the contrast along common boundaries and the cosine distance of a network's features
    (as Amir et al. 2022, section 4, cluster those of a vision transformer). Boundaries are refined
    at 512 pixels."""
    return _segment([photo], classes)[0]


def segment_together(a: Image.Image, b: Image.Image, classes: int = 5) -> tuple[Ids, Ids]:
    """Cut two photographs, of any sizes, into `classes` (2 to 8) kinds of region whose labels mean
    the same in both: the ids of `a` (H, W) and of `b` (H', W') uint8, by falling area in the two.

    What only one of them shows may have a label of its own there. Raises InputError for `classes`
    out of range. As `segment`, with the superpixels of both at once: co-segmentation as Amir et al.
    2022, section 4, do it, with merging in place of k-means."""
    first, second = _segment([a, b], classes)
    return first, second


@dataclass(frozen=True)
class _Patches:
    """The superpixels of a photograph, and the mean (N, C) in each of each map of features, beside
    the map's mean and deviation (C,) over the picture."""

    superpixels: Superpixels
    features: list[tuple[_Array, _Array, _Array]]


def _segment(photos: Sequence[Image.Image], classes: int) -> list[Ids]:
    if not 2 <= classes <= 8:
        raise InputError(f"A photograph can be cut into 2 to 8 kinds of region, not {classes}.")
    photos = [photo.convert("RGB") for photo in photos]
    patches = [_patches(photo) for photo in photos]
    sizes = np.concatenate([p.superpixels.sizes for p in patches]) / len(photos)
    labels = merge(_costs(patches), sizes, classes, SIZE_POWER)
    maps, start = [], 0
    for photo, p in zip(photos, patches, strict=True):
        maps.append(label_map(labels[start + p.superpixels.regions], photo))
        start += p.superpixels.sizes.size
    return by_falling_area(*maps)


def _patches(photo: Image.Image) -> _Patches:
    device = best_device()
    network = efficientnet_lite0(LAYERS, device)
    stride = REDUCTIONS[max(LAYERS)]
    found = superpixels(photo)
    picture = to_tensor(shrunk(photo, max(MEANING_WEIGHTS))).to(device)
    means = []
    for side, weights in MEANING_WEIGHTS.items():
        with torch.no_grad():
            maps = network(resize_long_side(picture, side, stride, stride))
        for features, weight in zip(maps, weights, strict=True):
            if weight:
                values = features[0].cpu().numpy()
                over = values.reshape(values.shape[0], -1).astype(np.float64)
                means.append((pooled(values, found.regions), over.mean(1), over.std(1)))
    return _Patches(found, means)


def _costs(patches: Sequence[_Patches]) -> Costs:
    """What it costs to merge superpixels, those of the second picture numbered after the first's;
    they do not touch."""
    found = [p.superpixels for p in patches]
    looks = squared_distances(np.concatenate([_looks(s) for s in found]))
    meaning = squared_distances(_meaning([p.features for p in patches]))
    height = np.concatenate([s.height for s in found])[:, None]
    rest = meaning + HEIGHT_WEIGHT * squared_distances(height)
    length = block_diagonal([s.length for s in found])
    steps = block_diagonal([s.steps @ LAB_WEIGHTS[:2] for s in found])
    # The smaller of two: small between pieces of one texture, and small in a gradient.
    contrast = BOUNDARY_SHARE * np.minimum(length * looks, steps)
    touching = (1 - BOUNDARY_SHARE) * looks + MEANING_OF_TOUCHING * meaning
    apart = APART_PENALTY * (looks + rest)
    if len(found) == 2:
        relative = squared_distances(np.concatenate([_looks(s, relative=True) for s in found]))
        n = found[0].sizes.size
        for across in (np.s_[:n, n:], np.s_[n:, :n]):
            apart[across] = ACROSS * (LOOKS_ACROSS * relative[across] + rest[across])
    return Costs(touching, apart, contrast, length)


def _looks(found: Superpixels, relative: bool = False) -> _Array:
    """Colour and texture (N, 4) of superpixels, weighted; if `relative`, as they differ from the
    picture's mean, in units of its deviation."""
    values = np.column_stack([found.lab, found.texture])
    if relative:
        values = values - found.sizes @ values
        deviation = np.sqrt(found.sizes @ values**2)
        values = values / np.maximum(deviation, 1e-3) * LOOKS_SPREAD
    return np.asarray(values * np.sqrt([*LAB_WEIGHTS, TEXTURE_WEIGHT]), np.float64)


def _meaning(pictures: Sequence[list[tuple[_Array, _Array, _Array]]]) -> _Array:
    """What the superpixels of all pictures show (N, F): the network's features, those of each map
    of weighted unit length, so that squared distances are cosine distances.

    Channels are standardised. Each picture's mean is halfway between its own, which takes out
    style and light, and that of all, which keeps what a picture shows all over."""
    weights = [w for weights in MEANING_WEIGHTS.values() for w in weights if w]
    parts = []
    for weight, maps in zip(weights, zip(*pictures, strict=True), strict=True):
        centre = np.mean([mean for _, mean, _ in maps], 0)
        spread = np.mean([deviation for *_, deviation in maps], 0) + 1e-4
        values = np.concatenate([(v - (mean + centre) / 2) / spread for v, mean, _ in maps])
        length = np.linalg.norm(values, axis=1, keepdims=True)
        parts.append(weight**0.5 * values / np.maximum(length, 1e-6))
    return np.concatenate(parts, 1)
