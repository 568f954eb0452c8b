"""Shadows: darker than the ground around, but of its chromaticity and roughness, and at an object.

Light that is only dimmed keeps its ratios: log R/G and log B/G stay (Finlayson et al. 2006)."""

import numpy as np
from numpy.typing import NDArray

from i2i_core.patches.object_features import edge_strength, rings
from i2i_core.patches.object_proposals import Sets
from i2i_core.patches.object_superpixels import Array, Superpixels

MIN_RATIO, MAX_RATIO = 0.25, 0.8  # of lightness in the shadow to that in the light
MAX_CHROMATICITY_GAP = 0.12
DARK_GAP = 0.15  # more of it in darkness, where ratios are drawn to 1
MAX_ROUGHNESS_GAP = 1.2
REACH = 0.6  # of a shadow from its object, in square roots of the object's area
MAX_TRIMMED = 0.4  # of an object's area
MIN_DIMMED = 0.75  # of an object that is a shadow
MAX_SHADOW = 0.8  # of an object's area: what is larger is no shadow of it


def shadows(regions: Superpixels, objects: Sets) -> tuple[Sets, Sets]:
    """`objects` (K, N) without the shadows that were taken for parts of them, and the shadow of
    each, (K, N). What was taken for an object and is the shadow of another leaves an empty row."""
    objects, cast = objects.copy(), np.zeros_like(objects)
    if not len(objects):
        return objects, cast
    contact = regions.contact
    ring = rings(regions, objects.astype(np.float32))
    for k, near in enumerate(ring):
        ground = near * ~objects.any(0)
        if ground.sum() < 0.1:
            continue
        dim = _dimmed(regions, ground)
        caster = _caster(regions, objects, k, dim)
        if caster is not None:
            cast[caster] |= objects[k]
            objects[k] = False
            continue
        objects[k] &= ~_trimmed(regions, objects[k], dim)
        free = dim & ~objects.any(0) & ~cast.any(0) & _in_reach(regions, objects[k])
        shadow = _connected(objects[k], free, contact)
        if regions.area @ shadow <= MAX_SHADOW * (regions.area @ objects[k]):
            cast[k] |= shadow
    return objects, cast


def _dimmed(regions: Superpixels, ground: Array) -> NDArray[np.bool_]:
    """Which superpixels could be the ground with less light on it, (N,); `ground`: (N,) weights."""
    lightness = regions.colour[:, 0]
    lit = _quantile(lightness, ground, 0.75)
    bright = ground * (lightness > 0.8 * lit)
    bright /= bright.sum().clip(1e-9)
    ratio = lightness / max(lit, 1e-3)
    gap = np.linalg.norm(regions.chromaticity - bright @ regions.chromaticity, axis=1)
    # Texture is dimmed with the light: its energy by the square of the ratio, if not by less.
    more = regions.roughness - bright @ regions.roughness
    rough = np.minimum(np.abs(more), np.abs(more - 2 * np.log(ratio.clip(0.1))))
    darker = (ratio > MIN_RATIO) & (ratio < MAX_RATIO)
    allowed = MAX_CHROMATICITY_GAP + DARK_GAP * (1 - ratio)
    return np.asarray(darker & (gap < allowed) & (rough < MAX_ROUGHNESS_GAP))


def _caster(regions: Superpixels, objects: Sets, k: int, dim: NDArray[np.bool_]) -> int | None:
    """Number of the object that `objects[k]` is the shadow of, or None: it must be dimmed ground
    nearly all over, and touch one that is not."""
    own = objects[k]
    if regions.area @ (own & dim) < MIN_DIMMED * (regions.area @ own):
        return None
    touching = objects @ (regions.contact @ own.astype(np.float32))
    lit = objects @ (regions.area * ~dim) > 0.5 * (objects @ regions.area)
    touching = np.where(lit, touching, 0)
    touching[k] = 0
    return int(touching.argmax()) if touching.max() > 2 else None


def _trimmed(
    regions: Superpixels, own: NDArray[np.bool_], dim: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """The superpixels of `own` (N,) that look like shadow and are divided from the rest of it more
    clearly than from what is outside."""
    strength = np.zeros((len(own), len(own)), np.float32)
    one, other = regions.pairs.T
    strength[one, other] = strength[other, one] = edge_strength(regions) * regions.length
    contact = regions.contact
    suspects = own & dim
    rest = own & ~dim
    out = np.zeros_like(own)
    area = float(regions.area @ own)
    if not suspects.any() or regions.area @ suspects > MAX_TRIMMED * area:
        return out
    within = strength @ rest / (contact @ rest).clip(1)
    beyond = strength @ ~own / (contact @ ~own).clip(1)
    at_outline = contact @ ~own > 0
    return np.asarray(suspects & at_outline & (within > 0.5) & (within > 1.2 * beyond))


def _in_reach(regions: Superpixels, own: NDArray[np.bool_]) -> NDArray[np.bool_]:
    height, width = regions.labels.shape
    places = regions.centre * (height, width)
    reach = REACH * np.sqrt(regions.area @ own)
    mine = places[own]
    if not len(mine):
        return own
    gaps = np.linalg.norm(places[:, None] - mine, axis=2).min(1)
    return np.asarray(gaps < reach)


def _connected(
    own: NDArray[np.bool_], free: NDArray[np.bool_], contact: NDArray[np.float32]
) -> NDArray[np.bool_]:
    """Those of `free` that touch `own`, directly or through one another: (N,)."""
    reached = own.copy()
    while True:
        more = free & ~reached & (contact @ reached > 2)
        if not more.any():
            return np.asarray(reached & ~own)
        reached |= more


def _quantile(values: Array, weight: Array, share: float) -> float:
    order = values.argsort()
    summed = weight[order].cumsum()
    place = min(int(np.searchsorted(summed, share * summed[-1])), len(values) - 1)
    return float(values[order][place])
