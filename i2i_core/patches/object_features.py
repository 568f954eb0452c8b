"""What tells an object from any other set of superpixels: outline, ring, shape and place, measured
for all proposals at once."""

import numpy as np
from numpy.typing import NDArray

from i2i_core.patches.object_proposals import Sets, descriptors, frame_distance
from i2i_core.patches.object_superpixels import Array, Superpixels

Matrix = NDArray[np.float32]
Columns = dict[str, NDArray[np.floating]]


def features(regions: Superpixels, sets: Sets) -> Matrix:
    """Measures of each of `sets` (P, N): (P, F)."""
    member = sets.astype(np.float32)
    inside = member * regions.area.astype(np.float32)
    inside /= inside.sum(1, keepdims=True)
    ring = rings(regions, member)
    columns: Columns = {}
    columns |= _outline(regions, sets)
    columns |= _unlikeness(regions, inside, ring)
    columns |= _shape(regions, sets)
    columns |= _place(regions, sets, inside, ring)
    return np.stack(list(columns.values()), 1).astype(np.float32)


def rings(regions: Superpixels, member: Matrix) -> Matrix:
    """Weights of the superpixels around each set, (P, N), summing to 1: neighbours by the length
    that they touch it along, and theirs at half."""
    contact = regions.contact
    near = (member @ contact) * (1 - member)
    far = ((near > 0).astype(np.float32) @ contact) * (1 - member)
    ring = near / near.sum(1, keepdims=True).clip(1)
    ring += 0.5 * far / far.sum(1, keepdims=True).clip(1)
    return np.asarray(ring / ring.sum(1, keepdims=True).clip(1e-6), np.float32)


def edge_strength(regions: Superpixels) -> Array:
    """Strength of the common outline of each pair of neighbours, in [0, 1.5], 1 at what is strong
    in this picture: (E,)."""
    one, other = regions.pairs.T
    jump = np.linalg.norm(regions.colour[one] - regions.colour[other], axis=1)
    strength = np.sqrt(regions.step * jump + 1e-6)
    if not len(strength):
        return np.asarray(strength)
    order = strength.argsort()
    share = regions.length[order].cumsum() / regions.length.sum()
    strong = strength[order][min(np.searchsorted(share, 0.85), len(order) - 1)] + 0.15
    return np.asarray(np.minimum(strength / strong, 1.5))


def _outline(regions: Superpixels, sets: Sets) -> Columns:
    """Contrast along the outline, its weak parts, and contrast inside."""
    one, other = sets[:, regions.pairs[:, 0]], sets[:, regions.pairs[:, 1]]
    strength, length = edge_strength(regions), regions.length
    table = np.stack([length, strength * length, (strength < 0.4) * length], 1)
    table = np.concatenate([table, ((strength > 0.9) * length)[:, None]], 1).astype(np.float32)
    around = (one != other).astype(np.float32) @ table
    within = (one & other).astype(np.float32) @ table
    perimeter = around[:, 0].clip(1)
    outer, inner = around[:, 1] / perimeter, within[:, 1] / within[:, 0].clip(1)
    return {
        "outline": outer,
        "weak outline": around[:, 2] / perimeter,
        "inner edges": inner,
        "outline beside inner edges": outer - inner,
        "strong inner edges": np.minimum(within[:, 3] / perimeter, 2),
    }


def _unlikeness(regions: Superpixels, inside: Matrix, ring: Matrix) -> Columns:
    """Distance from the ring around in colour, chromaticity, roughness and semantic features."""
    columns: Columns = {}
    spaces = {
        "colour": (regions.colour / 2, 32),
        "all": (descriptors(regions), 32),
        "semantic": (4 * regions.semantic, 24),
    }
    for name, (points, clusters) in spaces.items():
        palette = soft_palette(points, regions.area, clusters)
        mine, theirs = inside @ palette, ring @ palette
        columns[f"overlap of {name}"] = np.sqrt(mine * theirs).sum(1)
        columns[f"ring unlike in {name}"] = (theirs**2 / (mine + theirs + 1e-9)).sum(1)

    def gap(points: Array) -> NDArray[np.floating]:
        return np.asarray(np.linalg.norm((inside - ring) @ points.astype(np.float32), axis=1))

    lightness = 10 * regions.colour[:, 0].astype(np.float32)
    log_ratio = np.log((inside @ lightness + 5) / (ring @ lightness + 5))
    chroma, ratios = np.log1p(gap(regions.colour[:, 1:])), gap(regions.chromaticity)
    rough = gap(regions.roughness[:, None])
    alike = np.exp(-((chroma / 0.35) ** 2) - (ratios / 0.15) ** 2 - (rough / 0.8) ** 2)
    columns |= {
        "colour": np.log1p(gap(regions.colour)),
        "chroma": chroma,
        "chromaticity": ratios,
        "semantic": gap(4 * regions.semantic),
        "roughness": rough,
        "lightness": log_ratio,
        "shadow": alike * ((log_ratio < -0.1) & (log_ratio > -1.3)),
    }
    return columns


