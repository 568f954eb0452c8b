"""A patchwork of fields from the air, with hedges, lanes and woods, and its label map."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from examples.scenes.kit import (
    Array,
    blur,
    develop,
    flat_labels,
    lambert,
    mix,
    noise,
    sample,
    smoothstep,
    srgb,
)
from examples.scenes.stones import heap

LABELS = ("oilseed rape", "ploughed earth", "green wheat", "stubble", "wood")
COLOURS = ((250, 220, 40), (130, 80, 50), (90, 180, 70), (225, 190, 130), (30, 80, 50))
WOOD = 4


def _parcels(
    rng: np.random.Generator, x: Array, z: Array
) -> tuple[NDArray[np.int32], Array, Array, Array]:
    """Split the land (places x, z in metres, (H, W)) by lines, again and again.

    Returns each place's parcel, its distance to the parcel's border (metres), its distance to a
    lane, and per parcel the direction of its rows (radians).
    """
    flat_x, flat_z = x.ravel(), z.ravel()
    parcel = np.zeros(x.size, np.int32)
    border, lane = np.full(x.size, 1e4, np.float32), np.full(x.size, 1e4, np.float32)
    angles: list[float] = []
    work = [(np.arange(x.size), 0.25, 0)]
    while work:
        where, angle, level = work.pop()
        px, pz = flat_x[where], flat_z[where]
        along, across = (
            np.cos(angle) * px + np.sin(angle) * pz,
            np.cos(angle) * pz - np.sin(angle) * px,
        )
        wide, tall = np.ptp(along), np.ptp(across)
        if max(wide, tall) < rng.uniform(190, 330) or len(where) < 3000:
            parcel[where] = len(angles)
            angles.append(angle if wide > tall else angle + np.pi / 2)
            continue
        swing = rng.normal(0, 0.09)
        if wide > tall:
            axis = along + swing * across
        else:
            axis = across + swing * along
        low, high = float(axis.min()), float(axis.max())
        off = axis - (low + (high - low) * rng.uniform(0.36, 0.64))
        border[where] = np.minimum(border[where], np.abs(off))
        if level in (1, 2):
            lane[where] = np.minimum(lane[where], np.abs(off))
        turned = angle + rng.normal(0, 0.05)
        work += [(where[off < 0], turned, level + 1), (where[off >= 0], turned, level + 1)]
    shape = x.shape
    return (
        parcel.reshape(shape),
        border.reshape(shape),
        lane.reshape(shape),
        np.array(angles, np.float32),
    )


def _crops(rng: np.random.Generator, parcel: NDArray[np.int32], count: int) -> NDArray[np.int32]:
    """A crop for each parcel, rare ones first, unlike its neighbours' where that is possible."""
    small = parcel[::6, ::6]
    pairs = np.concatenate(
        [np.stack([small[1:], small[:-1]], -1), np.stack([small[:-1], small[1:]], -1)]
    ).reshape(-1, 2)
    beside = np.stack([small[:, 1:], small[:, :-1]], -1).reshape(-1, 2)
    pairs = np.unique(np.concatenate([pairs, beside, beside[:, ::-1]]), axis=0)
    area = np.bincount(parcel.ravel(), minlength=count)
    crop, used = np.full(count, -1), np.zeros(5)
    weight = np.array([1.0, 0.9, 1.2, 1.0, 0.35])
    for k in np.argsort(-area):
        near = set(crop[pairs[pairs[:, 0] == k, 1]].tolist())
        order = np.argsort(used / weight * rng.uniform(0.8, 1.2, 5))
        crop[k] = next((c for c in order if c not in near), order[0])
        used[crop[k]] += area[k]
    return crop


def _cover(
    rng: np.random.Generator,
    crop: NDArray[np.int32],
    places: tuple[Array, Array],
    rows: tuple[Array, Array],
    sharp: Array,
    tone: Array,
) -> Array:
    """Colour (S, S, 3) of the crops.

    places, rows: metres across and away, and along and across the rows; sharp: pixels per metre;
    tone: brightness of each parcel, about 1.
    """
    shape = crop.shape
    x, z = places
    along, across = rows
    big = sample(noise(rng, shape, 1.5, 4), z, x)
    fine = sample(noise(rng, shape, 0.5, 60), z * 3, x * 3)
    clod = noise(rng, shape, 0.3, 120)
    streak = sample(noise(rng, shape, 0.9, 20, 1e9, (1.0, 22.0)), across * 3, along * 3)

    def stripes(period: float, bend: float = 0.0) -> Array:
        fade = smoothstep(2.0, 5.0, sharp * period)
        return np.sin(2 * np.pi * across / period + bend * big) * fade

    # The sprayer's wheels leave a pair of tracks every 24 metres.
    swath = np.abs((across / 24) % 1 - 0.5) * 24
    tracks = np.exp(-(((swath - 1.1) / 0.55) ** 2)) * smoothstep(0.5, 1.6, sharp)
    rape = mix(srgb(192, 164, 38), srgb(226, 204, 74), np.clip(0.5 + 0.3 * big + 0.3 * fine, 0, 1))
    rape = mix(
        rape, srgb(120, 140, 36), np.clip(0.6 * tracks + 0.16 * clod + 0.16 * streak + 0.06, 0, 1)
    )
    earth = mix(srgb(112, 76, 54), srgb(146, 106, 78), np.clip(0.5 + 0.4 * big, 0, 1))
    earth = earth * (1 + 0.24 * stripes(4.2, 0.25) + 0.13 * clod + 0.13 * streak)[..., None]
    wheat = mix(
        srgb(66, 100, 52), srgb(116, 142, 76), np.clip(0.5 + 0.3 * big + 0.15 * streak, 0, 1)
    )
    wheat = wheat * (1 + 0.13 * stripes(3.0) + 0.10 * clod + 0.06 * fine)[..., None]
    wheat = mix(wheat, srgb(150, 136, 88), 0.75 * tracks)
    band = np.sign(np.sin(2 * np.pi * across / 17)) * smoothstep(2, 5, sharp * 8)
    straw = mix(
        srgb(178, 140, 86), srgb(206, 172, 116), np.clip(0.5 + 0.28 * band + 0.2 * big, 0, 1)
    )
    straw = straw * (1 + 0.10 * stripes(2.4) + 0.09 * streak + 0.09 * clod)[..., None]
    floor = srgb(44, 58, 30) * (1 + 0.3 * clod)[..., None]
    cover = np.choose(crop[..., None], [rape, earth, wheat, straw, floor])
    return (cover * tone[..., None]).astype(np.float32)