def soft_palette(points: Array, weight: Array, clusters: int) -> Matrix:
    """Membership of `points` (N, K) in clusters of them, (N, C), summing to 1. k-means of
    MacQueen, started at points drawn by `weight`."""
    random = np.random.default_rng(0)
    clusters = min(clusters, len(points))
    means = points[random.choice(len(points), clusters, False, weight / weight.sum())]
    for _ in range(6):
        nearest = _squared_distances(points, means).argmin(1)
        own = np.eye(clusters)[nearest] * weight[:, None]
        used = own.sum(0) > 0
        means = np.where(used[:, None], own.T @ points / own.sum(0).clip(1e-9)[:, None], means)
    gaps = _squared_distances(points, means)
    reach = np.median(np.sqrt(gaps.min(1))) + 0.25
    near = np.exp(-(gaps - gaps.min(1, keepdims=True)) / (2 * reach**2))
    return np.asarray(near / near.sum(1, keepdims=True), np.float32)


def _squared_distances(ones: Array, others: Array) -> Array:
    gaps = (ones**2).sum(1)[:, None] + (others**2).sum(1) - 2 * ones @ others.T
    return np.asarray(np.maximum(gaps, 0))


def _shape(regions: Superpixels, sets: Sets) -> Columns:
    """Size, compactness, and how much of its box and of the octagon around it the set fills."""
    height, width = regions.labels.shape
    area = sets @ regions.area
    crossed = sets[:, regions.pairs[:, 0]] != sets[:, regions.pairs[:, 1]]
    perimeter = 0.8 * (crossed @ regions.length) + sets @ regions.frame  # 0.8: steps of pixels
    far = 4.0 * (height + width)
    low, high = [], []
    for lowest, highest in zip(regions.corners[:, ::2].T, regions.corners[:, 1::2].T, strict=True):
        low.append(np.where(sets, lowest, far).min(1))
        high.append(np.where(sets, highest, -far).max(1))
    (top, left, first, third), (bottom, right, second, fourth) = low, high
    tall, wide = bottom - top, right - left
    corners = (first - left - top, right + bottom - second, third - left + bottom, right - top)
    cut = sum(np.maximum(side, 0) ** 2 / 2 for side in corners[:3])
    cut = cut + np.maximum(corners[3] - fourth, 0) ** 2 / 2
    share = np.log(area / regions.area.sum())
    return {
        "log share": share,
        "squared log share": share**2,
        "compactness": np.minimum(4 * np.pi * area / perimeter.clip(1) ** 2, 1.2),
        "box filled": area / (tall * wide).clip(1),
        "octagon filled": np.minimum(area / (tall * wide - cut).clip(1), 1.3),
        "aspect": np.abs(np.log(tall.clip(1) / wide.clip(1))),
    }


def _place(regions: Superpixels, sets: Sets, inside: Matrix, ring: Matrix) -> Columns:
    """Where it lies: at the frame, in front, and where the network sees something."""
    frame = sets @ regions.frame
    crossed = sets[:, regions.pairs[:, 0]] != sets[:, regions.pairs[:, 1]]
    y, x = (inside @ regions.centre.astype(np.float32)).T
    root = np.sqrt(sets @ regions.area / regions.area.sum())
    columns: Columns = {
        "outline on the frame": frame / (crossed @ regions.length + frame).clip(1),
        "of the frame": frame / regions.frame.sum(),
        "from the centre": np.hypot(y - 0.5, x - 0.5),
    }
    for name, points in {"all": descriptors(regions), "colour": regions.colour / 2}.items():
        depth = frame_distance(regions, points)
        depth /= depth.max() + 1e-6
        mine, theirs = inside @ depth.astype(np.float32), ring @ depth.astype(np.float32)
        whole = (sets @ (regions.area * depth)) / max(float(regions.area @ depth), 1e-6)
        columns |= {
            f"depth in {name}": mine,
            f"depth over the ring in {name}": mine - theirs,
            f"least depth in {name}": np.where(sets, depth, 9).min(1),
            f"of all depth in {name}": whole,
        }
    for scale, activity in enumerate(regions.activity.T.astype(np.float32)):
        mine = inside @ activity
        columns[f"activity {scale}"] = mine
        columns[f"activity {scale} over the ring"] = mine - ring @ activity
        columns[f"activity {scale} and size"] = mine * root
    return columns