def fields(size: int, rng: np.random.Generator) -> tuple[Image.Image, Image.Image]:
    """Rape, ploughed earth, wheat, stubble and woods on gentle hills, and their label map."""
    side = 2 * size
    shape = (side, side)
    down, right = np.mgrid[0 : 1 : side * 1j, -0.5 : 0.5 : side * 1j].astype(np.float32)
    swell = noise(rng, shape, 2.4, 1, 6, (1.4, 1.0))
    # Perspective of level ground; the swell of the hills shifts it up and down a little.
    sight = 0.62 + down + 0.020 * swell * (1.2 - down)
    z, x = 640 / sight, right * 900 / sight
    sharp = (side / 900 * sight).astype(np.float32)  # pixels per metre, across
    parcel, border, lane, angles = _parcels(rng, x, z * 1.5)
    crop = _crops(rng, parcel, len(angles))
    kind = crop[parcel]
    turn = (angles + np.pi * (rng.uniform(size=len(angles)) < 0.2) / 2).astype(np.float32)[parcel]
    depth = z * 1.5
    rows = np.cos(turn) * x + np.sin(turn) * depth, np.cos(turn) * depth - np.sin(turn) * x
    tone = rng.uniform(0.86, 1.14, len(angles)).astype(np.float32)[parcel]
    land = _cover(rng, kind, (x, depth), rows, sharp, tone)

    fine = noise(rng, shape, 0.4, 80)
    verge = 1 - smoothstep(2.0, 4.5, border + 0.8 * fine)
    land = mix(land, srgb(92, 116, 52) * (1 + 0.25 * fine)[..., None], verge * 0.9)
    road = 1 - smoothstep(2.6, 3.6, lane)
    rut = np.exp(-(((lane - 1.3) / 0.6) ** 2))
    land = mix(land, srgb(206, 190, 160) * (0.9 + 0.12 * rut + 0.05 * fine)[..., None], road)

    crowns, shades = _trees(rng, border, lane, kind, sharp, side)
    wobble = np.stack([noise(rng, shape, 1.2, 40 + k, 200) for k in (0, 1)])
    relief, owner = heap(side, crowns, wobble * 1.6, 2.0, 2.0)
    _, under = heap(side, shades, wobble * 1.3, 2.0, 2.0)
    dusk = 1 - 0.72 * blur((under >= 0).astype(np.float32), side / 900)

    light = (-0.8, -0.3, 0.62)
    slope = lambert(blur(swell, side / 120), light, side / 90) / 0.6
    cloud = 1 - 0.45 * smoothstep(0.5, 1.3, noise(rng, shape, 2.0, 1, 12, (1.8, 1.0)))
    sun = np.clip(slope, 0.45, 1.5) * dusk * cloud
    is_tree = owner >= 0
    leaf = relief + noise(rng, shape, 0.5, 60) * 0.9 * side / 1024
    crown = lambert(leaf, (-0.75, -0.55, 0.5)) * cloud
    part = rng.uniform(0, 1, (len(crowns), 1))
    greens = srgb(48, 74, 30) * (1 - part) + srgb(98, 116, 44) * part
    greens = greens * rng.uniform(0.75, 1.2, (len(crowns), 1))
    tree = greens.astype(np.float32)[owner] * (1 + 0.2 * fine)[..., None]
    ground = np.where(is_tree[..., None], tree, land)
    direct = np.where(is_tree, crown * 1.15, sun * 0.8)
    lit = ground * (direct[..., None] * srgb(255, 236, 204) * 2.1 + srgb(150, 178, 214) * 0.42)
    haze = 0.34 * np.clip(1 - down * 1.5, 0, 1) ** 1.6
    lit = mix(lit, srgb(186, 204, 222), haze)
    return develop(lit.astype(np.float32), rng, 0.95), flat_labels(kind, COLOURS)


def _trees(
    rng: np.random.Generator,
    border: Array,
    lane: Array,
    kind: NDArray[np.int32],
    sharp: Array,
    side: int,
) -> tuple[Array, Array]:
    """Crowns in hedges and woods and their shadows on the ground: (N, 7) each, for `heap`."""
    cells = np.s_[::2, ::2]
    hedge = (border[cells] < 3.0) & (border[cells] > 0) & (lane[cells] > 6)
    # Hedges have gaps; woods are dense; a few trees stand alone.
    gaps = noise(rng, hedge.shape, 1.2, 6, 60) > -0.9
    chance = hedge * gaps * 0.10 * sharp[cells] ** -0.2 + (kind[cells] == WOOD) * 0.035
    chance = (chance + 0.00002) * (1024 / side) ** 2  # as many trees at every size
    rows, columns = np.nonzero(rng.uniform(size=hedge.shape) < chance)
    rows, columns = rows * 2, columns * 2
    count = len(rows)
    grown = rng.uniform(2.4, 4.2, count) * (1 + 0.9 * (rng.uniform(size=count) < 0.12))
    grown = np.where(kind[rows, columns] == WOOD, rng.uniform(3.6, 7.0, count), grown)
    radius = grown * sharp[rows, columns]
    crowns = np.zeros((count, 7), np.float32)
    crowns[:, 0], crowns[:, 1] = columns, rows - radius * 0.7
    crowns[:, 2], crowns[:, 3] = radius, radius * 0.9
    crowns[:, 5], crowns[:, 6] = rows * 0.02, radius
    shades = crowns.copy()
    shades[:, 0], shades[:, 1] = columns + radius * 0.9, rows + radius * 0.05
    shades[:, 2], shades[:, 3] = radius * 1.35, radius * 0.55
    return crowns, shades
